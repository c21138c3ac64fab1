"""One actor, one transaction, and the parts of the house behind their interfaces.

Opened at the edge (a mutation, a job); commits once, on leaving. Features record what they did: events and audit
entries are written last, just before the commit, so that the counters they lock are held for moments only.
"""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import procrastinate
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlmodel import col

from api.budgets.buckets import Budgets
from api.errors import Conflict, Invalid
from api.events.append import NewEvent, append
from api.events.hub import Hub
from api.identity.directory import UserDirectory
from api.identity.tokens import AccessTokens
from api.inference.predictor import Predictor
from api.mail.mailer import Mailer
from api.permissions import Action, Actor
from api.persistence import jobs
from api.persistence.actors import seen_by
from api.persistence.audit import writing as audit_writing
from api.persistence.audit.entries import NewEntry, Outcome, Service, new_entry
from api.persistence.columns import is_storable
from api.persistence.notices import Topic
from api.persistence.sealing.keyring import Keyring
from api.persistence.tables import IdempotencyKey, Notice
from api.push.sender import PushSender
from api.settings import Settings
from api.storage.addresses import SignedAddresses
from api.storage.object_store import ObjectStore
from api.storage.sealed_texts import SealedTexts
from api.telemetry import find_trace_id

log = logging.getLogger(__name__)

IDEMPOTENCY_KEY_LENGTH = 200


@dataclass(frozen=True)
class House:
    """Everything a process is made of; `api.backends` chooses the parts.

    journal: the same connections, each statement a transaction of its own.
    service: who acts, for the audit, where nobody is signed in.
    """

    settings: Settings
    sessions: async_sessionmaker[AsyncSession]
    journal: AsyncEngine
    jobs: procrastinate.App
    hub: Hub
    store: ObjectStore
    addresses: SignedAddresses
    directory: UserDirectory
    predictor: Predictor
    tokens: AccessTokens
    budgets: Budgets
    mailer: Mailer
    seals: SealedTexts
    keyring: Keyring
    push: PushSender | None = None  # None: push is off
    service: Service = Service.ANONYMOUS

    @asynccontextmanager
    async def unit_of_work(
        self,
        actor: Actor | None = None,
        address: str | None = None,
        trace_id: str | None = None,
        *,
        as_worker: bool = False,
    ) -> AsyncIterator["UnitOfWork"]:
        """Commits on leaving, then does what was left for after it; an exception rolls everything back, jobs too.

        Row security shows what the actor may see; without one, in a worker everything and in the API no patient's row.
        trace_id: for the audit, where it is not the one of the span at hand.
        as_worker: a job on the actor's behalf that must see more than they may; nothing more where no worker runs.
        Raises KeysOutOfDate where the keys of sealed columns are out of date.
        """
        self.keyring.check()
        async with self.sessions(info=seen_by(None if as_worker else actor)) as session, session.begin():
            uow = UnitOfWork(self, session, actor, address, trace_id)
            yield uow
            await uow.write_records()
        await uow.finish()

    def sessions_of(self, actor: Actor) -> Callable[[], AsyncSession]:
        """Sessions that see what the actor may see, for reading without a unit of work."""
        return partial(self.sessions, info=seen_by(actor))

    async def record(self, entries: Sequence[NewEntry]) -> None:
        """Write down what was only read: one statement, for the way to the database and back is most of what it costs.

        It reads no patient's row, and so needs no actor.
        """
        async with self.journal.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await audit_writing.append_alone(raw, entries)


