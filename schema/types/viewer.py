"""Who is signed in, and what is theirs alone."""

import strawberry

from api import accounts, notifications, uploads
from api.persistence import tables
from schema.connections import connect, request_of
from schema.context import Info
from schema.fields import described
from schema.types.notifications import Notification, NotificationConnection
from schema.types.people import Organization, Session, User
from schema.types.uploads import Upload, UploadConnection


@strawberry.type
class Viewer:
    row: strawberry.Private[tables.User]
    mfa_enabled: bool

    @classmethod
    def of(cls, row: tables.User) -> "Viewer":
        return cls(row=row, mfa_enabled=row.mfa_enabled)

    @described("Of notifications; an application has none.")
    async def unread_count(self, info: Info) -> int:
        async with info.context.reading() as uow:
            return await notifications.count_unread(uow)

    @described("Newest first.")
    async def notifications(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        unread_only: bool = False,
    ) -> NotificationConnection:
        page = request_of(first, after)
        return await connect(
            info, lambda uow: notifications.list_notifications(uow, page, unread_only), Notification.of
        )

    @described("VAPID application server key, base64url; null where push is off.")
    def push_public_key(self, info: Info) -> str | None:
        push = info.context.house.push
        return push.vapid.public_key if push else None

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
