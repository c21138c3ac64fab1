"""Events: numbered without gaps in the order of commits, replayed from a cursor, followed live."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from api.backends import Backends
from api.errors import Expired, Invalid
from api.events import reading
from api.events.append import Stream, analysis_progressed, append, case_changed, upload_progressed
from api.events.cursor import Cursor, parse_cursor
from api.persistence.columns import now
from api.persistence.tables import Event
from api.unit_of_work import House

WAIT_SECONDS = 5.0
LIMIT = 100


@pytest.fixture
def house(backends: Backends) -> House:
    return backends.house


async def tell(house: House, key: UUID, times: int = 1) -> None:
    """Events of the case stream `key`, each in a transaction of its own."""
    for _ in range(times):
        async with house.unit_of_work() as uow:
            uow.tell(analysis_progressed(key, uuid4()))


async def numbers(house: House, key: UUID) -> list[int]:
    async with house.sessions() as session:
        statement = select(col(Event.number)).where(col(Event.stream_key) == key).order_by(col(Event.at))
        return list((await session.execute(statement)).scalars())


def start(*streams: Stream) -> Cursor:
    return Cursor(tuple((stream, 0) for stream in streams))


async def next_events(pages: AsyncIterator[list[reading.ReadEvent]], count: int) -> list[reading.ReadEvent]:
    found: list[reading.ReadEvent] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while len(found) < count:
            found += await anext(pages)
    return found


@asynccontextmanager
async def follow(house: House, key: UUID, cursor: Cursor) -> AsyncIterator[AsyncIterator[list[reading.ReadEvent]]]:
    pages = reading.follow(house.sessions, house.hub, {Stream.CASE: key}, cursor, LIMIT)
    assert isinstance(pages, AsyncGenerator)
    async with aclosing(pages):
        yield pages


async def test_numbers_have_no_gaps_under_concurrent_transactions(house: House) -> None:
    key = uuid4()

    await asyncio.gather(*(tell(house, key, 5) for _ in range(8)))

    assert await numbers(house, key) == list(range(1, 41))


async def test_a_transaction_rolled_back_leaves_no_gap(house: House) -> None:
    key = uuid4()
    await tell(house, key)
    async with house.sessions() as first, house.sessions() as second:
        await append(first, [analysis_progressed(key, uuid4())])
        waiting = asyncio.create_task(append(second, [analysis_progressed(key, uuid4())]))
        await asyncio.sleep(0.05)

        assert not waiting.done()
        await first.rollback()
        await waiting
        await second.commit()

    assert await numbers(house, key) == [1, 2]


async def test_numbers_follow_the_order_of_commits(house: House) -> None:
    key, early, late = uuid4(), uuid4(), uuid4()
    async with house.sessions() as first, house.sessions() as second:
        await append(first, [analysis_progressed(key, early)])
        waiting = asyncio.create_task(append(second, [analysis_progressed(key, late)]))
        await asyncio.sleep(0.05)
        await first.commit()
        await waiting
        await second.commit()

    async with house.sessions() as session:
        page = await reading.read(session, {Stream.CASE: key}, start(Stream.CASE), LIMIT)
    assert [(event.row.number, event.row.subject_key) for event in page] == [(1, early), (2, late)]


async def test_transactions_that_tell_of_the_same_streams_do_not_lock_each_other(house: House) -> None:
    cases, organization = [uuid4() for _ in range(4)], uuid4()

    async def change(order: list[UUID]) -> None:
        async with house.unit_of_work() as uow:
            for key in order:
                uow.tell(*case_changed(key, organization))

    await asyncio.gather(*(change(cases if number % 2 else cases[::-1]) for number in range(8)))

    assert await numbers(house, organization) == list(range(1, 33))


async def test_the_same_news_told_twice_in_a_transaction_is_one_event(house: House) -> None:
    case, organization = uuid4(), uuid4()

    async with house.unit_of_work() as uow:
        uow.tell(*case_changed(case, organization))
        uow.tell(*case_changed(case, organization))

    assert (await numbers(house, case), await numbers(house, organization)) == ([1], [1])


async def test_events_are_replayed_from_a_cursor_in_order_and_once(house: House) -> None:
    key = uuid4()
    await tell(house, key, 7)
    streams = {Stream.CASE: key}

    async with house.sessions() as session:
        first = await reading.read(session, streams, start(Stream.CASE), 3)
        text = str(first[-1].cursor)
        rest = await reading.read(session, streams, parse_cursor(text, (Stream.CASE,)), LIMIT)

    assert [event.row.number for event in [*first, *rest]] == [1, 2, 3, 4, 5, 6, 7]


async def test_two_streams_are_read_by_time_and_each_from_its_own_place(house: House) -> None:
    viewer, organization, case = uuid4(), uuid4(), uuid4()
    streams = {Stream.VIEWER: viewer, Stream.ORGANIZATION: organization}
    for number in range(6):
        async with house.unit_of_work() as uow:
            news = [upload_progressed(viewer, uuid4())] if number % 2 else case_changed(case, organization)
            uow.tell(*news)

    read: list[reading.ReadEvent] = []
    cursor = start(*streams)
    async with house.sessions() as session:
        while page := await reading.read(session, streams, cursor, 1):
            read += page
            cursor = page[-1].cursor
        newest = await reading.newest(session, streams)

    assert sorted((event.row.stream, event.row.number) for event in read) == [
        (stream, number) for stream in ("organization", "viewer") for number in (1, 2, 3)
    ]
    assert cursor == newest


async def test_a_cursor_older_than_what_is_kept_has_expired(house: House) -> None:
    key = uuid4()
    await tell(house, key, 5)
    streams = {Stream.CASE: key}
    async with house.sessions() as session, session.begin():
        old = now() - timedelta(days=40)
        await session.execute(update(Event).where(col(Event.number) <= 3).values(at=old))
        await session.execute(delete(Event).where(col(Event.at) <= old))

    async with house.sessions() as session:
        await reading.check(session, streams, Cursor(((Stream.CASE, 3),)))
        with pytest.raises(Expired):
            await reading.check(session, streams, Cursor(((Stream.CASE, 2),)))


async def test_when_all_events_are_gone_only_the_newest_cursor_holds(house: House) -> None:
    key = uuid4()
    await tell(house, key, 2)
    async with house.sessions() as session, session.begin():
        await session.execute(delete(Event))

    async with house.sessions() as session:
        await reading.check(session, {Stream.CASE: key}, Cursor(((Stream.CASE, 2),)))
        with pytest.raises(Expired):
            await reading.check(session, {Stream.CASE: key}, Cursor(((Stream.CASE, 1),)))


async def test_a_cursor_from_the_future_is_refused(house: House) -> None:
    key = uuid4()
    await tell(house, key)

    async with house.sessions() as session:
        await reading.check(session, {Stream.CASE: key}, Cursor(((Stream.CASE, 1),)))
        with pytest.raises(Invalid, match="ahead"):
            await reading.check(session, {Stream.CASE: key}, Cursor(((Stream.CASE, 2),)))


@pytest.mark.parametrize("text", ["", "x", "é", "bm9uc2Vuc2U9MQ", "Y2FzZT0tMQ", "dmlld2VyPTE", "Y2FzZT14"])
def test_what_is_no_cursor_of_these_streams_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_cursor(text, (Stream.CASE,))

    assert refused.value.field == ["after"]


def test_a_cursor_of_other_streams_is_refused() -> None:
    viewers = str(start(Stream.VIEWER, Stream.ORGANIZATION))

    assert parse_cursor(viewers, (Stream.VIEWER, Stream.ORGANIZATION)) == start(Stream.VIEWER, Stream.ORGANIZATION)
    with pytest.raises(Invalid):
        parse_cursor(viewers, (Stream.CASE,))


async def test_followers_are_woken_at_once(house: House) -> None:
    key = uuid4()
    async with follow(house, key, start(Stream.CASE)) as pages:
        waiting = asyncio.create_task(next_events(pages, 1))
        await asyncio.sleep(0.05)
        begun = asyncio.get_running_loop().time()

        await tell(house, key)
        (event,) = await waiting

    assert event.row.number == 1
    assert asyncio.get_running_loop().time() - begun < 1.0


async def test_a_follower_hears_only_its_own_streams(house: House) -> None:
    key, other = uuid4(), uuid4()
    async with follow(house, key, start(Stream.CASE)) as pages:
        waiting = asyncio.create_task(next_events(pages, 2))
        await tell(house, other, 3)
        await tell(house, key, 2)

        assert {event.row.stream_key for event in await waiting} == {key}
    assert house.hub.followers == 0


async def test_an_idle_follower_is_told_that_time_has_passed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "POLL_SECONDS", 0.05)

    async with follow(house, uuid4(), start(Stream.CASE)) as pages:
        assert await anext(pages) == []
        assert await anext(pages) == []


async def test_nothing_is_missed_when_the_listening_connection_is_lost(
    house: House, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.events.hub.RECONNECT_SECONDS", 0.1)
    key = uuid4()
    async with follow(house, key, start(Stream.CASE)) as pages:
        waiting = asyncio.create_task(next_events(pages, 3))
        await tell(house, key)
        await asyncio.sleep(0.05)

        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            cut = await connection.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                "where datname = current_database() and lower(query) = 'listen hilum_events'"
            )
            ended = await cut.fetchone()
        await tell(house, key)
        await asyncio.sleep(0.2)
        await tell(house, key)
        begun = asyncio.get_running_loop().time()
        events = await waiting

    assert ended == (1,)
    assert [event.row.number for event in events] == [1, 2, 3]
    assert asyncio.get_running_loop().time() - begun < 2.0
