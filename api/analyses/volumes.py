"""From a case to the volume that a model reads: which stack, its facts, its frames."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import case, func, select
from sqlmodel import col

from api.imaging import htj2k
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.volume import Volume, load_volume
from api.inference.lung_nodule import StackFacts
from api.persistence.tables import Analysis, CaseStudy, Frame, Series, Stack
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
    """A stack with what its series says of it."""

    row: Stack
    modality: str
    body_part: str | None
    geometries: Sequence[FrameGeometry] = ()
    objects: Sequence[FrameObject] = ()


async def choose_stack(house: House, analysis: Analysis) -> OpenedStack | None:
    """The stack asked for, else the one that most likely is the CT of the chest: CT first, placed, most frames."""
    is_ct = case((col(Series.modality) == "CT", 1), else_=0)
    is_placed = case((col(Stack.slice_spacing).is_not(None), 1), else_=0)
    statement = (
        select(Stack, col(Series.modality), col(Series.body_part))
        .join(Series, col(Series.key) == col(Stack.series_key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(CaseStudy.case_key) == analysis.case_key)
        .order_by(
            is_ct.desc(),
            is_placed.desc(),
            col(Stack.superseded),
            func.cardinality(col(Stack.frame_keys)).desc(),
            col(Stack.key),
        )
    )
    if analysis.stack_key is not None:
        statement = statement.where(col(Stack.key) == analysis.stack_key)
    async with house.sessions() as session:
        found = (await session.execute(statement.limit(1))).first()
    return OpenedStack(*found) if found else None


def facts_of(stack: OpenedStack) -> StackFacts:
    row = stack.row
    return StackFacts(
        modality=stack.modality,
        body_part=stack.body_part,
        image_type=tuple(row.image_type),
        unit=row.unit,
        slice_spacing=row.slice_spacing,
        frame_count=len(row.frame_keys),
        has_geometry=row.slice_spacing is not None and row.row_spacing is not None,
        is_color=row.photometric == "RGB",
        warning_codes=tuple(warning["code"] for warning in row.warnings),
    )


async def open_stack(house: House, stack: OpenedStack) -> OpenedStack:
    """With the geometry and the object of every frame."""
    statement = select(Frame).where(col(Frame.key).in_(stack.row.frame_keys))
    async with house.sessions() as session:
        rows = {row.key: row for row in (await session.execute(statement)).scalars()}
    frames = [rows[key] for key in stack.row.frame_keys]
    return OpenedStack(
        stack.row,
        stack.modality,
        stack.body_part,
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
