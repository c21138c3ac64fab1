"""Guessing is slow: passwords and codes are counted by account and by network address, and each failure costs more.

Counted by a blind value of what was typed, so that an account that does not exist is locked like one that does.
"""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, func, select
from sqlmodel import col

from api.accounts.visitor import Visitor
from api.errors import Locked, RateLimited
from api.persistence.columns import now
from api.persistence.tables import SignInFailure
from api.unit_of_work import House, UnitOfWork

GUESS_LOCK = 0x48696C75  # PostgreSQL's advisory locks are numbers; this one is ours
DOUBLINGS = 30  # beyond these every wait is the longest


class Guessed(StrEnum):
    """What is guessed, each counted for itself: a right password does not forgive wrong codes."""

    PASSWORD = "password"
    SECOND_FACTOR = "second_factor"
    MAILED_CODE = "mailed_code"
    MAIL = "mail"  # nothing is guessed, but each request sends a mail


async def count(visitor: Visitor, what: Guessed, whose: str) -> int:
    """The attempt's id. It counts as failed from the start: guesses at the same time do not slip past the limit.

    whose: e-mail address or subject. Raises: Locked, or RateLimited for what is no guess.
    """
    blind = _blind(visitor.house, what, whose)
    async with visitor.house.unit_of_work() as uow:
        await uow.session.execute(select(func.pg_advisory_xact_lock(GUESS_LOCK)))  # count and add as one
        limits = visitor.settings
        of_account = col(SignInFailure.whose_blind) == blind
        wait = await _wait(uow, of_account, limits.sign_in_attempts)
        if visitor.address is not None:
            from_there = col(SignInFailure.client_address) == visitor.address
            wait = max(wait, await _wait(uow, from_there, limits.sign_in_attempts_per_client))
        if wait <= 0:
            attempt = SignInFailure(whose_blind=blind, client_address=visitor.address)
            uow.session.add(attempt)
            await uow.session.flush()
            assert attempt.id is not None
            return attempt.id
    if what is Guessed.MAIL:
        raise RateLimited("Too many mails were asked for. Wait a little and try again.", retry_after=wait)
    raise Locked("Too many failures. Wait a little and try again.", retry_after=wait)


async def forget(house: House, attempt: int) -> None:
    """One that was none."""
    async with house.unit_of_work() as uow:
        await uow.session.execute(delete(SignInFailure).where(col(SignInFailure.id) == attempt))


async def forgive(uow: UnitOfWork, what: Guessed, whose: str) -> None:
    """The right one came: those before were typing errors."""
    blind = _blind(uow.house, what, whose)
    await uow.session.execute(delete(SignInFailure).where(col(SignInFailure.whose_blind) == blind))


def _blind(house: House, what: Guessed, whose: str) -> str:
    typed = whose.encode(errors="backslashreplace").decode()  # JSON allows lone surrogates
    return house.keyring.blind("sign_in_failures.whose", None, what.value, typed).hex()


async def _wait(uow: UnitOfWork, counted: ColumnElement[bool], most: int) -> float:
    """Seconds until the next attempt is due; 0 where it is now."""
    settings = uow.settings
    since = now() - timedelta(seconds=settings.sign_in_window_seconds)
    statement = select(func.count(), func.max(col(SignInFailure.at))).where(counted, col(SignInFailure.at) > since)
    failures, latest = (await uow.session.execute(statement)).one()
    if failures < most:
        return 0.0
    lockout = settings.lockout_seconds * 2.0 ** min(failures - most, DOUBLINGS)
    due = latest + timedelta(seconds=min(lockout, settings.lockout_longest_seconds))
    return float((due - now()).total_seconds())
