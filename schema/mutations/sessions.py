"""Sign in, go on, sign out. The refresh token goes by cookie alone, which only `refreshSession` reads."""

import strawberry

from api import accounts
from api.errors import Unauthenticated
from schema.connections import given
from schema.context import Info
from schema.errors import refusable
from schema.node_ids import get_key
from schema.types.sign_in import AcknowledgePayload, SignInPayload, ViewerPayload, answer, not_acknowledged
from schema.types.viewer import find_viewer


@strawberry.input
class SignInInput:
    email: str
    password: str


@strawberry.input
class AnswerChallengeInput:
    challenge: str
    code: str | None = strawberry.UNSET
    new_password: str | None = strawberry.UNSET


@strawberry.input
class RevokeSessionInput:
    session_id: strawberry.ID


@strawberry.type
class SessionMutations:
    @strawberry.mutation
    @refusable(SignInPayload)
    async def sign_in(self, info: Info, input: SignInInput) -> SignInPayload:
        return answer(info, await accounts.sign_in(info.context.visitor, input.email, input.password))

    @strawberry.mutation
    @refusable(SignInPayload)
    async def answer_challenge(self, info: Info, input: AnswerChallengeInput) -> SignInPayload:
        code, new_password = given(input.code), given(input.new_password)
        return answer(info, await accounts.answer_challenge(info.context.visitor, input.challenge, code, new_password))

    @strawberry.mutation
    @refusable(SignInPayload)
    async def refresh_session(self, info: Info) -> SignInPayload:
        caller = info.context.caller
        try:
            return answer(info, await accounts.refresh(info.context.visitor, caller.refresh_token))
        except Unauthenticated:
            caller.forget_refresh_token()
            raise

    @strawberry.mutation
    @refusable(not_acknowledged)
    async def sign_out(self, info: Info, everywhere: bool = False) -> AcknowledgePayload:
        async with info.context.writing() as uow:
            await accounts.sign_out(uow, everywhere)
        info.context.sign_in(None, None)
        info.context.caller.forget_refresh_token()
        return AcknowledgePayload(ok=True)

    @strawberry.mutation
    @refusable(ViewerPayload, "sessionId")
    async def revoke_session(self, info: Info, input: RevokeSessionInput) -> ViewerPayload:
        """One's own; the one at hand as well, which is as good as signing out."""
        actor = info.context.get_actor()
        key = get_key(input.session_id, "Session", ["sessionId"])
        async with info.context.writing() as uow:
            await accounts.revoke_session(uow, key)
        if key == actor.session_key:
            info.context.sign_in(None, None)
            info.context.caller.forget_refresh_token()
        return ViewerPayload(viewer=await find_viewer(info))
