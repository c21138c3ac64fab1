"""Keyset paging: complete and without doubles, forward and backward, while rows come in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import Invalid
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.tables import Organization
from api.unit_of_work import House
from tests.people import SHARED

pytestmark = SHARED

# A small table with a text, an instant and a unique key: organizations.
ORDER = [
    SortKey(col(Organization.name), str),
    SortKey(col(Organization.created_at), datetime, descending=True),
    SortKey(col(Organization.key), UUID),
]
START = datetime(2026, 1, 1, tzinfo=UTC)
entries = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=12)


@pytest_asyncio.fixture(loop_scope="module")
async def session(house: House) -> AsyncIterator[AsyncSession]:
    async with house.sessions() as opened:
        yield opened


def make(name: str, second: int) -> Organization:
    return Organization(key=uuid4(), name=name, created_at=START + timedelta(seconds=second))


def rank(row: Organization) -> tuple[str, float, str]:
    return row.name, -row.created_at.timestamp(), str(row.key)


async def page(session: AsyncSession, **asked: Any) -> Page[Organization]:
    return await list_page(session, select(Organization), ORDER, PageRequest(**asked))


async def walk(session: AsyncSession, size: int, late: list[Organization], *, backward: bool) -> list[Organization]:
    """Every page, one of `late` coming in before each."""
    found: list[Organization] = []
    cursor: str | None = None
    while True:
        if late:
            session.add(late.pop())
            await session.flush()
        place = {"before": cursor} if backward else {"after": cursor}
        part = await page(session, size=size, backward=backward, **place)
        found = [*part.rows, *found] if backward else [*found, *part.rows]
        if not (part.has_previous if backward else part.has_next):
            return found
        cursor = part.cursors[0] if backward else part.cursors[-1]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=entries, late=entries, size=st.integers(1, 4), backward=st.booleans())
async def test_paging_shows_every_row_once_and_in_order_while_rows_come_in(
    session: AsyncSession,
    first: list[tuple[str, int]],
    late: list[tuple[str, int]],
    size: int,
    backward: bool,
) -> None:
    await session.execute(delete(Organization))
    rows = [make(*values) for values in first]
    session.add_all(rows)
    await session.flush()

    found = await walk(session, size, [make(*values) for values in late], backward=backward)

    assert found == sorted(found, key=rank)
    keys = [row.key for row in found]
    assert len(keys) == len(set(keys))
    assert {row.key for row in rows} <= set(keys)
    await session.rollback()


async def test_both_directions_and_the_total_tell_the_same(session: AsyncSession) -> None:
    await session.execute(delete(Organization))
    rows = sorted((make("abc"[number % 3], number % 2) for number in range(7)), key=rank)
    session.add_all(rows)
    await session.flush()

    forward = await page(session, size=3)
    following = await page(session, size=3, after=forward.cursors[-1])
    back = await page(session, size=3, before=following.cursors[0], backward=True)
    last = await page(session, size=2, backward=True)

    assert [list(part.rows) for part in (forward, following, back, last)] == [
        rows[:3],
        rows[3:6],
        rows[:3],
        rows[5:],
    ]
    assert (forward.has_previous, forward.has_next) == (False, True)
    assert (following.has_previous, following.has_next) == (True, True)
    assert (back.has_previous, back.has_next) == (False, True)
    assert (last.has_previous, last.has_next) == (True, False)
    assert await forward.total() == 7


async def test_between_two_cursors_lies_what_lies_between(session: AsyncSession) -> None:
    await session.execute(delete(Organization))
    rows = sorted((make("a", number) for number in range(6)), key=rank)
    session.add_all(rows)
    await session.flush()
    whole = await page(session, size=10)

    between = await page(session, size=10, after=whole.cursors[0], before=whole.cursors[4])

    assert list(between.rows) == rows[1:4]


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "!!!", "W10", "WyJhIl0", "WzEsMiwzXQ", "WyJhIiwibm93Iiwia2V5Il0", "e30", "bnVsbA"]
)
async def test_what_is_no_cursor_is_refused(session: AsyncSession, cursor: str) -> None:
    for place in ("after", "before"):
        with pytest.raises(Invalid) as refused:
            await page(session, size=3, **{place: cursor})
        assert refused.value.field == [place]


async def test_keys_of_one_direction_page_like_any_others(session: AsyncSession) -> None:
    await session.execute(delete(Organization))
    rows = [make("abc"[number % 3], number % 2) for number in range(9)]
    session.add_all(rows)
    await session.flush()
    descending = [SortKey(key.expression, key.kind, descending=True) for key in ORDER]
    expected = sorted(rows, key=lambda row: (row.name, row.created_at, str(row.key)), reverse=True)

    first = await list_page(session, select(Organization), descending, PageRequest(size=4))
    second = await list_page(session, select(Organization), descending, PageRequest(size=4, after=first.cursors[-1]))
    back = await list_page(
        session, select(Organization), descending, PageRequest(size=4, before=second.cursors[0], backward=True)
    )

    assert [*first.rows, *second.rows] == expected[:8]
    assert list(back.rows) == expected[:4]
