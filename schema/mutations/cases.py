"""Rename, archive, delete a case."""

import strawberry

from api import cases
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_key
from schema.types.cases import Case
from schema.types.sign_in import AcknowledgePayload, not_acknowledged
from schema.types.worklist import Urgency


@strawberry.input
class UpdateCaseInput:
    case_id: strawberry.ID
    title: str | None = strawberry.UNSET
    archived: bool | None = strawberry.UNSET


@strawberry.input
class DeleteCaseInput:
    case_id: strawberry.ID
    reason: str


@strawberry.input
class SetUrgencyInput:
    case_id: strawberry.ID
    urgency: Urgency


@strawberry.type
class CasePayload:
    case: Case | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CaseMutations:
    @strawberry.mutation
    @refusable(CasePayload, "caseId")
    async def update_case(self, info: Info, input: UpdateCaseInput) -> CasePayload:
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        async with info.context.writing() as uow:
            await cases.update(uow, key, given(input.title), given(input.archived))
        row = await info.context.loaders.cases.load(key)
        return CasePayload(case=Case.of(row) if row else None)

    @strawberry.mutation
    @refusable(CasePayload, "caseId")
    async def set_urgency(self, info: Info, input: SetUrgencyInput) -> CasePayload:
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        async with info.context.writing() as uow:
            await cases.set_urgency(uow, key, input.urgency.value)
        row = await info.context.loaders.cases.load(key)
        return CasePayload(case=Case.of(row) if row else None)

    @strawberry.mutation
    @refusable(not_acknowledged, "caseId")
    async def delete_case(self, info: Info, input: DeleteCaseInput) -> AcknowledgePayload:
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        async with info.context.writing() as uow:
            await cases.delete(uow, key, input.reason)
        return AcknowledgePayload(ok=True)
