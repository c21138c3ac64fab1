"""The directory in a Cognito user pool: accounts, passwords, mailed codes and second factors are AWS's to keep.

The pool signs in by e-mail address and is set up as docs/using.md says. Its tokens are checked here (`pool_tokens`) and
go no further: what `Proof.state` keeps is the refresh token.

What differs from our own directory, because Cognito is so:
- An account that was never confirmed and begins again is a new account with a new subject: Cognito cannot give an
  unconfirmed one another password.
- Cognito does not promise to look at the password of an unconfirmed account before it says so. Whenever it says so it
  is asked once more with a password that is surely wrong; CONFIRM_EMAIL is told only where that is refused as wrong.
- Codes live as long as Cognito has it (a day to confirm, an hour to reset), and it limits tries by its own rules.
- `remove_totp` needs a pool where the second factor is optional; Cognito keeps the old secret, unused.
- `begin_totp` needs a sign-in that the pool knows: not one that a recovery code opened (its state is None;
  `api.accounts.second_factor` then has the next sign-in enrol).
- How long Cognito takes for an address without account is Cognito's; we make the same requests in the same order.
"""

import logging
import re
import secrets
from contextlib import suppress
from typing import Any

from api.errors import Invalid, Unauthenticated, WrongCredentials
from api.identity import cognito_refusals as refusals
from api.identity.cognito_pool import CognitoPool, away, issuer, jwks_url
from api.identity.cognito_refusals import Nobody, NotConfirmed, Taken, Unwanted
from api.identity.directory import Proof, Step, StepKind
from api.identity.jwks import KeySet
from api.identity.pool_passwords import check_strength, is_possible
from api.identity.pool_sign_in import PoolSignIn, opened, packed, subject_of, text_of
from api.identity.pool_tokens import PoolTokens
from api.settings import Settings

log = logging.getLogger(__name__)

# A name without @ would be a subject, and Cognito takes those too: sign-ins are counted by address.
ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
LONGEST_ADDRESS = 128  # Cognito's user names
CODE = re.compile(r"[0-9]{4,12}")
TOTP_CODE = re.compile(r"[0-9]{6}")


