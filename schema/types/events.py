"""What a subscription tells. Objects in a replayed event are as they are now, not as they were."""

from datetime import datetime

import strawberry

from schema.types.cases import Analysis, Annotation, Case, Comment, Review
from schema.types.notifications import Notification
from schema.types.uploads import Upload


@strawberry.interface(
    description="Every event carries a cursor; subscribing with `after` first replays what was missed, in order and "
    "each once, and then goes on live. A patient gets CaseChanged, never the events of analyses, annotations or "
    "reviews."
)
class CaseEvent:
    cursor: str
    at: datetime
    case: Case


@strawberry.type
class CaseChanged(CaseEvent):
    pass


@strawberry.type(description="It went on, it ended, or somebody gave feedback on it.")
class AnalysisProgressed(CaseEvent):
    analysis: Analysis


@strawberry.type
class CommentAdded(CaseEvent):
    comment: Comment


@strawberry.type
class AnnotationChanged(CaseEvent):
    annotation: Annotation


@strawberry.type
class ReviewChanged(CaseEvent):
    review: Review


@strawberry.type
class ParticipantsChanged(CaseEvent):
    pass


@strawberry.interface
class ViewerEvent:
    cursor: str
    at: datetime


@strawberry.type
class UploadProgressed(ViewerEvent):
    upload: Upload


@strawberry.type
class WorklistChanged(ViewerEvent):
    case: Case


@strawberry.type
class NotificationArrived(ViewerEvent):
    notification: Notification
