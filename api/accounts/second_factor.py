"""Enrol an authenticator: as the last step of a first sign-in, or from within a session."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote, urlencode

from api.accounts.challenges import ENDED, OpenChallenge, end_challenge, keep_challenge, open_challenge
from api.accounts.guesses import Guessed, count, forget, forgive
from api.accounts.recovery_codes import replace_recovery_codes
from api.accounts.sessions import SignedIn, open_session, open_state, seal_state
from api.accounts.visitor import Visitor, user_of
from api.errors import Expired, NotPermitted, Unauthenticated, Unavailable, WrongCode
from api.identity.directory import Proof, Step, StepKind
from api.permissions import Action, require
from api.persistence.columns import now
from api.persistence.tables import Session, User

ISSUER = "Hilum"
AT_NEXT_SIGN_IN = "Your old authenticator was removed. Sign out and in again: you are asked to set up a new one then."


@dataclass(frozen=True, slots=True)
class Enrollment:
    """secret: base32, for typing; uri: for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def begin_enrollment(visitor: Visitor, token: str | None = None) -> Enrollment:
    """token: of an ENROLL_TOTP challenge; None for whoever is signed in.

    Raises: Expired, Unauthenticated, NotPermitted where a second factor would be replaced in an old session, or can
    only be replaced at a sign-in.
    """
    if token is not None:
        challenge = await open_challenge(visitor, token, StepKind.ENROLL_TOTP, is_answer=False)
        person = await _find(visitor, challenge.who.subject)
        secret, who = await visitor.house.directory.begin_totp(challenge.who)
        async with visitor.recording(person) as uow:
            await keep_challenge(uow.session, challenge, who)
            uow.audit("second_factor:begin", person.key)
        return Enrollment(secret, _uri(secret, challenge.email))
    user, session = await _signed_in(visitor)
    proof = await _proof(visitor, user, session)
    try:
        secret, who = await visitor.house.directory.begin_totp(proof)
    except Expired:
        if proof.state is not None:
            raise
        await _remove(visitor, user)
        raise NotPermitted(AT_NEXT_SIGN_IN) from None
    await _keep_state(visitor, session, who)
    await visitor.note("second_factor:begin", user, "ok")
    return Enrollment(secret, _uri(secret, user.email))


async def confirm_enrollment(
    visitor: Visitor, code: str, token: str | None = None
) -> tuple[list[str], SignedIn | None]:
    """Recovery codes, shown this once; and where it was a challenge, the session.

    Raises: WrongCode, Expired, Locked, Unauthenticated, NotPermitted.
    """
    if token is None:
        user, session = await _signed_in(visitor)
        proof = await _confirm(visitor, user, await _proof(visitor, user, session), code)
        await _keep_state(visitor, session, proof)
        return await _enroll(visitor, proof, None)
    challenge = await open_challenge(visitor, token, StepKind.ENROLL_TOTP)
    person = await _find(visitor, challenge.who.subject)
    return await _enroll(visitor, await _confirm(visitor, person, challenge.who, code), challenge)


async def _find(visitor: Visitor, subject: str) -> User:
    """Raises Expired where the account is none, or was disabled, since the challenge began."""
    async with visitor.house.unit_of_work() as uow:
        user = await user_of(uow.session, subject)
    if user is None or user.disabled:
        raise Expired(ENDED, ["challenge"])
    return user


async def _confirm(visitor: Visitor, user: User, who: Proof | Step, code: str) -> Proof:
    attempt = await count(visitor, Guessed.SECOND_FACTOR, who.subject)
    try:
        return await visitor.house.directory.confirm_totp(who, code)
    except (WrongCode, Expired):
        await visitor.note("second_factor:enroll", user, "refused")
        raise
    except Unavailable:
        await forget(visitor.house, attempt)
        raise


async def _enroll(visitor: Visitor, proof: Proof, challenge: OpenChallenge | None) -> tuple[list[str], SignedIn | None]:
    async with visitor.house.unit_of_work(visitor.actor, visitor.address) as uow:
        user = await user_of(uow.session, proof.subject)
        if user is None:
            raise Expired(ENDED, ["challenge"])
        await forgive(uow, Guessed.SECOND_FACTOR, proof.subject)
        signed_in = None
        if challenge is not None:
            await end_challenge(uow.session, challenge)
            signed_in = await open_session(uow, user, proof, visitor.user_agent)
        user.mfa_enabled = True
        codes = await replace_recovery_codes(uow.session, user)
        uow.audit("second_factor:enroll", user.key)
        return codes, signed_in


async def _signed_in(visitor: Visitor) -> tuple[User, Session]:
    """A stolen access token must not suffice to take the account over: replacing a factor asks for a young session."""
    actor = require(visitor.actor, Action.SESSION_MANAGE)
    async with visitor.house.unit_of_work(actor) as uow:
        user = await uow.session.get(User, actor.user_key)
        session = await uow.session.get(Session, actor.session_key)
    if user is None or user.subject is None or session is None:
        raise Unauthenticated()
    age = timedelta(seconds=visitor.settings.reauthentication_seconds)
    if user.mfa_enabled and session.created_at < now() - age:
        raise NotPermitted("Sign in again first: a second factor is replaced only shortly after signing in.")
    return user, session


async def _remove(visitor: Visitor, user: User) -> None:
    """For a session that a recovery code opened, of which a directory far away knows nothing: whoever signs in next
    with the password enrols. The recovery codes stay until then."""
    assert user.subject is not None
    await visitor.house.directory.remove_totp(user.subject)
    async with visitor.recording(user) as uow:
        (await uow.session.get_one(User, user.key)).mfa_enabled = False
        uow.audit("second_factor:remove", user.key)


async def _proof(visitor: Visitor, user: User, session: Session) -> Proof:
    assert user.subject is not None
    return Proof(user.subject, user.mfa_enabled, await open_state(visitor.house, session))


async def _keep_state(visitor: Visitor, session: Session, who: Proof | Step) -> None:
    sealed = await seal_state(visitor.house, session.key, who.state)
    async with visitor.house.unit_of_work(visitor.actor) as uow:
        (await uow.session.get_one(Session, session.key)).directory_state = sealed


def _uri(secret: str, email: str) -> str:
    """As authenticators read it (the Key Uri Format that they share)."""
    parameters = {"secret": secret, "issuer": ISSUER, "algorithm": "SHA1", "digits": 6, "period": 30}
    return f"otpauth://totp/{ISSUER}:{quote(email)}?{urlencode(parameters)}"
