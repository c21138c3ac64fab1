"""Exports: a case's images as one archive."""

import strawberry

from api import exports
from api.persistence import tables
from schema.context import Info
from schema.node_ids import node_id
from schema.scalars import ByteCount
from schema.types.cases import Case
from schema.types.frames import Download
from schema.types.nodes import Node


@strawberry.type(description="Made by a job; a CaseChanged event of its case tells when it has ended.")
class Export(Node):
    row: strawberry.Private[tables.Export]
    with_identity: bool
    ready: bool
    left_out: int = strawberry.field(description="Images that could not be de-identified; the archive says why.")
    failure: str | None = strawberry.field(description="Why there will be no archive, in words for the user.")

    @classmethod
    def of(cls, row: tables.Export) -> "Export":
        return cls(
            row=row,
            id=node_id("Export", row.key),
            with_identity=row.with_identity,
            ready=row.status == "READY",
            left_out=row.left_out,
            failure=row.failure,
        )

    @strawberry.field
    async def case(self, info: Info) -> Case:
        row = await info.context.loaders.cases.load(self.row.case_key)
        assert row is not None
        return Case.of(row)

    @strawberry.field
    async def download(self, info: Info) -> Download | None:
        async with info.context.reading() as uow:
            found = await exports.address(uow, self.row)
        if found is None:
            return None
        return Download(
            url=found.url,
            media_type=found.media_type,
            size=ByteCount(found.size) if found.size is not None else None,
            expires_at=found.expires_at,
        )
