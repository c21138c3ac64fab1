"""Backpressure: so many calls at once, so many that wait for their turn, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.errors import PredictorAway

PAUSE_SECONDS = 1.0


class CallQueue:
    """Of one event loop; first come, first served."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most_waiting = waiting
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises PredictorAway at once where too many wait already."""
        if self._places.locked() and self._waiting >= self._most_waiting:
            message = "Too many requests wait for the model server already."
            raise PredictorAway(message, retry_after=PAUSE_SECONDS)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()
