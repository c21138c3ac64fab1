"""What of a reading names no case: addenda, and what was released to the patient."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.persistence import tables
from schema.context import Info
from schema.node_ids import node_id
from schema.types.people import User


@strawberry.type
class Addendum:
    id: strawberry.ID
    by: User
    text: str
    signed_at: datetime


@strawberry.type
class Release:
    row: strawberry.Private[tables.Release]
    id: strawberry.ID
    at: datetime
    summary: str = strawberry.field(description="In plain language.")
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: tables.Release) -> "Release":
        return cls(
            row=row, id=node_id("Release", row.key), at=row.at, summary=row.summary, withdrawn_at=row.withdrawn_at
        )

    @strawberry.field
    async def by(self, info: Info) -> User:
        return await find_author(info, self.row.user_key)


async def find_author(info: Info, key: UUID) -> User:
    row = await info.context.loaders.users.load(key)
    assert row is not None
    return User.of(row, info.context.actor)
