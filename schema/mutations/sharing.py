"""Who takes part in a case."""

import strawberry

from api import sharing
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.mutations.cases import CasePayload
from schema.node_ids import get_key
from schema.types.cases import Case
from schema.types.participants import Participant
from schema.types.worklist import Access


@strawberry.input(description="One of userId, email.")
class ShareCaseInput:
    case_id: strawberry.ID
    user_id: strawberry.ID | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    access: Access
    note: str | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class UnshareCaseInput:
    case_id: strawberry.ID
    participant_id: strawberry.ID


@strawberry.type
class ShareCasePayload:
    case: Case | None = None
    participant: Participant | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SharingMutations:
    @strawberry.mutation
    @refusable(ShareCasePayload, "caseId")
    async def share_case(self, info: Info, input: ShareCaseInput) -> ShareCasePayload:
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        user_id = given(input.user_id)
        async with info.context.writing() as uow:
            row = await sharing.share(
                uow,
                key,
                get_key(user_id, "User", ["userId"]) if user_id else None,
                given(input.email),
                input.access.value,
                given(input.note),
                given(input.idempotency_key),
            )
        user = await info.context.loaders.users.load(row.user_key) if row.user_key else None
        case = await info.context.loaders.cases.load(key)
        return ShareCasePayload(
            case=Case.of(case) if case else None,
            participant=Participant.of(row, user, info.context.actor, shows_mail=True),
        )

    @strawberry.mutation
    @refusable(CasePayload, "caseId")
    async def unshare_case(self, info: Info, input: UnshareCaseInput) -> CasePayload:
        """Whoever takes themselves out may not see the case any more: then it is null."""
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        participant = get_key(input.participant_id, "Participant", ["participantId"])
        async with info.context.writing() as uow:
            await sharing.unshare(uow, key, participant)
        row = await info.context.loaders.cases.load(key)
        return CasePayload(case=Case.of(row) if row else None)