@dataclass
class UnitOfWork:
    house: House
    session: AsyncSession
    actor: Actor | None
    address: str | None = None
    trace_id: str | None = None
    _events: list[NewEvent] = field(default_factory=list)
    _audit: list[NewEntry] = field(default_factory=list)
    _afterwards: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @property
    def store(self) -> ObjectStore:
        return self.house.store

    @property
    def has_records(self) -> bool:
        """Whether there is something to write before the commit."""
        return bool(self._events or self._audit)

    def tell(self, *events: NewEvent) -> None:
        """Append events when the transaction ends, each once however often it is told."""
        self._events.extend(events)

    def audit(
        self,
        action: Action | str,
        subject_key: UUID | None,
        outcome: Outcome | str = Outcome.OK,
        *,
        kind: str | None = None,
        is_sought: bool = False,
    ) -> None:
        """Record an act when the transaction ends: in the chain of the organization whose data it concerns.

        kind: the subject's GraphQL type, where it is not what the action is named for (`case:see` is about a Case).
        is_sought: it was refused; whether it is there at all is looked up, and told apart in the audit alone.
        Raises: ValueError for an outcome that is none.
        """
        entry = new_entry(
            self.actor,
            self.house.service,
            str(action),
            subject_key,
            Outcome(outcome),
            kind=kind,
            is_sought=is_sought,
            address=self.address,
            trace_id=self.trace_id or find_trace_id(),
        )
        self._audit.append(entry)

    async def defer(self, task: str, **arguments: Any) -> None:
        """Leave a job in this transaction."""
        await jobs.defer(self.house.jobs, self.session, task, **arguments)

    async def notify(self, topic: Topic, case_key: UUID, subject_key: UUID) -> None:
        """Leave word of it in this transaction, for a job that tells whom it concerns, but never the actor."""
        who = self.actor.user_key if self.actor is not None else None
        notice = Notice(topic=topic.value, case_key=case_key, subject_key=subject_key, actor_key=who)
        self.session.add(notice)
        await self.defer(jobs.NOTIFY, notice_key=str(notice.key))

    def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Leave what cannot be rolled back, as deleting files, for after the commit.

        It may fail, or be lost with the process: a job that runs now and then must do it too.
        """
        self._afterwards.append(work)

    async def once(self, mutation: str, key: str | None, given: Any) -> "Once":
        """The answer of an earlier mutation with this key, if there was one.

        given: what the mutation was asked, JSON-like.
        Raises: Conflict where the key came with another input, Invalid where it is no key.
        The row is inserted first: of two at once the second waits for the first to commit and then finds its answer.
        """
        if key is None or self.actor is None:
            return Once(None, None)
        if not 1 <= len(key) <= IDEMPOTENCY_KEY_LENGTH or not is_storable(key):
            raise Invalid(f"An idempotency key has 1 to {IDEMPOTENCY_KEY_LENGTH} characters.", ["idempotencyKey"])
        blind, who = self.house.keyring.blind, self.actor.user_key
        digest = blind("idempotency_keys.input_digest", who, json.dumps(given, sort_keys=True, default=str)).hex()
        key = blind("idempotency_keys.idempotency_key", who, mutation, key).hex()
        fresh = IdempotencyKey(user_key=who, mutation=mutation, idempotency_key=key, input_digest=digest)
        statement = insert(IdempotencyKey).values(**fresh.model_dump()).on_conflict_do_nothing()
        if await self.session.scalar(statement.returning(col(IdempotencyKey.idempotency_key))) is not None:
            return Once(None, await self.session.get(IdempotencyKey, (who, mutation, key)))
        earlier = await self.session.get(IdempotencyKey, (who, mutation, key))
        assert earlier is not None
        if earlier.input_digest != digest:
            raise Conflict("This idempotency key was used with another input. Choose a new one.", ["idempotencyKey"])
        return Once(earlier.result, None)

    async def write_records(self) -> None:
        """Events, then the audit: the last thing before the commit, since the heads of its chains are everybody's."""
        await self.session.flush()
        if self._events:
            await append(self.session, self._events)
        if self._audit:
            await audit_writing.append(self.session, self._audit)

    async def finish(self) -> None:
        """The commit stands, whatever becomes of this."""
        for work in self._afterwards:
            try:
                await work()
            except Exception:
                log.exception("work after a commit failed; the next sweep does it")


@dataclass(frozen=True)
class Once:
    """answer: of the earlier mutation, None for a first one, which then keeps its own with `keep`."""

    answer: dict[str, Any] | None
    _row: IdempotencyKey | None

    def keep(self, **answer: Any) -> None:
        if self._row is not None:
            self._row.result = {name: str(value) for name, value in answer.items()}
