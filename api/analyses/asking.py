"""Asks the model of a running analysis, and waits with what is done so far while its server is away."""

import asyncio
import logging
from typing import Any

from numpy.typing import NDArray

from api.analyses.timing import Stopwatch
from api.analyses.watch import Watch
from api.errors import PredictorAway
from api.inference.predictor import Tensors
from api.persistence.tables import Analysis
from api.unit_of_work import House

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5


class Asking:
    """Called with one batch after the other. `clock` ends the analysis, and stands still while it waits."""

    def __init__(
        self, house: House, analysis: Analysis, watch: Watch, clock: asyncio.Timeout, stopwatch: Stopwatch
    ) -> None:
        self._house = house
        self._stopwatch = stopwatch
        self._model = analysis.model_name, analysis.model_version
        self._watch = watch
        self._clock = clock

    async def __call__(self, batch: Tensors) -> dict[str, NDArray[Any]]:
        """Raises Cancelled once it is called off, PredictorAway where the server is away longer than is held out."""
        try:
            return await self._ask(batch)
        except PredictorAway:
            return await self._ask_until_back(batch)

    async def _ask(self, batch: Tensors) -> dict[str, NDArray[Any]]:
        answer = await self._watch.unless_called_off(self._house.predictor.predict(*self._model, batch))
        self._stopwatch.inferences += len(next(iter(batch.values())))
        return answer

    async def _ask_until_back(self, batch: Tensors) -> dict[str, NDArray[Any]]:
        loop = asyncio.get_running_loop()
        ends = self._clock.when()
        begun = loop.time()
        self._clock.reschedule(None)
        self._watch.is_waiting = True
        log.info("an analysis waits for the model server")
        try:
            while True:
                if loop.time() - begun >= self._house.settings.predictor_hold_seconds:
                    raise PredictorAway("The model server has been away for longer than an analysis holds its place.")
                await self._watch.unless_called_off(asyncio.sleep(PAUSE_SECONDS))
                if await self._house.predictor.is_away():
                    continue
                try:
                    answer = await self._ask(batch)
                except PredictorAway:
                    log.info("the model server was back and is away again")
                    continue
                self._watch.is_waiting = False
                return answer
        finally:
            if ends is not None:
                self._clock.reschedule(ends + loop.time() - begun)
