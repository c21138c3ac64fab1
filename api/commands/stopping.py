"""Something that goes on until it ends or is stopped."""

import asyncio
import contextlib
from collections.abc import Awaitable


async def until(journey: Awaitable[None], stopped: asyncio.Event) -> None:
    """Until the journey ends; cancels it when stopped. Its error is raised."""
    task = asyncio.ensure_future(journey)
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
