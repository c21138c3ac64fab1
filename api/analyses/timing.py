"""How long a run of an analysis took: its steps by our clock, and what the model's server spent on it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from api.inference.predictor import Predictor, Spent

Step = Literal["reading", "preparing", "asking", "interpreting"]
STEPS: tuple[Step, ...] = ("reading", "preparing", "asking", "interpreting")


@dataclass(frozen=True)
class Timing:
    """Seconds, as they stand in `Analysis.timing`.

    reading:      from the object store to a volume in memory
    preparing:    whether it suits, and where to look
    asking:       the model, from first question to last answer, with all waiting
    interpreting: answers to findings
    inferences:   rows that the model was asked about; None, as the two below, where its server keeps no count
    queue:        that requests waited at the model
    compute:      that it computed for them. Where others asked meanwhile, both are our share by rows
    """

    reading: float
    preparing: float
    asking: float
    interpreting: float
    inferences: int | None = None
    queue: float | None = None
    compute: float | None = None

    @classmethod
    def of(cls, told: dict[str, Any] | None) -> "Timing | None":
        return cls(**told) if told else None


class Stopwatch:
    """Of one run."""

    def __init__(self, predictor: Predictor, name: str, version: str) -> None:
        self._predictor = predictor
        self._model = name, version
        self._seconds: dict[Step, float] = dict.fromkeys(STEPS, 0.0)
        self._before: Spent | None = None
        self.inferences = 0

    async def begin(self) -> None:
        self._before = await self._predictor.spent(*self._model)

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """What is done within counts for the step, beside what counted before."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._seconds[step] += time.monotonic() - begun

    async def told(self) -> dict[str, Any]:
        """What `Timing.of` takes."""
        found: dict[str, Any] = {step: round(self._seconds[step], 3) for step in STEPS}
        after = await self._predictor.spent(*self._model)
        if self._before is None or after is None:
            return found
        inferences = after.inferences - self._before.inferences
        if inferences < max(1, self.inferences):  # the server began anew meanwhile
            return found
        share = self.inferences / inferences
        queue, compute = after.queue - self._before.queue, after.compute - self._before.compute
        return found | {
            "inferences": self.inferences,
            "queue": round(queue * share, 3),
            "compute": round(compute * share, 3),
        }
