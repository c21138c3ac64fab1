"""Leaky buckets: filled, full, leaking, and shared by processes."""

import asyncio
import secrets

import pytest
from sqlalchemy import text

from api.budgets.allowances import Allowance, Bucket
from api.budgets.buckets import Budgets
from api.unit_of_work import House
from tests.people import SHARED

pytestmark = SHARED
POINTS = Allowance(Bucket.PERSON_COST, size=2000, restore=10)
TIMES = Allowance(Bucket.UPLOADS, size=3, restore=0.05)


class Clock:
    """Of one process; the database has its own."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def subject() -> str:
    """Somebody new for every test."""
    return secrets.token_hex(8)


async def pass_time(house: House, seconds: float, *clocks: Clock) -> None:
    """For the database too: its rows become older."""
    for clock in clocks:
        clock.now += seconds
    async with house.sessions() as session, session.begin():
        await session.execute(text("update rate_budgets set at = at - make_interval(secs => :s)"), {"s": seconds})


async def test_a_bucket_gives_its_size_and_then_says_when_to_come_back(house: House, subject: str) -> None:
    budgets = Budgets(house.sessions, Clock())

    taken = [await budgets.take(TIMES, subject) for _ in range(3)]
    refused = await budgets.take(TIMES, subject)

    assert [balance.retry_after for balance in taken] == [None] * 3
    assert [round(balance.available) for balance in taken] == [2, 1, 0]
    assert refused.retry_after == pytest.approx(20, abs=1)


async def test_what_was_taken_comes_back_with_time(house: House, subject: str) -> None:
    clock = Clock()
    budgets = Budgets(house.sessions, clock)
    for _ in range(4):
        await budgets.take(TIMES, subject)

    await pass_time(house, 21, clock)
    later = await budgets.take(TIMES, subject)
    again = await budgets.take(TIMES, subject)

    assert later.retry_after is None
    assert again.retry_after is not None


async def test_one_subject_and_one_bucket_do_not_pay_for_another(house: House, subject: str) -> None:
    budgets = Budgets(house.sessions, Clock())
    for _ in range(4):
        await budgets.take(TIMES, subject)

    neighbour = await budgets.take(TIMES, subject[::-1])
    elsewhere = await budgets.take(Allowance(Bucket.EXPORTS, 3, 0.05), subject)

    assert neighbour.retry_after is None
    assert elsewhere.retry_after is None


async def test_two_processes_give_no_more_than_one(house: House, subject: str) -> None:
    clocks = Clock(), Clock()
    processes = [Budgets(house.sessions, clock) for clock in clocks]
    frozen = Allowance(Bucket.PERSON_COST, size=2000, restore=1e-6)

    spent = 0
    for number in range(400):
        balance = await processes[number % 2].take(frozen, subject, 9)
        spent += 9 if balance.retry_after is None else 0

    assert 1800 <= spent <= 2000


async def test_many_at_once_are_given_no_more_than_there_is(house: House, subject: str) -> None:
    processes = [Budgets(house.sessions, Clock()) for _ in range(3)]
    frozen = Allowance(Bucket.UPLOADS, size=20, restore=1e-6)

    balances = await asyncio.gather(*(processes[n % 3].take(frozen, subject) for n in range(60)))

    assert sum(balance.retry_after is None for balance in balances) == 20


async def test_most_operations_ask_no_database(house: House, subject: str, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = Budgets(house.sessions, Clock())
    asked = 0
    run = Budgets._run

    async def count(*arguments: object) -> object:
        nonlocal asked
        asked += 1
        return await run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Budgets, "_run", count)
    for _ in range(100):
        await budgets.take(POINTS, subject, 5)
    for _ in range(100):
        await budgets.take(TIMES, subject)

    assert asked <= 5 + 4


async def test_many_at_once_do_not_take_ahead_for_each_other(house: House, subject: str) -> None:
    budgets = Budgets(house.sessions, Clock())

    balances = await asyncio.gather(*(budgets.take(POINTS, subject, 1) for _ in range(60)))

    assert [balance.retry_after for balance in balances] == [None] * 60
    assert budgets.look(POINTS, subject).available == 1940


async def test_more_than_a_bucket_holds_is_never_there(house: House, subject: str) -> None:
    budgets = Budgets(house.sessions, Clock())

    refused = await budgets.take(POINTS, subject, 2001)

    assert refused.retry_after == 200
    assert refused.available == 2000