class CognitoDirectory:
    """`UserDirectory` by Cognito."""

    def __init__(self, pool: CognitoPool, tokens: PoolTokens) -> None:
        self._pool, self._tokens = pool, tokens
        self._sign_in = PoolSignIn(pool, tokens)

    @classmethod
    def open(cls, settings: Settings) -> "CognitoDirectory":
        """Of the pool that the settings name; asks it nothing yet. Raises: ValueError where they name none."""
        keys = KeySet(
            jwks_url(settings),
            seconds=settings.cognito_keys_seconds,
            pause=settings.cognito_keys_pause_seconds,
            outage=settings.cognito_keys_outage_seconds,
            deadline=settings.cognito_seconds,
            largest=settings.cognito_keys_bytes,
        )
        pool = CognitoPool(settings)
        tokens = PoolTokens(
            keys, issuer=issuer(settings), client_id=pool.client_id, skew=settings.cognito_clock_skew_seconds
        )
        return cls(pool, tokens)

    async def close(self) -> None:
        self._pool.close()
        await self._tokens.close()

    async def register(self, email: str, password: str, *, confirmed: bool = False) -> str:
        if not _is_address(email):
            raise Invalid("This is no e-mail address.", ["email"])
        check_strength(password, email)
        if confirmed:
            return await self._register_confirmed(email, password)
        try:
            return await self._sign_up(email, password)
        except Taken:
            if (await self._sign_in.account(email)).get("UserStatus") != "UNCONFIRMED":
                raise
            await self._pool.ask_as_administrator("admin_delete_user", email, refusals.FIND)
            return await self._sign_up(email, password)

    async def find(self, email: str) -> str | None:
        if not _is_address(email):
            return None
        try:
            return subject_of(await self._sign_in.account(email))
        except Nobody:
            return None

    async def confirm(self, email: str, code: str) -> None:
        if not (_is_address(email) and CODE.fullmatch(code)):
            raise refusals.CONFIRM["CodeMismatchException"]()
        await self._pool.ask_as_client(
            "confirm_sign_up", refusals.CONFIRM, Username=email, ConfirmationCode=code, **self._pool.secret_hash(email)
        )

    async def resend_confirmation(self, email: str) -> None:
        await self._mail("resend_confirmation_code", email)

    async def authenticate(self, email: str, password: str) -> Proof | Step:
        if not (_is_address(email) and is_possible(password)):
            email, password = _nobodys_address(), secrets.token_urlsafe(16)
        try:
            username, answer = await self._sign_in.prove(email, password)
        except NotConfirmed:
            if await self._sign_in.is_told_to_anybody(email):
                raise WrongCredentials from None
            return Step(StepKind.CONFIRM_EMAIL, subject_of(await self._sign_in.account(email)))
        return await self._sign_in.outcome(answer, username)

    async def answer_totp(self, step: Step, code: str) -> Proof:
        session, username = opened(step, StepKind.TOTP)
        if TOTP_CODE.fullmatch(code) is None:
            raise refusals.ANSWER_TOTP["CodeMismatchException"]()
        answer = await self._sign_in.respond(
            "SOFTWARE_TOKEN_MFA", refusals.ANSWER_TOTP, session, username, SOFTWARE_TOKEN_MFA_CODE=code
        )
        return _proof(await self._sign_in.outcome(answer, username, step.subject, has_totp=True))

    async def answer_new_password(self, step: Step, new_password: str) -> Proof | Step:
        session, username = opened(step, StepKind.NEW_PASSWORD)
        check_strength(new_password, "", "newPassword")
        answer = await self._sign_in.respond(
            "NEW_PASSWORD_REQUIRED", refusals.ANSWER_NEW_PASSWORD, session, username, NEW_PASSWORD=new_password
        )
        return await self._sign_in.outcome(answer, username, step.subject)

    async def begin_totp(self, who: Proof | Step) -> tuple[str, Proof | Step]:
        if isinstance(who, Step):
            session, username = opened(who, StepKind.ENROLL_TOTP)
            answer = await self._pool.ask("associate_software_token", refusals.ANSWER, Session=session)
            now: Proof | Step = Step(
                who.kind, who.subject, packed(session=text_of(answer, "Session"), username=username)
            )
        else:
            access, now = await self._sign_in.renew(who)
            answer = await self._pool.ask("associate_software_token", refusals.ANSWER, AccessToken=access)
        return text_of(answer, "SecretCode").rstrip("="), now

    async def confirm_totp(self, who: Proof | Step, code: str) -> Proof:
        if TOTP_CODE.fullmatch(code) is None:
            raise refusals.ANSWER_TOTP["CodeMismatchException"]()
        if isinstance(who, Step):
            session, username = opened(who, StepKind.ENROLL_TOTP)
            answer = await self._verify_totp(code, Session=session)
            answer = await self._sign_in.respond("MFA_SETUP", refusals.ANSWER, text_of(answer, "Session"), username)
            proof = _proof(await self._sign_in.outcome(answer, username, who.subject, has_totp=True))
        else:
            access, proof = await self._sign_in.renew(who, has_totp=True)
            await self._verify_totp(code, AccessToken=access)
        await self._prefer_totp(who.subject, True)
        return proof

    async def remove_totp(self, subject: str) -> None:
        with suppress(Nobody):
            await self._prefer_totp(subject, False)

    async def request_reset(self, email: str) -> None:
        await self._mail("forgot_password", email)

    async def reset(self, email: str, code: str, new_password: str) -> str:
        check_strength(new_password, email, "newPassword")
        if not (_is_address(email) and CODE.fullmatch(code)):
            raise refusals.RESET["CodeMismatchException"]()
        await self._pool.ask_as_client(
            "confirm_forgot_password",
            refusals.RESET,
            Username=email,
            ConfirmationCode=code,
            Password=new_password,
            **self._pool.secret_hash(email),
        )
        return subject_of(await self._sign_in.account(email))

    async def renew(self, subject: str, state: str | None) -> str | None:
        if state is not None:
            return (await self._sign_in.renew(Proof(subject, False, state), Unauthenticated()))[1].state
        try:
            account = await self._sign_in.account(subject)
        except Nobody:
            raise Unauthenticated() from None
        if account.get("Enabled") is not True or subject_of(account) != subject:
            raise Unauthenticated()
        return None

    async def sign_out_everywhere(self, subject: str) -> None:
        with suppress(Nobody):
            await self._pool.ask_as_administrator("admin_user_global_sign_out", subject, refusals.FIND)

    async def set_enabled(self, subject: str, enabled: bool) -> None:
        operation = "admin_enable_user" if enabled else "admin_disable_user"
        await self._pool.ask_as_administrator(operation, subject, refusals.FIND)

    async def set_password(self, subject: str, password: str) -> None:
        """Not of the protocol: for whoever runs the server. Raises: NotFound, WeakPassword."""
        check_strength(password, "")
        await self._pool.ask_as_administrator(
            "admin_set_user_password",
            subject,
            {**refusals.SET_PASSWORD, **refusals.FIND},
            Password=password,
            Permanent=True,
        )

    async def _sign_up(self, email: str, password: str) -> str:
        answer = await self._pool.ask_as_client(
            "sign_up",
            refusals.SIGN_UP,
            Username=email,
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}],
            **self._pool.secret_hash(email),
        )
        return text_of(answer, "UserSub")

    async def _register_confirmed(self, email: str, password: str) -> str:
        """Three requests, each of which may find its work done by an attempt that broke off."""
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        ask = self._pool.ask_as_administrator
        try:
            await ask("admin_create_user", email, refusals.SIGN_UP, UserAttributes=attributes, MessageAction="SUPPRESS")
        except Taken:
            status = (await self._sign_in.account(email)).get("UserStatus")
            if status not in ("UNCONFIRMED", "FORCE_CHANGE_PASSWORD"):
                raise
            if status == "UNCONFIRMED":
                with suppress(Unwanted):  # confirmed by its owner in the meantime
                    await ask(
                        "admin_confirm_sign_up", email, {"NotAuthorizedException": lambda: Unwanted("Confirmed.")}
                    )
                await ask("admin_update_user_attributes", email, {}, UserAttributes=attributes[1:])
        await ask("admin_set_user_password", email, refusals.SET_PASSWORD, Password=password, Permanent=True)
        return subject_of(await self._sign_in.account(email))

    async def _mail(self, operation: str, email: str) -> None:
        """Mails a code where Cognito has a reason to; nobody is told whether."""
        if not _is_address(email):
            email = _nobodys_address()
        with suppress(Unwanted):
            await self._pool.ask_as_client(operation, refusals.MAIL, Username=email, **self._pool.secret_hash(email))

    async def _verify_totp(self, code: str, **who: str) -> dict[str, Any]:
        answer = await self._pool.ask("verify_software_token", refusals.ANSWER_TOTP, UserCode=code, **who)
        if answer.get("Status") != "SUCCESS":
            raise refusals.ANSWER_TOTP["CodeMismatchException"]()
        return answer

    async def _prefer_totp(self, subject: str, wanted: bool) -> None:
        preference = {"Enabled": wanted, "PreferredMfa": wanted}
        await self._pool.ask_as_administrator(
            "admin_set_user_mfa_preference", subject, refusals.FIND, SoftwareTokenMfaSettings=preference
        )


def _is_address(email: str) -> bool:
    return len(email) <= LONGEST_ADDRESS and ADDRESS.fullmatch(email) is not None and email.isprintable()


def _nobodys_address() -> str:
    return f"{secrets.token_hex(16)}@nobody.invalid"  # RFC 2606: no such domain will ever be


def _proof(outcome: Proof | Step) -> Proof:
    if isinstance(outcome, Proof):
        return outcome
    log.error("The pool asks for %s after the second factor", outcome.kind)
    raise away()
