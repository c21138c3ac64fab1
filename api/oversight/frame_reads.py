"""Who fetched frames of which series: a burst of requests is one entry a series and viewer a minute.

The minute is the clock's. What this process recorded it remembers; between processes one row a minute decides.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.errors import NotFound
from api.permissions import Actor
from api.persistence.audit.writing import is_first_of_burst
from api.persistence.columns import now
from api.persistence.tables import Stack
from api.unit_of_work import House

ACTION = "series:see_frames"


class FrameReads:
    """most: series and viewers that are remembered of one minute; beyond, the row alone decides."""

    def __init__(self, house: House, most: int = 10_000) -> None:
        self._house = house
        self._most = most
        self._minute = datetime.min
        self._recorded: set[tuple[UUID, UUID | None, UUID]] = set()
        self._series: dict[UUID, UUID] = {}

    async def record_stack(self, actor: Actor, stack_key: UUID, address: str | None = None) -> None:
        """Before a frame of the stack is given out: see `record_series`. Raises: NotFound where there is no stack."""
        series_key = self._series.get(stack_key)
        if series_key is None:
            async with self._house.unit_of_work(actor) as uow:
                series_key = await uow.session.scalar(select(col(Stack.series_key)).where(col(Stack.key) == stack_key))
            if series_key is None:
                raise NotFound("This stack has no such frame.")
            while len(self._series) >= self._most:
                self._series.pop(next(iter(self._series)))
            self._series[stack_key] = series_key
        await self.record_series(actor, series_key, address)

    async def record_series(self, actor: Actor, series_key: UUID, address: str | None = None) -> None:
        """Before a frame of the series is given out; when this raises, none may be."""
        minute = now().replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._recorded.clear()
        known = (actor.user_key, actor.api_key_key, series_key)
        if known in self._recorded:
            return
        async with self._house.unit_of_work(actor, address) as uow:
            # An application reads by its key, and two keys of one application are two viewers.
            viewer = actor.api_key_key or actor.user_key
            if await is_first_of_burst(uow.session, viewer, ACTION, str(series_key), minute):
                uow.audit(ACTION, series_key)
        if len(self._recorded) < self._most:  # not before the commit
            self._recorded.add(known)
