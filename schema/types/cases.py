"""A case, its analyses, annotations, comments and reviews: they name each other, and so live together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from api import analyses, annotations, comments
from api.analyses.overlays import overlays_of
from api.analyses.timing import Timing
from api.annotations import AnnotationKind
from api.comments import Audience
from api.feedback import Agreement
from api.inference.size_categories import size_categories
from api.permissions import Action, is_allowed
from api.persistence import tables
from schema.connections import Connection, connection, read_page, request_of
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.reads import action_of
from schema.types.annotations import Point2D, Quantity
from schema.types.frames import Box, Point3D, Warning
from schema.types.images import Patient, Stack, Study, find_patient
from schema.types.models import Model, Score
from schema.types.nodes import Node
from schema.types.overlays import Overlay
from schema.types.participants import Participant
from schema.types.people import Organization, User
from schema.types.reading import Addendum, Release, find_author
from schema.types.reports import Report, reports_of
from schema.types.rules import RuleCategory
from schema.types.timing import AnalysisTiming
from schema.types.worklist import PERMITTED_BY, AnalysisStage, AnalysisStatus, CaseAction, CaseStatus, Urgency


@strawberry.type
class Analysis(Node):
    row: strawberry.Private[tables.Analysis]
    status: AnalysisStatus
    stage: AnalysisStage
    progress: float = strawberry.field(description="0 to 1.")
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    scores: list[Score] = strawberry.field(description="One a label, calibrated probability.")
    uncertainty: float | None = strawberry.field(description="0 certain to 1.")
    failure: str | None = strawberry.field(description="Why, in words for the user, when FAILED or UNSUITABLE.")
    warnings: list[Warning]

    @classmethod
    def of(cls, row: tables.Analysis) -> "Analysis":
        return cls(
            row=row,
            id=node_id("Analysis", row.key),
            status=AnalysisStatus(row.status),
            stage=AnalysisStage(row.stage),
            progress=row.progress,
            queued_at=row.queued_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            scores=[Score(label=score["label"], probability=score["probability"]) for score in row.scores],
            uncertainty=row.uncertainty,
            failure=row.failure,
            warnings=[Warning.of(value) for value in row.warnings],
        )

    @strawberry.field
    async def case(self, info: Info) -> "Case":
        row = await info.context.loaders.cases.load(self.row.case_key)
        assert row is not None
        return Case.of(row)

    @strawberry.field
    async def stack(self, info: Info) -> Stack | None:
        if self.row.stack_key is None:
            return None
        row = await info.context.loaders.stacks.load(self.row.stack_key)
        return Stack.of(row) if row else None

    @strawberry.field
    async def model(self, info: Info) -> Model:
        name, version = self.row.model_name, self.row.model_version
        found = await info.context.loaders.models.load((name, version))
        return Model.of(*found) if found else Model.retired(name, version)

    @described("Most probable first.")
    async def findings(self, info: Info) -> list["Finding"]:
        return [Finding.of(row, self.row) for row in await info.context.loaders.findings.load(self.row.key)]

    @described("What the model went by, over the stack that it read.")
    async def overlays(self, info: Info) -> list[Overlay]:
        found = overlays_of(self.row)
        if not found or self.row.stack_key is None:
            return []
        stack = await info.context.loaders.stacks.load(self.row.stack_key)
        return [Overlay.of(self.row, stack, each) for each in found] if stack else []

    @described("What clinicians think of it, each person's newest word on it and on each finding; none to a patient.")
    async def feedback(self, info: Info) -> list["Feedback"]:
        return [Feedback.of(row) for row in await info.context.loaders.feedback_of_analysis.load(self.row.key)]

    @described("Where its time went; null until it has succeeded.")
    def timing(self) -> AnalysisTiming | None:
        found = Timing.of(self.row.timing)
        return AnalysisTiming.of(found) if found else None

    @described("One of each format that is made, made when it is fetched.")
    def reports(self) -> list[Report]:
        return reports_of(self.row)


@strawberry.type
class Finding(Node):
    row: strawberry.Private[tables.Finding]
    analysis_row: strawberry.Private[tables.Analysis]
    label: str
    probability: float
    above_threshold: bool = strawberry.field(description="At the model's operating point.")
    diameter_mm: float | None
    position: Point3D | None = strawberry.field(description="Of its centre.")

    @classmethod
    def of(cls, row: tables.Finding, analysis: tables.Analysis) -> "Finding":
        return cls(
            row=row,
            analysis_row=analysis,
            id=node_id("Finding", row.key),
            label=row.label,
            probability=row.probability,
            above_threshold=row.above_threshold,
            diameter_mm=row.diameter_mm,
            position=Point3D.of(_all_or_none((row.x, row.y, row.z))),
        )

    @described("What published rules say of its measurements; not the model's word.")
    def categories(self) -> list[RuleCategory]:
        return [RuleCategory.of(found) for found in size_categories(self.row.diameter_mm)]

    @strawberry.field
    def analysis(self) -> Analysis:
        return Analysis.of(self.analysis_row)

    @described("The frame that shows it best.")
    async def anchor(self, info: Info) -> "Anchor | None":
        stack = await info.context.loaders.stacks.load(self.row.stack_key)
        if stack is None:
            return None
        edges = _all_or_none((self.row.left, self.row.top, self.row.width, self.row.height))
        box = Box(left=edges[0], top=edges[1], width=edges[2], height=edges[3]) if edges else None
        return Anchor(stack=Stack.of(stack), frame_index=self.row.frame_index, box=box, finding=self)


@strawberry.type
class Feedback:
    row: strawberry.Private[tables.Feedback]
    id: strawberry.ID
    agreement: Agreement
    corrected_label: str | None
    note: str | None
    at: datetime

    @classmethod
    def of(cls, row: tables.Feedback) -> "Feedback":
        return cls(
            row=row,
            id=node_id("Feedback", row.key),
            agreement=Agreement(row.agreement),
            corrected_label=row.corrected_label,
            note=row.note,
            at=row.at,
        )

    @strawberry.field
    async def by(self, info: Info) -> User:
        return await find_author(info, self.row.user_key)

    @described("Null for the analysis as a whole.")
    async def finding(self, info: Info) -> Finding | None:
        return await find_finding(info, self.row.finding_key) if self.row.finding_key else None


@strawberry.type
class Anchor:
    stack: Stack
    frame_index: int
    box: Box | None
    finding: Finding | None


@strawberry.type
class Comment(Node):
    row: strawberry.Private[tables.Comment]
    audience: Audience
    body: str = strawberry.field(description="Plain text; a mention is written @[user id].")
    created_at: datetime
    edited_at: datetime | None
    deleted: bool = strawberry.field(description="The place stays, the body is empty.")
    resolved_at: datetime | None

    @classmethod
    def of(cls, row: tables.Comment) -> "Comment":
        return cls(
            row=row,
            id=node_id("Comment", row.key),
            audience=Audience(row.audience),
            body="" if row.deleted_at else row.body,
            created_at=row.created_at,
            edited_at=row.edited_at,
            deleted=row.deleted_at is not None,
            resolved_at=row.resolved_at,
        )

    @strawberry.field
    async def case(self, info: Info) -> "Case":
        return await _case_of(info, self.row.case_key)

    @strawberry.field
    async def author(self, info: Info) -> User:
        return await find_author(info, self.row.author_key)

    @strawberry.field
    async def mentions(self, info: Info) -> list[User]:
        keys = [UUID(key) for key in self.row.mentions]
        return [User.of(row, info.context.actor) for row in await info.context.loaders.users.load_many(keys) if row]

    @strawberry.field
    async def reply_to(self, info: Info) -> "Comment | None":
        row = await info.context.loaders.comments.load(self.row.reply_to_key) if self.row.reply_to_key else None
        return Comment.of(row) if row else None

    @described("The place in the images it speaks of.")
    async def anchor(self, info: Info) -> Anchor | None:
        return await _anchor_of(info, self.row.anchor) if self.row.anchor else None


@strawberry.type(description="A measurement, or a finding that a reader drew.")
class Annotation(Node):
    row: strawberry.Private[tables.Annotation]
    kind: AnnotationKind
    points: list[Point2D]
    label: str | None
    note: str | None
    quantities: list[Quantity]
    deleted: bool = strawberry.field(description="The id stays, the points are empty.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: tables.Annotation) -> "Annotation":
        return cls(
            row=row,
            id=node_id("Annotation", row.key),
            kind=AnnotationKind(row.kind),
            points=[Point2D(x=x, y=y) for x, y in row.points],
            label=row.label,
            note=row.note,
            quantities=[Quantity.of(kept) for kept in row.quantities],
            deleted=row.deleted_at is not None,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field
    async def case(self, info: Info) -> "Case":
        return await _case_of(info, self.row.case_key)

    @strawberry.field
    async def by(self, info: Info) -> User:
        return await find_author(info, self.row.author_key)

    @strawberry.field
    async def anchor(self, info: Info) -> Anchor:
        anchor = await _anchor_of(info, self.row.anchor)
        assert anchor is not None
        return anchor

    @described("The analysis that should have found it.")
    async def missed_by(self, info: Info) -> Analysis | None:
        row = await info.context.loaders.analyses.load(self.row.missed_by_key) if self.row.missed_by_key else None
        return Analysis.of(row) if row else None


@strawberry.type(
    description="A signed reading is never overwritten: it gets addenda. A patient sees its release, not the review "
    "itself."
)
class Review(Node):
    row: strawberry.Private[tables.Review]
    impression: str
    recommendation: str | None
    urgency: Urgency
    signed_at: datetime
    addenda: list[Addendum]

    @classmethod
    def of(cls, row: tables.Review) -> "Review":
        return cls(
            row=row,
            id=node_id("Review", row.key),
            impression=row.impression,
            recommendation=row.recommendation,
            urgency=Urgency(row.urgency),
            signed_at=row.signed_at,
            addenda=[],
        )

    @strawberry.field
    async def case(self, info: Info) -> "Case":
        return await _case_of(info, self.row.case_key)

    @strawberry.field
    async def by(self, info: Info) -> User:
        return await find_author(info, self.row.user_key)

    @described("The newest, withdrawn or not.")
    async def release(self, info: Info) -> Release | None:
        rows = await info.context.loaders.releases_of_case.load(self.row.case_key)
        return next((Release.of(row) for row in rows if row.review_key == self.row.key), None)

    @described("One of each format that is made, made when it is fetched.")
    def reports(self) -> list[Report]:
        return reports_of(self.row)


AnalysisConnection = Connection[Analysis]
AnnotationConnection = Connection[Annotation]
CommentConnection = Connection[Comment]


@strawberry.type
class Case(Node):
    row: strawberry.Private[tables.Case]
    title: str
    status: CaseStatus
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: tables.Case) -> "Case":
        return cls(
            row=row,
            id=node_id("Case", row.key),
            title=row.title,
            status=CaseStatus(row.status),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @described("From the newest analysis unless a clinician set it; null before one, and to a patient before release.")
    async def urgency(self, info: Info) -> Urgency | None:
        shown = self.row.urgency
        if not await self._allows(info, Action.CASE_SEE_ANALYSES):
            shown = await info.context.loaders.released_urgency.load(self.row.key)
        return Urgency(shown) if shown is not None else None

    @strawberry.field
    async def organization(self, info: Info) -> Organization:
        row = await info.context.loaders.organizations.load(self.row.organization_key)
        assert row is not None
        return Organization.of(row)

    @described("Null to whoever may not see the patient's identity; one patient a case.")
    async def patient(self, info: Info) -> Patient | None:
        if self.row.patient_key is None or not await self._allows(info, Action.CASE_SEE_IDENTITY):
            return None
        info.context.loaders.identity_of_patient.prime(self.row.patient_key, True)
        return await find_patient(info, self.row.patient_key)

    @strawberry.field
    async def studies(self, info: Info) -> list[Study]:
        rows = await info.context.loaders.studies_of_case.load(self.row.key)
        if await self._allows(info, Action.CASE_SEE_IDENTITY):  # else another case that holds them may show it
            info.context.loaders.identity_of_study.prime_many(dict.fromkeys((row.key for row in rows), True))
        return [Study.of(row) for row in rows]

    @described("The same patient's earlier studies in this organization.")
    async def priors(self, info: Info) -> list[Study]:
        # That two studies are of one patient is already something of who they are.
        if not await self._allows(info, Action.CASE_SEE_IDENTITY):
            return []
        rows = await info.context.loaders.priors_of_case.load(self.row.key)
        info.context.reads.see(action_of("Study"), "Study", (row.key for row in rows))  # they are in other cases
        return [Study.of(row) for row in rows]

    @described("Newest first.")
    async def analyses(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> AnalysisConnection:
        page = request_of(first, after)
        found, total = await read_page(info, lambda uow: analyses.list_analyses(uow, self.row.key, page))
        info.context.reads.see(Action.CASE_SEE_ANALYSES, "Analysis", (row.key for row in found.rows))
        return connection([Analysis.of(row) for row in found.rows], found, total)

    @strawberry.field
    async def latest_analysis(self, info: Info) -> Analysis | None:
        row = await info.context.loaders.latest_analysis.load(self.row.key)
        return Analysis.of(row) if row else None

    @described("Oldest first; none to a patient.")
    async def annotations(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> AnnotationConnection:
        page = request_of(first, after)
        found, total = await read_page(info, lambda uow: annotations.list_annotations(uow, self.row.key, page))
        return connection([Annotation.of(row) for row in found.rows], found, total)

    @described("Oldest first.")
    async def comments(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> CommentConnection:
        page = request_of(first, after, last, before)
        found, total = await read_page(info, lambda uow: comments.list_comments(uow, self.row.key, page))
        return connection([Comment.of(row) for row in found.rows], found, total)

    @described("Others' comments that the viewer has not read; `markRead` marks them.")
    async def unread_comments(self, info: Info) -> int:
        return await info.context.loaders.unread_comments.load(self.row.key) or 0

    @described("Signed readings, newest first; none to a patient.")
    async def reviews(self, info: Info) -> list[Review]:
        return [Review.of(row) for row in await info.context.loaders.reviews_of_case.load(self.row.key)]

    @described("What a patient may read, newest first.")
    async def releases(self, info: Info) -> list[Release]:
        return [Release.of(row) for row in await info.context.loaders.releases_of_case.load(self.row.key)]

    @strawberry.field
    async def participants(self, info: Info) -> list[Participant]:
        shows_mail = await self._allows(info, Action.CASE_SHARE)
        rows = await info.context.loaders.participants.load(self.row.key)
        return [Participant.of(row, user, info.context.actor, shows_mail) for row, user in rows]

    @strawberry.field
    async def viewer_can(self, info: Info) -> list[CaseAction]:
        return [word for word, action in PERMITTED_BY.items() if await self._allows(info, action)]

    @described("Subscribe to caseEvents from it and nothing falls between.")
    async def event_cursor(self, info: Info) -> str:
        return str(await info.context.get_case_cursor(self.row.key))

    @strawberry.field
    async def created_by(self, info: Info) -> User:
        row = await info.context.loaders.users.load(self.row.created_by)
        assert row is not None
        return User.of(row, info.context.actor)

    async def _allows(self, info: Info, action: Action) -> bool:
        actor = info.context.actor
        subject = await info.context.loaders.subjects.load(self.row.key)
        return actor is not None and subject is not None and is_allowed(actor, action, subject)


CaseConnection = Connection[Case]


def _all_or_none(values: Sequence[float | None]) -> list[float] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


async def find_finding(info: Info, key: UUID) -> Finding | None:
    row = await info.context.loaders.finding.load(key)
    analysis = await info.context.loaders.analyses.load(row.analysis_key) if row else None
    return Finding.of(row, analysis) if row and analysis else None


async def _anchor_of(info: Info, place: Mapping[str, Any]) -> Anchor | None:
    """place: as a comment or an annotation keeps it."""
    stack = await info.context.loaders.stacks.load(UUID(place["stack"]))
    if stack is None:
        return None
    box = Box(**dict(zip(("left", "top", "width", "height"), place["box"], strict=True))) if place["box"] else None
    finding = await find_finding(info, UUID(place["finding"])) if place["finding"] else None
    return Anchor(stack=Stack.of(stack), frame_index=place["frame_index"], box=box, finding=finding)


async def _case_of(info: Info, key: UUID) -> Case:
    row = await info.context.loaders.cases.load(key)
    assert row is not None
    return Case.of(row)
