"""Sign in, go on, sign out. The refresh token goes by cookie alone, which only `refreshSession` reads."""

from datetime import datetime

import strawberry

from api import accounts
from api.errors import Unauthenticated
from schema.context import Info
from schema.errors import UserError, refusable
from schema.types.viewer import Viewer


@strawberry.input
class SignInInput:
    email: str
    password: str


@strawberry.type(
    description="The access token goes in `Authorization: Bearer`. The refresh token is never in a payload: a browser "
    "holds it in an HttpOnly, Secure, SameSite=Strict cookie, which only refreshSession reads."
)
class SignInPayload:
    access_token: str | None = None
    expires_at: datetime | None = None
    viewer: Viewer | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AcknowledgePayload:
    ok: bool
    errors: list[UserError] = strawberry.field(default_factory=list)


def not_acknowledged(errors: list[UserError]) -> AcknowledgePayload:
    return AcknowledgePayload(ok=False, errors=errors)


@strawberry.type
class SessionMutations:
    @strawberry.mutation
    @refusable(SignInPayload)
    async def sign_in(self, info: Info, input: SignInInput) -> SignInPayload:
        caller = info.context.caller
        async with info.context.writing() as uow:
            uow.actor = None
            signed_in = await accounts.sign_in(uow, input.email, input.password, caller.user_agent)
            actor = uow.actor
        info.context.sign_in(actor, signed_in.expires_at)
        caller.keep_refresh_token(signed_in.refresh_token)
        return _payload(signed_in)

    @strawberry.mutation
    @refusable(SignInPayload)
    async def refresh_session(self, info: Info) -> SignInPayload:
        caller = info.context.caller
        try:
            async with info.context.writing() as uow:
                uow.actor = None
                signed_in = await accounts.refresh(uow, caller.refresh_token, caller.user_agent)
                actor = uow.actor
        except Unauthenticated:
            caller.forget_refresh_token()
            raise
        info.context.sign_in(actor, signed_in.expires_at)
        caller.keep_refresh_token(signed_in.refresh_token)
        return _payload(signed_in)

    @strawberry.mutation
    @refusable(not_acknowledged)
    async def sign_out(self, info: Info, everywhere: bool = False) -> AcknowledgePayload:
        caller = info.context.caller
        async with info.context.writing() as uow:
            await accounts.sign_out(uow, everywhere)
        info.context.sign_in(None, None)
        caller.forget_refresh_token()
        return AcknowledgePayload(ok=True)


def _payload(signed_in: accounts.SignedIn) -> SignInPayload:
    return SignInPayload(
        access_token=signed_in.access_token, expires_at=signed_in.expires_at, viewer=Viewer.of(signed_in.user)
    )
