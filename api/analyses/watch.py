"""Watches over a running analysis: shows its progress to those who follow, and hears when it is called off."""

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from api.events.append import analysis_progressed
from api.inference.interpretation import Cancelled
from api.persistence.tables import Analysis
from api.unit_of_work import House

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2  # progress is due every 500 ms, and a cancelled analysis lets go within a second


class Watch:
    """While it is open, a task writes progress down and reads whether the analysis still runs.

    Numbers are handed over from threads: `part` gives a callable that takes 0 to 1 of one step and raises Cancelled
    once the analysis was called off.
    """

    def __init__(self, house: House, analysis: Analysis) -> None:
        self._house = house
        self._key = analysis.key
        self._case_key = analysis.case_key
        self._is_cancelled = False
        self._fraction = 0.0
        self._written: tuple[str, float] = ("", -1.0)
        self.stage = "PREPARING"

    def part(self, low: float, high: float) -> Callable[[float], None]:
        def progress(fraction: float) -> None:
            if self._is_cancelled:
                raise Cancelled
            self._fraction = max(self._fraction, low + (high - low) * min(1.0, max(0.0, fraction)))

        return progress

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._tick_on(), name="analysis watch")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_cancelled = True  # threads that still compute stop at their next step
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                await self._tick()
            except SQLAlchemyError as error:  # the database is away for a moment: the next tick asks again
                log.warning("progress was not written: %s", type(error).__name__)

    async def _tick(self) -> None:
        stage, fraction = self.stage, round(self._fraction, 3)
        async with self._house.unit_of_work() as uow:
            statement = select(Analysis).where(col(Analysis.key) == self._key, col(Analysis.status) == "RUNNING")
            analysis = await uow.session.scalar(statement.with_for_update())
            if analysis is None:
                self._is_cancelled = True
            elif (stage, fraction) != self._written:
                analysis.stage, analysis.progress = stage, fraction
                uow.tell(analysis_progressed(self._case_key, self._key))
                self._written = (stage, fraction)
