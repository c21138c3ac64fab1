"""Who is signed in, and what is theirs alone."""

import strawberry

from api import accounts, uploads
from api.persistence import tables
from schema.connections import connect, request_of
from schema.context import Info
from schema.fields import described
from schema.types.people import Organization, Session, User
from schema.types.uploads import Upload, UploadConnection


@strawberry.type
class Viewer:
    row: strawberry.Private[tables.User]
    mfa_enabled: bool
    push_public_key: str | None = strawberry.field(
        description="VAPID application server key, base64url; null where push is off."
    )

    @classmethod
    def of(cls, row: tables.User) -> "Viewer":
        """Push does not exist yet, and so it is off."""
        return cls(row=row, mfa_enabled=row.mfa_enabled, push_public_key=None)

    @strawberry.field
    def user(self, info: Info) -> User:
        return User.of(self.row, info.context.actor)

    @strawberry.field
    async def organization(self, info: Info) -> Organization:
        row = await info.context.loaders.organizations.load(self.row.organization_key)
        assert row is not None
        return Organization.of(row)

    @strawberry.field
    async def sessions(self, info: Info) -> list[Session]:
        actor = info.context.get_actor()
        async with info.context.reading() as uow:
            rows = await accounts.list_sessions(uow)
        return [Session.of(row, actor) for row in rows]

    @described("Newest first, the unfinished ones to resume.")
    async def uploads(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> UploadConnection:
        page = request_of(first, after)
        return await connect(info, lambda uow: uploads.list_uploads(uow, page), Upload.of)

    @described("Taken with this answer: subscribe from it and nothing falls between.")
    async def event_cursor(self, info: Info) -> str:
        return str(await info.context.get_viewer_cursor())


async def find_viewer(info: Info) -> Viewer | None:
    if info.context.actor is None:
        return None
    row = await info.context.loaders.users.load(info.context.actor.user_key)
    return Viewer.of(row) if row else None
