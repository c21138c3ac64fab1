"""Read streams from a cursor: first what was missed, in order and each once, then live."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import Expired, Invalid
from api.events.append import Stream
from api.events.cursor import Cursor
from api.events.hub import Hub
from api.persistence.tables import Event, EventStream

POLL_SECONDS = 5.0  # should a notification ever be lost, the row is still found


@dataclass(frozen=True, slots=True)
class ReadEvent:
    row: Event
    cursor: Cursor  # after this event


async def newest(session: AsyncSession, streams: dict[Stream, UUID]) -> Cursor:
    """The cursor after all that is committed now."""
    found = await _last_numbers(session, streams)
    return Cursor(tuple((stream, found.get(stream, 0)) for stream in streams))


async def check(session: AsyncSession, streams: dict[Stream, UUID], cursor: Cursor) -> None:
    """Raise Expired where events after `cursor` are gone already, Invalid where it lies in the future."""
    last = await _last_numbers(session, streams)
    for stream, key in streams.items():
        if cursor.at(stream) > last.get(stream, 0):
            raise Invalid("`after` lies ahead of all events. Load afresh and use its eventCursor.", ["after"])
        oldest = await session.scalar(select(func.hilum_oldest_event(stream.value, key)))
        first_kept = oldest if oldest is not None else last.get(stream, 0) + 1
        if cursor.at(stream) + 1 < first_kept:
            raise Expired(
                "The events after this cursor are no longer kept. Load afresh and use its eventCursor.", ["after"]
            )


async def read(session: AsyncSession, streams: dict[Stream, UUID], cursor: Cursor, limit: int) -> list[ReadEvent]:
    """At most `limit` events of each stream after `cursor`; each stream in its own order, the streams by time."""
    pages: list[list[Event]] = []
    for stream, key in streams.items():
        statement = select(Event).where(_of(stream, key), col(Event.number) > cursor.at(stream))
        pages.append(list((await session.execute(statement.order_by(col(Event.number)).limit(limit))).scalars()))
    events: list[ReadEvent] = []
    for row in heapq.merge(*pages, key=lambda row: row.at):
        cursor = cursor.moved(Stream(row.stream), row.number)
        events.append(ReadEvent(row, cursor))
    return events


async def follow(
    sessions: Callable[[], AsyncSession], hub: Hub, streams: dict[Stream, UUID], cursor: Cursor, limit: int
) -> AsyncIterator[list[ReadEvent]]:
    """Pages of events after `cursor`, without end. An empty page says that time has passed without news.

    sessions: of whoever follows. What they may not see is passed over, once: an organization has much that is news to
    its clinicians and not to its patients.
    """
    with hub.following(streams) as bell:
        while True:
            bell.clear()
            async with sessions() as session:
                last = await _last_numbers(session, streams)  # all up to these is committed, so seen by what follows
                page = await read(session, streams, cursor, limit)
            if page:
                cursor = page[-1].cursor
                yield page
                continue
            for stream, number in last.items():
                cursor = cursor.moved(stream, max(number, cursor.at(stream)))
            try:
                await asyncio.wait_for(bell.wait(), POLL_SECONDS)
            except TimeoutError:
                yield []


def _of(stream: Stream, key: UUID) -> ColumnElement[bool]:
    return and_(col(Event.stream) == stream.value, col(Event.stream_key) == key)


async def _last_numbers(session: AsyncSession, streams: dict[Stream, UUID]) -> dict[Stream, int]:
    wanted = [
        and_(col(EventStream.stream) == stream.value, col(EventStream.stream_key) == key)
        for stream, key in streams.items()
    ]
    rows = await session.execute(select(col(EventStream.stream), col(EventStream.last_number)).where(or_(*wanted)))
    return {Stream(stream): int(number) for stream, number in rows}
