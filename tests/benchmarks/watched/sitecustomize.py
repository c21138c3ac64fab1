"""Python loads this before anything else where its folder is in PYTHONPATH: it puts a clock into every event loop.

The clock wants to be called every few milliseconds; by how much it comes too late, the loop was blocked (or the
machine had no core to spare: see the clock of the idle process that `event_loops` runs beside it).
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

TICK_SECONDS = 0.002
TOLD_SECONDS = 0.01
REPORTS = os.environ.get("HILUM_BENCHMARK_CLOCKS")

Run = Callable[..., Any]


async def tick(delays: list[tuple[float, float]]) -> None:
    """delays: gets (moment, seconds too late) of those worth telling."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(TICK_SECONDS)
        late = time.monotonic() - began - TICK_SECONDS
        if late > TOLD_SECONDS:
            delays.append((began, late))


def watched(run: Run, reports: Path) -> Run:
    def run_watched(main: Coroutine[Any, Any, Any], **options: Any) -> Any:
        async def with_clock() -> Any:
            delays: list[tuple[float, float]] = []
            clock = asyncio.create_task(tick(delays))
            try:
                return await main
            finally:
                clock.cancel()
                told = json.dumps({"command": sys.argv[1:2], "delays": delays})
                (reports / f"{os.getpid()}.json").write_text(told)

        return run(with_clock(), **options)

    return run_watched


if REPORTS:
    import uvloop

    uvloop.run = watched(uvloop.run, Path(REPORTS))
