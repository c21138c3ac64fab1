"""Wait for what no event tells of: another process's files, rows and descriptors."""

import asyncio
import os
from collections.abc import Callable

LOOK_SECONDS = 0.02


async def until(is_so: Callable[[], bool], seconds: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(LOOK_SECONDS)


def busyness() -> float:
    """How much longer things may take now than on a machine of our own: processes that want a core, for each core."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
