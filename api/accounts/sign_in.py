"""Sign in: a password, then what the directory or the house still asks for, then a session."""

from api.accounts.challenges import NewChallenge, OpenChallenge, begin_challenge, end_challenge, open_challenge
from api.accounts.guesses import Guessed, count, forget, forgive
from api.accounts.recovery_codes import is_recovery_code, use_recovery_code
from api.accounts.sessions import SignedIn, open_session
from api.accounts.sign_up import confirm_address, ensure_user
from api.accounts.visitor import Visitor, folded, user_of
from api.errors import Expired, Invalid, Unavailable, WrongCode, WrongCredentials
from api.identity.directory import Proof, Step, StepKind

ANSWERED_HERE = (StepKind.TOTP, StepKind.NEW_PASSWORD, StepKind.CONFIRM_EMAIL)


async def sign_in(visitor: Visitor, email: str, password: str) -> SignedIn | NewChallenge:
    """Raises: WrongCredentials without saying which was wrong, Locked after too many failures for an address or from
    a client, Unavailable where too many sign in at once or the directory does not answer."""
    email = folded(email)
    attempt = await count(visitor, Guessed.PASSWORD, email)
    try:
        outcome = await visitor.house.directory.authenticate(email, password)
    except WrongCredentials:
        await visitor.note("session:open", await visitor.find_user(email), "refused")
        raise
    except Unavailable:  # nothing was guessed
        await forget(visitor.house, attempt)
        raise
    async with visitor.house.unit_of_work() as uow:
        await forgive(uow, Guessed.PASSWORD, email)
    return await go_on(visitor, email, password, outcome)


async def answer_challenge(
    visitor: Visitor, token: str, code: str | None = None, new_password: str | None = None
) -> SignedIn | NewChallenge:
    """Raises: Expired where the challenge has ended, Invalid where it asks for something else, WrongCode,
    WeakPassword, Locked."""
    challenge = await open_challenge(visitor, token, *ANSWERED_HERE)
    if challenge.kind is StepKind.NEW_PASSWORD:
        if new_password is None:
            raise Invalid("This challenge asks for a new password.", ["newPassword"])
        changed = await visitor.house.directory.answer_new_password(challenge.step, new_password)
        return await go_on(visitor, challenge.email, new_password, changed, challenge)
    if code is None:
        raise Invalid("This challenge asks for a code.", ["code"])
    if challenge.kind is StepKind.TOTP:
        return await _finish(visitor, await _answer_second_factor(visitor, challenge, code), challenge)
    await confirm_address(visitor, challenge.email, code)
    outcome = await visitor.house.directory.authenticate(challenge.email, challenge.password or "")
    return await go_on(visitor, challenge.email, challenge.password or "", outcome, challenge)


async def go_on(
    visitor: Visitor, email: str, password: str, outcome: Proof | Step, answered: OpenChallenge | None = None
) -> SignedIn | NewChallenge:
    """What follows from the directory's word: a session, or the next challenge in the place of the one answered."""
    user = await ensure_user(visitor, outcome.subject) if _is_confirmed(outcome) else None
    if user is None and _is_confirmed(outcome):
        await visitor.note("session:open", None, "refused")  # an account of the directory that nobody invited
        raise WrongCredentials()
    if user is not None and user.disabled:
        await visitor.note("session:open", user, "refused")
        raise WrongCredentials()
    kind = outcome.kind if isinstance(outcome, Step) else None
    if isinstance(outcome, Proof):
        assert user is not None
        if outcome.has_totp or user.mfa_exempt or not visitor.settings.second_factor_required:
            return await _finish(visitor, outcome, answered)
        kind = StepKind.ENROLL_TOTP
    assert kind is not None
    if answered is not None:
        async with visitor.house.unit_of_work() as uow:
            await end_challenge(uow.session, answered)
    kept = password if kind is StepKind.CONFIRM_EMAIL else None
    if kind is StepKind.CONFIRM_EMAIL:  # the code of the sign-up has expired by now
        await visitor.house.directory.resend_confirmation(email)
    await visitor.note("session:challenge", user, "ok")
    return await begin_challenge(visitor, kind, email, outcome, kept)


async def _answer_second_factor(visitor: Visitor, challenge: OpenChallenge, code: str) -> Proof:
    """By the authenticator's code, or by a recovery code, which the directory does not know of."""
    step = challenge.step
    attempt = await count(visitor, Guessed.SECOND_FACTOR, step.subject)
    user = await ensure_user(visitor, step.subject)
    try:
        if user is not None and is_recovery_code(code):
            async with visitor.recording(user) as uow:
                await use_recovery_code(uow, user, code)
            proof = Proof(step.subject, has_totp=True)
        else:
            proof = await visitor.house.directory.answer_totp(step, code)
    except (WrongCode, Expired) as error:
        await visitor.note("second_factor:answer", user, "refused")
        raise error
    except Unavailable:
        await forget(visitor.house, attempt)
        raise
    async with visitor.recording(user) as uow:
        await forgive(uow, Guessed.SECOND_FACTOR, step.subject)
        uow.audit("second_factor:answer", user.key if user else None)
    return proof


async def _finish(visitor: Visitor, proof: Proof, answered: OpenChallenge | None) -> SignedIn:
    async with visitor.house.unit_of_work(address=visitor.address) as uow:
        user = await user_of(uow.session, proof.subject)
        if user is None or user.disabled:
            raise WrongCredentials()
        if answered is not None:
            await end_challenge(uow.session, answered)
        user.mfa_enabled = proof.has_totp
        return await open_session(uow, user, proof, visitor.user_agent)


def _is_confirmed(outcome: Proof | Step) -> bool:
    return isinstance(outcome, Proof) or outcome.kind is not StepKind.CONFIRM_EMAIL
