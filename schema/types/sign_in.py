"""What a sign-in answers: a session, or what is still to be answered before there is one."""

from datetime import datetime

import strawberry

from api import accounts
from api.identity.directory import StepKind
from schema.context import Info
from schema.errors import UserError
from schema.types.viewer import Viewer

strawberry.enum(
    StepKind,
    name="ChallengeKind",
    description="A TOTP challenge takes a recovery code too; ENROLL_TOTP is answered by enrollMfa and confirmMfa.",
)


@strawberry.type
class Challenge:
    kind: StepKind
    token: str


@strawberry.type(
    description="The access token goes in `Authorization: Bearer`. The refresh token is never in a payload: a browser "
    "holds it in an HttpOnly, Secure, SameSite=Strict cookie, which only refreshSession reads."
)
class SignInPayload:
    access_token: str | None = None
    expires_at: datetime | None = None
    viewer: Viewer | None = None
    challenge: Challenge | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AcknowledgePayload:
    ok: bool
    errors: list[UserError] = strawberry.field(default_factory=list)


def not_acknowledged(errors: list[UserError]) -> AcknowledgePayload:
    return AcknowledgePayload(ok=False, errors=errors)


@strawberry.type
class ViewerPayload:
    viewer: Viewer | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


def answer(info: Info, outcome: accounts.SignedIn | accounts.NewChallenge) -> SignInPayload:
    """Whoever is signed in now is so for the rest of this operation too."""
    if isinstance(outcome, accounts.NewChallenge):
        return SignInPayload(challenge=Challenge(kind=outcome.kind, token=outcome.token))
    keep(info, outcome)
    return SignInPayload(
        access_token=outcome.access_token, expires_at=outcome.expires_at, viewer=Viewer.of(outcome.user)
    )


def keep(info: Info, signed_in: accounts.SignedIn) -> None:
    """The session, for the rest of this operation and, by the cookie, beyond."""
    info.context.sign_in(signed_in.actor, signed_in.expires_at)
    info.context.renew()
    info.context.caller.keep_refresh_token(signed_in.refresh_token)
