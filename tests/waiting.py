"""Wait for what no event tells of: another process's files, rows and descriptors."""

import asyncio
from collections.abc import Callable

LOOK_SECONDS = 0.02


async def until(is_so: Callable[[], bool], seconds: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(LOOK_SECONDS)
