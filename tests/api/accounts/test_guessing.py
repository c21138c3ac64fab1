"""Guessing passwords: many at once, from one client, and what that may cost."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from api import accounts
from api.errors import Locked, Unavailable, WrongCredentials
from api.identity.passwords import Passwords
from api.persistence.tables import SignInFailure
from api.unit_of_work import House
from tests.accounts import make_account, visitor
from tests.people import SHARED, limited

pytestmark = SHARED


async def guess(house: House, email: str, client: str) -> None:
    await accounts.sign_in(visitor(house, client), email, "a wrong password")


async def test_guesses_at_the_same_time_are_all_counted(house: House) -> None:
    small, email = limited(house, sign_in_attempts=3), f"{uuid4()}@test.example"

    answers = await asyncio.gather(*(guess(small, email, "192.0.2.7") for _ in range(8)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Locked"] * 5 + ["WrongCredentials"] * 3


async def test_each_further_failure_doubles_the_wait_up_to_the_longest(house: House) -> None:
    small = limited(house, sign_in_attempts=2, lockout_seconds=10.0, lockout_longest_seconds=35.0)
    known = (await make_account(house)).email
    for email in (known, f"{uuid4()}@test.example"):  # alike, whether or not there is an account
        for _ in range(2):
            with pytest.raises(WrongCredentials):
                await guess(small, email, "192.0.2.12")
        waits = []
        for _ in range(4):
            with pytest.raises(Locked) as refused:
                await guess(small, email, "192.0.2.12")
            waits.append(refused.value.retry_after)
            await let_pass(small, 36.0)
            with pytest.raises(WrongCredentials):
                await guess(small, email, "192.0.2.12")

        assert waits == [pytest.approx(wait, abs=3) for wait in (10, 20, 35, 35)]


async def let_pass(house: House, seconds: float) -> None:
    """Every failure lies so much further back."""
    async with house.unit_of_work() as uow:
        for row in (await uow.session.execute(select(SignInFailure))).scalars():
            row.at -= timedelta(seconds=seconds)


async def test_failures_of_long_ago_are_forgiven(house: House) -> None:
    small, email = limited(house, sign_in_attempts=1, sign_in_window_seconds=60), f"{uuid4()}@test.example"
    with pytest.raises(WrongCredentials):
        await guess(small, email, "192.0.2.13")
    await let_pass(small, 61.0)

    with pytest.raises(WrongCredentials):
        await guess(small, email, "192.0.2.13")


async def test_a_client_that_tries_many_addresses_must_wait(house: House) -> None:
    small = limited(house, sign_in_attempts_per_client=2)
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            await guess(small, f"{uuid4()}@test.example", "192.0.2.8")

    with pytest.raises(Locked):
        await guess(small, f"{uuid4()}@test.example", "192.0.2.8")

    with pytest.raises(WrongCredentials):
        await guess(small, f"{uuid4()}@test.example", "192.0.2.9")


async def test_where_too_many_wait_the_next_is_sent_away_and_nothing_counted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(self: Passwords, stored: str | None, password: str) -> bool:
        raise Unavailable("Too many people sign in at this moment.", retry_after=2.0)

    monkeypatch.setattr(Passwords, "matches", busy)

    with pytest.raises(Unavailable):
        await guess(house, "nobody@test.example", "192.0.2.10")

    async with house.sessions() as session:
        counted = select(func.count()).where(col(SignInFailure.client_address) == "192.0.2.10")
        assert await session.scalar(counted) == 0


async def test_no_connection_is_held_while_passwords_are_checked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = house.sessions.kw["bind"].pool
    held: list[int] = []

    def verify(self: Passwords, stored: str, password: str) -> bool:
        held.append(pool.checkedout())
        return False

    monkeypatch.setattr(Passwords, "verify", verify)

    with pytest.raises(WrongCredentials):
        await guess(house, "nobody@test.example", "192.0.2.11")

    assert held == [0]
