"""The people of the organization, and those who are invited."""

import strawberry

from api import accounts
from schema.connections import connect, given, request_of
from schema.context import Info
from schema.types.people import Invitation, InvitationConnection, User, UserConnection


@strawberry.type
class PeopleOversight:
    @strawberry.field
    async def users(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        text: str | None = strawberry.UNSET,
    ) -> UserConnection:
        page, actor = request_of(first, after), info.context.get_actor()
        return await connect(
            info, lambda uow: accounts.list_users(uow, given(text), page), lambda row: User.of(row, actor)
        )

    @strawberry.field
    async def invitations(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> InvitationConnection:
        page = request_of(first, after)
        return await connect(info, lambda uow: accounts.list_invitations(uow, page), Invitation.of)
