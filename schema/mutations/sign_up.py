"""Come in: sign up and confirm the e-mail address; and come in again with a new password."""

import strawberry

from api import accounts
from schema.connections import given
from schema.context import Info
from schema.errors import refusable
from schema.node_ids import get_key
from schema.types.sign_in import AcknowledgePayload, SignInPayload, answer, not_acknowledged


@strawberry.input
class SignUpInput:
    email: str
    password: str
    display_name: str
    invitation: str | None = strawberry.UNSET
    organization_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Where an organization lets patients sign up."
    )


@strawberry.input
class ConfirmSignUpInput:
    email: str
    code: str


@strawberry.input
class RequestPasswordResetInput:
    email: str


@strawberry.input
class ResetPasswordInput:
    email: str
    code: str
    new_password: str


@strawberry.type
class SignUpMutations:
    @strawberry.mutation
    @refusable(SignInPayload)
    async def sign_up(self, info: Info, input: SignUpInput) -> SignInPayload:
        organization_id = given(input.organization_id)
        person = accounts.NewPerson(
            input.email,
            input.password,
            input.display_name,
            given(input.invitation),
            get_key(organization_id, "Organization", ["organizationId"]) if organization_id is not None else None,
        )
        return answer(info, await accounts.sign_up(info.context.visitor, person))

    @strawberry.mutation
    @refusable(not_acknowledged)
    async def confirm_sign_up(self, info: Info, input: ConfirmSignUpInput) -> AcknowledgePayload:
        await accounts.confirm_sign_up(info.context.visitor, input.email, input.code)
        return AcknowledgePayload(ok=True)

    @strawberry.mutation
    @refusable(not_acknowledged)
    async def request_password_reset(self, info: Info, input: RequestPasswordResetInput) -> AcknowledgePayload:
        await accounts.request_password_reset(info.context.visitor, input.email)
        return AcknowledgePayload(ok=True)

    @strawberry.mutation
    @refusable(not_acknowledged)
    async def reset_password(self, info: Info, input: ResetPasswordInput) -> AcknowledgePayload:
        await accounts.reset_password(info.context.visitor, input.email, input.code, input.new_password)
        return AcknowledgePayload(ok=True)
