"""One actor, one transaction, and the parts of the house behind their interfaces.

Opened at the edge (a mutation, a job); commits once, on leaving. Features record what they did: events and audit
entries are written last, just before the commit, so that the counters they lock are held for moments only.
"""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import procrastinate
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col

from api.errors import Conflict, Invalid
from api.events.append import NewEvent, append
from api.events.hub import Hub
from api.identity.directory import UserDirectory
from api.identity.tokens import AccessTokens
from api.inference.predictor import Predictor
from api.permissions import Action, Actor
from api.persistence import jobs
from api.persistence.columns import is_storable
from api.persistence.sealing.keyring import Keyring
from api.persistence.tables import AuditEntry, IdempotencyKey
from api.settings import Settings
from api.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

IDEMPOTENCY_KEY_LENGTH = 200


@dataclass(frozen=True)
class House:
    """Everything a process is made of; `api.backends` chooses the parts."""

    settings: Settings
    sessions: async_sessionmaker[AsyncSession]
    jobs: procrastinate.App
    hub: Hub
    store: ObjectStore
    directory: UserDirectory
    predictor: Predictor
    tokens: AccessTokens
    keyring: Keyring

    @asynccontextmanager
    async def unit_of_work(self, actor: Actor | None = None, address: str | None = None) -> AsyncIterator["UnitOfWork"]:
        """Commits on leaving, then does what was left for after it; an exception rolls everything back, jobs too.

        Raises KeysOutOfDate where the keys of sealed columns are out of date.
        """
        self.keyring.check()
        async with self.sessions() as session, session.begin():
            uow = UnitOfWork(self, session, actor, address)
            yield uow
            await uow.write_records()
        await uow.finish()


@dataclass
class UnitOfWork:
    house: House
    session: AsyncSession
    actor: Actor | None
    address: str | None = None
    _events: list[NewEvent] = field(default_factory=list)
    _audit: list[AuditEntry] = field(default_factory=list)
    _afterwards: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @property
    def store(self) -> ObjectStore:
        return self.house.store

    def tell(self, *events: NewEvent) -> None:
        """Append events when the transaction ends, each once however often it is told."""
        self._events.extend(events)

    def audit(self, action: Action | str, subject_key: UUID | None, outcome: str = "ok") -> None:
        actor = self.actor
        self._audit.append(
            AuditEntry(
                organization_key=actor.organization_key if actor else None,
                actor_key=actor.user_key if actor else None,
                action=str(action),
                subject_key=subject_key,
                outcome=outcome,
                address=self.address,
            )
        )

    async def defer(self, task: str, **arguments: Any) -> None:
        """Leave a job in this transaction."""
        await jobs.defer(self.house.jobs, self.session, task, **arguments)

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
        """Audit entries, then events; the last thing before the commit."""
        self.session.add_all(self._audit)
        await self.session.flush()
        if self._events:
            await append(self.session, self._events)

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
