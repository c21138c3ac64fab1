"""From a case to the volume that a model reads: which stack, its facts, its frames."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import select
from sqlmodel import col

from api.imaging import htj2k
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.volume import Volume, load_volume
from api.inference.case_stacks import stacks_of_case
from api.inference.series_choice import SeriesRules
from api.inference.suitability import StackFacts
from api.persistence.tables import Analysis, Frame, Stack
from api.storage.digests import check
from api.unit_of_work import House

AHEAD = 4  # frames decoded before they are placed


@dataclass(frozen=True)
class FrameObject:
    """digest: SHA-256 that it had at ingest; None where none was kept."""

    name: str
    digest: bytes | None


@dataclass(frozen=True)
class OpenedStack:
    """A stack with what its headers say. reason: why it was chosen among others; None where there was no choice."""

    row: Stack
    facts: StackFacts
    reason: str | None = None
    geometries: Sequence[FrameGeometry] = ()
    objects: Sequence[FrameObject] = ()


async def choose_stack(house: House, analysis: Analysis, rules: SeriesRules) -> OpenedStack | None:
    """The stack asked for, else the one that the model's rules prefer; None where there is none."""
    async with house.sessions() as session:
        stacks = await stacks_of_case(session, analysis.case_key)
    if analysis.stack_key is not None:
        asked = [stack for stack in stacks if stack.row.key == analysis.stack_key]
        return OpenedStack(asked[0].row, asked[0].candidate.facts) if asked else None
    candidates = [stack.candidate for stack in stacks]
    chosen = rules.choose(candidates)
    if chosen is None:
        return None
    return OpenedStack(stacks[chosen].row, candidates[chosen].facts, rules.reason(candidates, chosen))


async def open_stack(house: House, stack: OpenedStack) -> OpenedStack:
    """With the geometry and the object of every frame."""
    statement = select(Frame).where(col(Frame.key).in_(stack.row.frame_keys))
    async with house.sessions() as session:
        rows = {row.key: row for row in (await session.execute(statement)).scalars()}
    frames = [rows[key] for key in stack.row.frame_keys]
    return OpenedStack(
        stack.row,
        stack.facts,
        stack.reason,
        [FrameGeometry.from_json(frame.geometry) for frame in frames],
        [FrameObject(f"frames/{frame.instance_key}/{frame.frame_number}", frame.digest) for frame in frames],
    )


async def read_volume(house: House, stack: OpenedStack, progress: Callable[[float], None]) -> Volume:
    """Decode all frames into one volume, a few frames in memory at a time."""
    loop = asyncio.get_running_loop()
    frames = _decoded(house, stack.objects, progress)

    return await asyncio.to_thread(load_volume, _Pulled(frames, loop), stack.geometries)


async def _decoded(
    house: House, objects: Sequence[FrameObject], progress: Callable[[float], None]
) -> AsyncIterator[NDArray[Any]]:
    async def decode(frame: FrameObject) -> NDArray[Any]:
        content = await house.store.read(frame.name)
        return await asyncio.to_thread(lambda: htj2k.decode(check(frame.name, content, frame.digest)))

    pending: list[asyncio.Task[NDArray[Any]]] = []
    try:
        for number, frame in enumerate(objects):
            pending.append(asyncio.create_task(decode(frame)))
            if len(pending) >= AHEAD:
                yield await pending.pop(0)
            progress(number / len(objects))
        while pending:
            yield await pending.pop(0)
    finally:
        for task in pending:
            task.cancel()


class _Pulled:
    """The frames of an asynchronous iterator, for a thread that reads them one after the other."""

    def __init__(self, frames: AsyncIterator[NDArray[Any]], loop: asyncio.AbstractEventLoop) -> None:
        self._frames = frames
        self._loop = loop

    def __iter__(self) -> "_Pulled":
        return self

    def __next__(self) -> NDArray[Any]:
        future = asyncio.run_coroutine_threadsafe(anext(self._frames, None), self._loop)
        frame = future.result()
        if frame is None:
            raise StopIteration
        return frame
