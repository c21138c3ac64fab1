"""Who asks, and what one operation may use: short readings, one writing, loaders.

`Caller` lives as long as its request or its WebSocket; `Context` as long as one operation.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import select
from sqlmodel import col
from starlette.responses import Response

from api import accounts, cases
from api.errors import Unauthenticated
from api.events import reading
from api.events.append import Stream
from api.events.cursor import Cursor
from api.permissions import Action, Actor
from api.persistence import tables
from api.persistence.audit.entries import new_entry
from api.persistence.audit.writing import is_first_of_burst
from api.persistence.columns import now
from api.telemetry import find_trace_id
from api.unit_of_work import House, UnitOfWork
from schema.credentials import Credential
from schema.loaders import Loaders
from schema.node_ids import find_key
from schema.reads import CASE_LIST, Read, Reads
from schema.shared_reading import SharedReading

GRAPHQL_PATH = "/graphql"
REFRESH_COOKIE = "__Host-hilum_refresh"  # browsers take it from this host alone, over TLS or from their own machine
COOKIE_PATH = "/"  # as its prefix demands (RFC 6265bis §4.1.3.2)


@dataclass
class Caller:
    """The other end, as its request or WebSocket introduces it. Who that is, is asked afresh for each operation."""

    house: House
    access_token: str | None = None
    address: str | None = None
    user_agent: str | None = None
    refresh_token: str | None = None
    response: Response | None = None  # where cookies go; none over a WebSocket
    connection_params: dict[str, Any] | None = None
    credential: Credential | None = None  # of a WebSocket that was opened with a token

    def keep_refresh_token(self, token: str) -> None:
        if self.response is not None:
            self.response.set_cookie(
                REFRESH_COOKIE,
                token,
                max_age=self.house.settings.session_absolute_seconds,
                path=COOKIE_PATH,
                secure=True,
                httponly=True,
                samesite="strict",
            )

    def forget_refresh_token(self) -> None:
        if self.response is not None:
            self.response.delete_cookie(REFRESH_COOKIE, path=COOKIE_PATH, secure=True, httponly=True, samesite="strict")


@dataclass
class Context:
    """wants_cursors: the document asks for `eventCursor`. Then a cursor is always read before what it comes with, so
    that nothing falls between the answer and a subscription from it."""

    caller: Caller
    actor: Actor | None = None
    access_ends_at: datetime | None = None
    wants_cursors: bool = False
    cursors: dict[UUID, Cursor] = field(default_factory=dict)
    viewer_cursor: Cursor | None = None
    reads: Reads = field(default_factory=Reads)
    trace_id: str = field(default_factory=lambda: find_trace_id() or secrets.token_hex(16))
    loaders: Loaders = field(init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _shared: SharedReading | None = None

    def __post_init__(self) -> None:
        self.renew()

    @property
    def house(self) -> House:
        return self.caller.house

    def sign_in(self, actor: Actor | None, access_ends_at: datetime | None) -> None:
        """From here on in this operation."""
        self.actor, self.access_ends_at = actor, access_ends_at

    def get_actor(self) -> Actor:
        if self.actor is None:
            raise Unauthenticated()
        return self.actor

    @property
    def visitor(self) -> accounts.Visitor:
        """For what opens transactions of its own, because it is not known yet who asks."""
        return accounts.Visitor(self.house, self.caller.address, self.caller.user_agent, self.actor)

    def renew(self) -> None:
        """Forget what was read: after a write, and before each event."""
        self.loaders = Loaders(self.reading, self._fetch_cases, self.reads)
        self.cursors.clear()
        self.viewer_cursor = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """A short transaction, or in a query the one it shares; one reader at a time, and one connection."""
        async with self._lock, self._shared.use() if self._shared else self._unit_of_work() as uow:
            yield uow

    @asynccontextmanager
    async def in_one_transaction(self) -> AsyncIterator[None]:
        """Of a query, which writes nothing: whatever is read within, until it is recorded."""
        self._shared = shared = SharedReading(self._unit_of_work)
        try:
            yield
        finally:
            shared.leave()
            if not self._lock.locked():  # else a loader that outlived its query is reading, and ends it
                await shared.commit()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """The transaction of a mutation; what its payload shows is read afresh after the commit."""
        async with self._lock, self._unit_of_work() as uow:
            yield uow
        self.renew()

    async def record(self) -> None:
        """Write down what was shown and refused; where this fails the answer must not go."""
        if self._shared is not None:  # first: while waiting for another connection none is held
            async with self._lock:
                await self._shared.commit()
        reads = self.reads.take()
        if not reads:
            return
        if self.actor is None:
            await self._record_anonymous(reads)
            return
        entries = [
            new_entry(
                *(self.actor, self.house.service, read.action, read.key, read.outcome),
                kind=read.kind,
                is_sought=read.is_sought,
                address=self.caller.address,
                trace_id=self.trace_id,
            )
            for read in reads
        ]
        async with self._lock:
            await self.house.record(entries)

    async def _record_anonymous(self, reads: Sequence[Read]) -> None:
        """Whoever is not signed in could fill the audit: one entry an address and action a minute."""
        async with self._lock, self._unit_of_work() as uow:
            for read in reads:
                if await self._is_first(uow, read.action):
                    uow.audit(read.action, read.key, read.outcome, kind=read.kind, is_sought=read.is_sought)

    async def begin(self, variables: Mapping[str, Any] | None) -> None:
        """Read the cursors that an answer will carry, as far as they are known, before anything else is read."""
        if not self.wants_cursors or self.actor is None:
            return
        named = [find_key(value, "Case") for value in (variables or {}).values() if isinstance(value, str)]
        async with self.reading() as uow:
            self.viewer_cursor = await reading.newest(uow.session, viewer_streams(self.actor))
            await self._note_cursors(uow, [key for key in named if key is not None])

    async def get_viewer_cursor(self) -> Cursor:
        if self.viewer_cursor is None:
            actor = self.get_actor()
            async with self.reading() as uow:
                self.viewer_cursor = await reading.newest(uow.session, viewer_streams(actor))
        return self.viewer_cursor

    async def get_case_cursor(self, case_key: UUID) -> Cursor:
        if case_key not in self.cursors:
            async with self.reading() as uow:
                await self._note_cursors(uow, [case_key])
        return self.cursors[case_key]

    async def refreshed(self, rows: Sequence[tables.Case]) -> Sequence[tables.Case]:
        """The rows of a page, read again after their cursors where the answer carries those."""
        self.reads.see(CASE_LIST, "Case", (row.key for row in rows))
        if not self.wants_cursors:
            for row in rows:
                self.loaders.cases.prime(row.key, row)
            return rows
        again = await self.loaders.cases.load_many([row.key for row in rows])
        return [fresh or row for fresh, row in zip(again, rows, strict=True)]

    async def _fetch_cases(self, uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, tables.Case]:
        if self.wants_cursors:
            await self._note_cursors(uow, keys)
        found = await cases.find_with_subjects(uow, keys)
        self.reads.see(Action.CASE_SEE, "Case", found)
        for key, (_, subject) in found.items():
            self.loaders.subjects.prime(key, subject)
        return {key: row for key, (row, _) in found.items()}

    def _unit_of_work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self.house.unit_of_work(self.actor, self.caller.address, self.trace_id)

    async def _is_first(self, uow: UnitOfWork, action: str) -> bool:
        minute = now().replace(second=0, microsecond=0)
        address = self.caller.address or ""
        return await is_first_of_burst(uow.session, self.house.service.key, action, address, minute)

    async def _note_cursors(self, uow: UnitOfWork, keys: Sequence[UUID]) -> None:
        missing = [key for key in keys if key not in self.cursors]
        if not missing:
            return
        statement = select(tables.EventStream).where(
            col(tables.EventStream.stream) == Stream.CASE.value, col(tables.EventStream.stream_key).in_(missing)
        )
        numbers = {row.stream_key: row.last_number for row in (await uow.session.execute(statement)).scalars()}
        for key in missing:
            self.cursors[key] = Cursor(((Stream.CASE, numbers.get(key, 0)),))


async def open_context(caller: Caller, wants_cursors: bool) -> Context:
    """A token that is not ours, altered or ended makes a caller who is signed out; an API key has no access token."""
    token = caller.access_token
    claims = caller.house.tokens.verify(token) if token else None
    actor = await accounts.find_actor(caller.house, token) if token else None
    return Context(caller, actor, claims.expires_at if claims and actor else None, wants_cursors)


def viewer_streams(actor: Actor) -> dict[Stream, UUID]:
    return {Stream.VIEWER: actor.user_key, Stream.ORGANIZATION: actor.organization_key}


Info = strawberry.Info[Context, None]
