"""The words that cases and analyses are described with, and what a worklist is filtered by."""

from datetime import datetime
from enum import Enum

import strawberry

from api.cases import CaseFilter as ChosenCases
from api.cases import CaseOrder
from api.comments import Audience
from api.errors import Invalid
from api.feedback import Agreement
from api.permissions import Action
from schema.connections import given

MOST_MODALITIES = 100

strawberry.enum(CaseOrder)
strawberry.enum(Agreement)
strawberry.enum(Audience, description="EVERYONE: a patient who takes part sees it too.")


@strawberry.enum
class CaseStatus(Enum):
    RECEIVING = "RECEIVING"
    ANALYZING = "ANALYZING"
    READY = "READY"
    FAILED = "FAILED"
    REVIEWED = "REVIEWED"
    ARCHIVED = "ARCHIVED"


@strawberry.enum
class Urgency(Enum):
    ROUTINE = "ROUTINE"
    PRIORITY = "PRIORITY"
    URGENT = "URGENT"


@strawberry.enum
class CaseAction(Enum):
    COMMENT = "COMMENT"
    ANNOTATE = "ANNOTATE"
    ANALYZE = "ANALYZE"
    SIGN = "SIGN"
    RELEASE = "RELEASE"
    SHARE = "SHARE"
    DOWNLOAD = "DOWNLOAD"


# What must be allowed for each word of `viewerCan`.
PERMITTED_BY = {
    CaseAction.COMMENT: Action.CASE_COMMENT,
    CaseAction.ANNOTATE: Action.CASE_ANNOTATE,
    CaseAction.ANALYZE: Action.ANALYSIS_START,
    CaseAction.SIGN: Action.CASE_SIGN,
    CaseAction.RELEASE: Action.CASE_RELEASE,
    CaseAction.SHARE: Action.CASE_SHARE,
    CaseAction.DOWNLOAD: Action.CASE_DOWNLOAD,
}


@strawberry.enum
class Access(Enum):
    OWNER = "OWNER"
    CONTRIBUTOR = "CONTRIBUTOR"
    READER = "READER"


@strawberry.enum
class AnalysisStatus(Enum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNSUITABLE = "UNSUITABLE"


@strawberry.enum
class AnalysisStage(Enum):
    WAITING = "WAITING"
    PREPARING = "PREPARING"
    INFERRING = "INFERRING"
    REPORTING = "REPORTING"
    DONE = "DONE"


@strawberry.input(description="All that is given must hold; of the values of one list, any.")
class CaseFilter:
    status: list[CaseStatus] | None = strawberry.UNSET
    urgency: list[Urgency] | None = strawberry.UNSET
    modality: list[str] | None = strawberry.field(default=strawberry.UNSET, description="DICOM (0008,0060).")
    text: str | None = strawberry.field(
        default=strawberry.UNSET, description="Title, patient name or id, study description, accession number."
    )
    created_after: datetime | None = strawberry.UNSET
    created_before: datetime | None = strawberry.UNSET
    unread_only: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Cases with comments that the viewer has not read."
    )

    def chosen(self) -> ChosenCases:
        """Raises Invalid for more modalities than there are."""
        status, urgency, modality = given(self.status), given(self.urgency), given(self.modality)
        if modality is not None and len(modality) > MOST_MODALITIES:
            raise Invalid(f"Ask for at most {MOST_MODALITIES} modalities.", ["filter", "modality"])
        return ChosenCases(
            status=[word.value for word in status] if status is not None else None,
            urgency=[word.value for word in urgency] if urgency is not None else None,
            modality=modality,
            text=given(self.text),
            created_after=given(self.created_after),
            created_before=given(self.created_before),
            unread_only=bool(given(self.unread_only)),
        )
