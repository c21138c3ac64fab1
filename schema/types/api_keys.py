"""API keys of applications, as administrators see them: never the secret."""

from datetime import datetime
from enum import Enum

import strawberry

from api.identity.api_keys import shown_prefix
from api.persistence import tables
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.types.nodes import Node
from schema.types.people import User


@strawberry.enum(description="What a key may do. Each opens its own part and no other.")
class Scope(Enum):
    CASES_READ = strawberry.enum_value("CASES_READ", description="Cases, images, analyses, readings, comments.")
    CASES_WRITE = strawberry.enum_value(
        "CASES_WRITE", description="Upload; rename, archive, set the urgency of a case."
    )
    ANALYSES_WRITE = strawberry.enum_value("ANALYSES_WRITE", description="Start and cancel analyses.")
    COMMENTS_WRITE = strawberry.enum_value("COMMENTS_WRITE", description="Comment on cases.")
    IDENTITY_READ = strawberry.enum_value(
        "IDENTITY_READ",
        description="Whose the cases are that CASES_READ shows: patient, UIDs, accession number, dates, descriptions.",
    )


@strawberry.type(description="A key acts as a user of its own, of role PARTNER, which no one can be given otherwise.")
class ApiKey(Node):
    row: strawberry.Private[tables.ApiKey]
    scopes: list[Scope]
    prefix: str = strawberry.field(description="What the key begins with, to tell it from others.")
    created_at: datetime
    last_used_at: datetime | None = strawberry.field(description="To the minute.")
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: tables.ApiKey) -> "ApiKey":
        return cls(
            row=row,
            id=node_id("ApiKey", row.key),
            scopes=[Scope(name) for name in row.scopes],
            prefix=shown_prefix(row.prefix),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )

    @strawberry.field
    async def name(self, info: Info) -> str:
        return (await self._user(info)).display_name

    @described("Whose comments and uploads those of the application are.")
    async def user(self, info: Info) -> User:
        return User.of(await self._user(info), info.context.actor)

    async def _user(self, info: Info) -> tables.User:
        row = await info.context.loaders.users.load(self.row.user_key)
        assert row is not None
        return row
