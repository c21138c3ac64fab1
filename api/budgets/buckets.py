"""Leaky buckets in PostgreSQL, so that two processes do not give everybody twice as much.

A process takes a little more than it needs and spends the rest itself: most operations then ask no database. What is
taken counts as spent, so that no more than the allowance is ever spent in all.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.budgets.allowances import Allowance

AHEAD: Final = 0.05  # of the size, taken beyond what is needed
SMALLEST_SHARED: Final = 1000.0  # smaller buckets are counted one by one
KEPT_SECONDS: Final = 10.0  # what is left of it afterwards is forgotten
MOST_KEPT: Final = 10_000  # subjects that a process remembers

LEVEL: Final = "greatest(0, b.level - extract(epoch from clock_timestamp() - b.at) * cast(:restore as float))"
TAKE: Final = text(
    f"""insert into rate_budgets as b (bucket, subject, level, granted, at)
    values (:bucket, :subject, cast(:wanted as float), cast(:wanted as float), clock_timestamp())
    on conflict (bucket, subject) do update set
      level = {LEVEL} + least(:wanted, :size - {LEVEL}), granted = least(:wanted, :size - {LEVEL}),
      at = clock_timestamp()
    where {LEVEL} + :needed <= :size
    returning b.level, b.granted"""
)
LOOK: Final = text(f"select {LEVEL} from rate_budgets b where bucket = :bucket and subject = :subject")

Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Balance:
    """available: points left. retry_after: None where the points were taken, else seconds until they are there."""

    available: float
    retry_after: float | None = None


@dataclass
class _Held:
    """What this process knows of one bucket. own: points taken and not yet spent. level: of the shared bucket."""

    own: float
    level: float
    at: float


class Budgets:
    """clock: seconds, monotonic."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self._held: dict[Key, _Held] = {}
        self._asking: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def take(self, allowance: Allowance, subject: str, points: float = 1.0) -> Balance:
        """Take points all or none. More than the bucket's size are never there."""
        if points > allowance.size:
            return Balance(self.look(allowance, subject).available, allowance.size / allowance.restore)
        known = self._take_own(allowance, subject, points)
        if known is not None:
            return known
        # One question at a time about a bucket: each of many at once would take ahead for all of them.
        async with self._asking.setdefault((allowance.bucket.value, subject), asyncio.Lock()):
            return self._take_own(allowance, subject, points) or await self._take_shared(allowance, subject, points)

    def _take_own(self, allowance: Allowance, subject: str, points: float) -> Balance | None:
        """From what is held here; None where the database must be asked."""
        held = self._recall(allowance, subject)
        if held is None:
            return None
        if held.own >= points:
            held.own -= points
            return self.look(allowance, subject)
        if self._left(allowance, held) < points:  # others can only have left less
            return self._refusal(allowance, held, points)
        return None

    async def _take_shared(self, allowance: Allowance, subject: str, points: float) -> Balance:
        held = self._recall(allowance, subject)
        own = held.own if held is not None else 0.0
        needed = points - own
        ahead = allowance.size * AHEAD if allowance.size >= SMALLEST_SHARED else 0.0
        asked = {"bucket": allowance.bucket.value, "subject": subject, "size": allowance.size}
        asked |= {"restore": allowance.restore, "needed": needed, "wanted": min(needed + ahead, allowance.size)}
        taken = await self._run(TAKE, asked)
        if taken is not None:
            level, granted = taken
            self._keep(allowance, subject, _Held(granted - needed, level, self._clock()))
            return self.look(allowance, subject)
        looked = await self._run(LOOK, asked)
        fresh = _Held(own, looked[0] if looked else 0.0, self._clock())
        self._keep(allowance, subject, fresh)
        return self._refusal(allowance, fresh, points)

    def look(self, allowance: Allowance, subject: str) -> Balance:
        """What is left as far as this process knows, without asking; everything where it knows nothing."""
        held = self._recall(allowance, subject)
        return Balance(allowance.size if held is None else self._left(allowance, held))

    def _recall(self, allowance: Allowance, subject: str) -> _Held | None:
        held = self._held.get((allowance.bucket, subject))
        return held if held is not None and self._clock() - held.at < KEPT_SECONDS else None

    def _left(self, allowance: Allowance, held: _Held) -> float:
        leaked = (self._clock() - held.at) * allowance.restore
        return min(allowance.size, held.own + allowance.size - max(0.0, held.level - leaked))

    def _refusal(self, allowance: Allowance, held: _Held, points: float) -> Balance:
        left = self._left(allowance, held)
        return Balance(left, (points - left) / allowance.restore)

    def _keep(self, allowance: Allowance, subject: str, held: _Held) -> None:
        key = (allowance.bucket.value, subject)
        self._held.pop(key, None)
        while len(self._held) >= MOST_KEPT:
            self._held.pop(next(iter(self._held)))  # the one that was asked for longest ago
        self._held[key] = held

    async def _run(self, statement: TextClause, asked: Mapping[str, object]) -> tuple[float, ...] | None:
        async with self._sessions() as session, session.begin():
            row = (await session.execute(statement, asked)).first()
            return tuple(map(float, row)) if row is not None else None
