"""Take a case's images out."""

import strawberry

from api import exports
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_key
from schema.types.exports import Export


@strawberry.input(
    description="Instances as received, or de-identified by PS3.15 Annex E. Made by a job; the event and the "
    "notification tell when it is ready."
)
class ExportCaseInput:
    case_id: strawberry.ID
    with_identity: bool = False
    idempotency_key: str | None = strawberry.UNSET


@strawberry.type
class ExportPayload:
    export: Export | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ExportMutations:
    @strawberry.mutation
    @refusable(ExportPayload, "caseId")
    async def export_case(self, info: Info, input: ExportCaseInput) -> ExportPayload:
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        async with info.context.writing() as uow:
            export = await exports.request(uow, key, input.with_identity, given(input.idempotency_key))
        return ExportPayload(export=Export.of(export))
