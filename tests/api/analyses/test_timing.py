"""The share of a model's time that is an analysis's own, where others ask too."""

from collections.abc import Iterator
from typing import cast

import pytest

from api.analyses.timing import Stopwatch, Timing
from api.inference.predictor import Predictor, Spent


class Counts:
    """What a server says it spent, once at the beginning and once at the end."""

    def __init__(self, *told: Spent | None) -> None:
        self._told: Iterator[Spent | None] = iter(told)

    async def spent(self, name: str, version: str) -> Spent | None:
        return next(self._told)


async def timed(begin: Spent | None, end: Spent | None, own: int) -> Timing:
    stopwatch = Stopwatch(cast(Predictor, Counts(begin, end)), "lung_nodule", "1")
    await stopwatch.begin()
    stopwatch.inferences = own
    timing = Timing.of(await stopwatch.told())
    assert timing is not None
    return timing


async def test_alone_all_of_it_is_its_own() -> None:
    timing = await timed(Spent(100, 5.0, 50.0), Spent(300, 6.0, 58.0), 200)

    assert (timing.inferences, timing.queue, timing.compute) == (200, 1.0, 8.0)


async def test_beside_others_it_has_its_share_by_rows() -> None:
    timing = await timed(Spent(0, 0.0, 0.0), Spent(800, 4.0, 8.0), 200)

    assert (timing.inferences, timing.queue, timing.compute) == (200, 1.0, 2.0)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (None, Spent(300, 1.0, 1.0)),
        (Spent(100, 1.0, 1.0), None),
        (Spent(500, 9.0, 9.0), Spent(150, 1.0, 1.0)),
        (Spent(0, 0.0, 0.0), Spent(150, 1.0, 1.0)),
    ],
    ids=["away at first", "away at last", "began anew", "began anew beside others"],
)
async def test_of_a_server_that_lost_count_nothing_is_told(begin: Spent | None, end: Spent | None) -> None:
    timing = await timed(begin, end, 200)

    assert (timing.inferences, timing.queue, timing.compute) == (None, None, None)
