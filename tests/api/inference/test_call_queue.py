"""Backpressure of calls to a model server."""

import asyncio

import pytest

from api.errors import PredictorAway
from api.inference.call_queue import CallQueue


async def test_so_many_go_at_once_so_many_wait_and_those_beyond_are_refused() -> None:
    queue, go = CallQueue(2, 1), asyncio.Event()
    inside: list[int] = []

    async def call(number: int) -> None:
        async with queue.turn():
            inside.append(number)
            await go.wait()

    calls = [asyncio.create_task(call(number)) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(PredictorAway, match="Too many") as refused:
        await call(3)
    assert inside == [0, 1]
    assert refused.value.retry_after is not None
    go.set()
    await asyncio.gather(*calls)

    assert inside == [0, 1, 2]


async def test_whoever_gives_up_waiting_makes_room() -> None:
    queue, go = CallQueue(1, 1), asyncio.Event()

    async def call() -> None:
        async with queue.turn():
            await go.wait()

    first, waiting = asyncio.create_task(call()), asyncio.create_task(call())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    next_one = asyncio.create_task(call())
    go.set()
    await asyncio.gather(first, next_one)
