"""Cases: what people read together."""

from datetime import datetime
from enum import Enum

import strawberry

from api import analyses
from api.cases import CaseFilter as ChosenCases
from api.cases import CaseOrder
from api.permissions import Action, is_allowed
from api.persistence import tables
from schema.connections import Connection, connect, given, request_of
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.types.analyses import Analysis, AnalysisConnection
from schema.types.images import Patient, Study
from schema.types.nodes import Node
from schema.types.people import Organization, User

strawberry.enum(CaseOrder)


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


@strawberry.type
class Participant:
    id: strawberry.ID
    user: User | None = strawberry.field(description="Null until an invited doctor has signed up.")
    email: str | None
    access: Access
    since: datetime


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
        if self.row.urgency is None or not await self._allows(info, Action.CASE_SEE_ANALYSES):
            return None
        return Urgency(self.row.urgency)

    @strawberry.field
    async def organization(self, info: Info) -> Organization:
        row = await info.context.loaders.organizations.load(self.row.organization_key)
        assert row is not None
        return Organization.of(row)

    @described("Null to whoever may not see the patient's identity; one patient a case.")
    async def patient(self, info: Info) -> Patient | None:
        if self.row.patient_key is None or not await self._allows(info, Action.CASE_SEE_IDENTITY):
            return None
        row = await info.context.loaders.patients.load(self.row.patient_key)
        return Patient.of(row) if row else None

    @strawberry.field
    async def studies(self, info: Info) -> list[Study]:
        return [Study.of(row) for row in await info.context.loaders.studies_of_case.load(self.row.key)]

    @described("The same patient's earlier studies in this organization.")
    async def priors(self, info: Info) -> list[Study]:
        # That two studies are of one patient is already something of who they are.
        if not await self._allows(info, Action.CASE_SEE_IDENTITY):
            return []
        return [Study.of(row) for row in await info.context.loaders.priors_of_case.load(self.row.key)]

    @described("Newest first.")
    async def analyses(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> AnalysisConnection:
        page = request_of(first, after)
        return await connect(info, lambda uow: analyses.list_analyses(uow, self.row.key, page), Analysis.of)

    @strawberry.field
    async def latest_analysis(self, info: Info) -> Analysis | None:
        row = await info.context.loaders.latest_analysis.load(self.row.key)
        return Analysis.of(row) if row else None

    @strawberry.field
    async def participants(self, info: Info) -> list[Participant]:
        actor = info.context.actor
        return [
            Participant(
                id=node_id("Participant", row.key),
                user=User.of(user, actor) if user else None,
                email=row.email,
                access=Access(row.access),
                since=row.since,
            )
            for row, user in await info.context.loaders.participants.load(self.row.key)
        ]

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

    def chosen(self) -> ChosenCases:
        status, urgency = given(self.status), given(self.urgency)
        return ChosenCases(
            status=[word.value for word in status] if status is not None else None,
            urgency=[word.value for word in urgency] if urgency is not None else None,
            modality=given(self.modality),
            text=given(self.text),
            created_after=given(self.created_after),
            created_before=given(self.created_before),
        )
