"""What an administrator does with people: invite them, change what they may do, let them no longer in."""

import strawberry

from api import accounts
from api.permissions import Role as AnyRole
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_key
from schema.types.people import Invitation, Role, User


@strawberry.input
class InviteUserInput:
    email: str
    role: Role


@strawberry.input
class RevokeInvitationInput:
    invitation_id: strawberry.ID


@strawberry.input
class SetUserRoleInput:
    user_id: strawberry.ID
    role: Role


@strawberry.input
class SetUserDisabledInput:
    user_id: strawberry.ID
    disabled: bool


@strawberry.type
class InviteUserPayload:
    invitation: Invitation | None = None
    token: str | None = strawberry.field(
        default=None,
        description="Shown this once, also sent by mail where mail is set; SignUpInput.invitation takes it.",
    )
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class InvitationPayload:
    invitation: Invitation | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class UserPayload:
    user: User | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class PeopleMutations:
    @strawberry.mutation
    @refusable(InviteUserPayload)
    async def invite_user(self, info: Info, input: InviteUserInput) -> InviteUserPayload:
        async with info.context.writing() as uow:
            made = await accounts.invite(uow, input.email, AnyRole[input.role.name])
        return InviteUserPayload(invitation=Invitation.of(made.row), token=made.token)

    @strawberry.mutation
    @refusable(InvitationPayload, "invitationId")
    async def revoke_invitation(self, info: Info, input: RevokeInvitationInput) -> InvitationPayload:
        info.context.get_actor()
        key = get_key(input.invitation_id, "Invitation", ["invitationId"])
        async with info.context.writing() as uow:
            row = await accounts.revoke_invitation(uow, key)
        return InvitationPayload(invitation=Invitation.of(row))

    @strawberry.mutation
    @refusable(UserPayload, "userId")
    async def set_user_role(self, info: Info, input: SetUserRoleInput) -> UserPayload:
        actor = info.context.get_actor()
        key = get_key(input.user_id, "User", ["userId"])
        async with info.context.writing() as uow:
            user = await accounts.set_role(uow, key, AnyRole[input.role.name])
        return UserPayload(user=User.of(user, actor))

    @strawberry.mutation
    @refusable(UserPayload, "userId")
    async def set_user_disabled(self, info: Info, input: SetUserDisabledInput) -> UserPayload:
        actor = info.context.get_actor()
        key = get_key(input.user_id, "User", ["userId"])
        async with info.context.writing() as uow:
            user = await accounts.set_disabled(uow, key, input.disabled)
        return UserPayload(user=User.of(user, actor))
