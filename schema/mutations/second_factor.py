"""Enrol an authenticator."""

from datetime import datetime

import strawberry

from api import accounts
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.types.sign_in import keep
from schema.types.viewer import Viewer, find_viewer


@strawberry.input
class EnrollMfaInput:
    challenge: str | None = strawberry.field(
        default=strawberry.UNSET, description="Of an ENROLL_TOTP challenge; signed in, leave it out."
    )


@strawberry.input
class ConfirmMfaInput:
    code: str
    challenge: str | None = strawberry.UNSET


@strawberry.type
class EnrollMfaPayload:
    secret: str | None = None
    otpauth_uri: str | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ConfirmMfaPayload:
    recovery_codes: list[str] | None = strawberry.field(default=None, description="Shown this once.")
    access_token: str | None = None
    expires_at: datetime | None = None
    viewer: Viewer | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SecondFactorMutations:
    @strawberry.mutation
    @refusable(EnrollMfaPayload)
    async def enroll_mfa(self, info: Info, input: EnrollMfaInput | None = strawberry.UNSET) -> EnrollMfaPayload:
        wanted = given(input)
        token = given(wanted.challenge) if wanted is not None else None
        enrollment = await accounts.begin_enrollment(info.context.visitor, token)
        return EnrollMfaPayload(secret=enrollment.secret, otpauth_uri=enrollment.uri)

    @strawberry.mutation
    @refusable(ConfirmMfaPayload)
    async def confirm_mfa(self, info: Info, input: ConfirmMfaInput) -> ConfirmMfaPayload:
        codes, signed_in = await accounts.confirm_enrollment(info.context.visitor, input.code, given(input.challenge))
        if signed_in is None:
            info.context.renew()
            return ConfirmMfaPayload(recovery_codes=codes, viewer=await find_viewer(info))
        keep(info, signed_in)
        return ConfirmMfaPayload(
            recovery_codes=codes,
            access_token=signed_in.access_token,
            expires_at=signed_in.expires_at,
            viewer=Viewer.of(signed_in.user),
        )
