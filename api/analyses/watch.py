"""Watches over a running analysis: shows its progress to those who follow, and hears when it is called off."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from api.analyses import waiting
from api.events.append import analysis_progressed, case_changed
from api.inference.interpretation import Cancelled
from api.persistence.tables import Analysis
from api.unit_of_work import House

log = logging.getLogger(__name__)

T = TypeVar("T")

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
        self._called_off = asyncio.Event()
        self._fraction = 0.0
        self._written: tuple[str, float] = ("PREPARING", -1.0)
        self.stage = "PREPARING"
        self.is_waiting = False  # for the model's server; shown instead of the stage

    def part(self, low: float, high: float) -> Callable[[float], None]:
        def progress(fraction: float) -> None:
            if self._called_off.is_set():
                raise Cancelled
            self._fraction = max(self._fraction, low + (high - low) * min(1.0, max(0.0, fraction)))

        return progress

    async def unless_called_off(self, work: Coroutine[Any, Any, T]) -> T:
        """The work is cancelled, with whatever it asked of others, when the analysis is. Raises Cancelled then."""
        task = asyncio.create_task(work)
        bell = asyncio.create_task(self._called_off.wait())
        try:
            await asyncio.wait((task, bell), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Cancelled
            return task.result()
        finally:
            task.cancel()
            bell.cancel()
            await asyncio.gather(task, bell, return_exceptions=True)

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._tick_on(), name="analysis watch")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._called_off.set()  # threads that still compute stop at their next step
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
        stage, fraction = waiting.STAGE if self.is_waiting else self.stage, round(self._fraction, 3)
        async with self._house.unit_of_work() as uow:
            statement = select(Analysis).where(col(Analysis.key) == self._key, col(Analysis.status) == "RUNNING")
            analysis = await uow.session.scalar(statement.with_for_update())
            if analysis is None:
                self._called_off.set()
            elif (stage, fraction) != self._written:
                analysis.stage, analysis.progress = stage, fraction
                uow.tell(analysis_progressed(self._case_key, self._key))
                if waiting.STAGE in {stage, self._written[0]}:  # begins or ends to wait: the worklist says so
                    analysis.warnings = waiting.warnings(self.is_waiting)
                    uow.tell(*case_changed(self._case_key, analysis.organization_key))
                self._written = (stage, fraction)
