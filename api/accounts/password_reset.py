"""A forgotten password: a code by mail sets a new one and ends every session."""

from sqlalchemy import delete
from sqlmodel import col

from api.accounts.guesses import Guessed, count, forget, forgive
from api.accounts.letters import password_changed_letter
from api.accounts.sessions import end_sessions
from api.accounts.visitor import Visitor, folded, user_of
from api.errors import Expired, Unavailable, WeakPassword, WrongCode
from api.persistence.tables import Challenge, Session

WRONG = "This code is not right, or no longer good. Ask for a new one if it does not help to type it again."


async def request_password_reset(visitor: Visitor, email: str) -> None:
    """Answers the same, and as soon, whether or not there is such an account. Raises: RateLimited, Unavailable."""
    email = folded(email)
    await count(visitor, Guessed.MAIL, email)
    await visitor.house.directory.request_reset(email)
    await visitor.note("password:request_reset", await visitor.find_user(email), "ok")


async def reset_password(visitor: Visitor, email: str, code: str, new_password: str) -> None:
    """Raises: WrongCode, in the same words for an address without account; WeakPassword, Locked. A code that came with
    a weak password stays good."""
    email = folded(email)
    attempt = await count(visitor, Guessed.MAILED_CODE, email)
    try:
        subject = await visitor.house.directory.reset(email, code, new_password)
    except (WrongCode, Expired):
        await visitor.note("password:reset", await visitor.find_user(email), "refused")
        raise WrongCode(WRONG, ["code"]) from None
    except (WeakPassword, Unavailable):  # nothing was guessed
        await forget(visitor.house, attempt)
        raise
    async with visitor.house.unit_of_work() as uow:
        user = await user_of(uow.session, subject)
    async with visitor.recording(user) as uow:
        await forgive(uow, Guessed.MAILED_CODE, email)
        await forgive(uow, Guessed.PASSWORD, email)
        await uow.session.execute(delete(Challenge).where(col(Challenge.subject) == subject))
        if user is not None:
            await end_sessions(uow, "session:close_all", col(Session.user_key) == user.key)
        uow.audit("password:reset", user.key if user else None)
        directory, mail = visitor.house.directory, password_changed_letter(email, visitor.settings.url)
        uow.after_commit(lambda: directory.sign_out_everywhere(subject))
        uow.after_commit(lambda: visitor.house.mailer.send(mail))
