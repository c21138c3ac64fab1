"""Put the frames of a series in order: stacks that never change once made."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.imaging.frame_geometry import FrameGeometry
from api.imaging.stacks import Stack, StackItem, split_stacks
from api.imaging.window import presets
from api.persistence.tables import Frame, Instance, Series
from api.persistence.tables import Stack as StackRow


async def touched_series(session: AsyncSession, upload_key: UUID) -> Sequence[UUID]:
    """Series that got instances from this upload, in an order that every transaction keeps."""
    statement = select(col(Instance.series_key)).where(col(Instance.upload_key) == upload_key).distinct()
    return sorted((await session.execute(statement)).scalars(), key=str)


async def stack_series(session: AsyncSession, series_key: UUID) -> bool:
    """Make the stacks that the series' frames form now; those they hold are superseded. True where one is new."""
    series = await session.get_one(Series, series_key, with_for_update=True)
    instances, items = await _items(session, series_key)
    statement = select(StackRow).where(col(StackRow.series_key) == series_key, col(StackRow.superseded).is_(False))
    current = list((await session.execute(statement)).scalars())
    made = False
    for ordinal, stack in enumerate(split_stacks(items)):
        row = _row(series, ordinal, stack, instances[stack.items[0].sop_instance_uid])
        added = insert(StackRow).values(**row.model_dump()).on_conflict_do_nothing().returning(col(StackRow.key))
        if await session.scalar(added) is None:
            continue
        made = True
        for older in current:
            if set(older.frame_keys) < set(row.frame_keys):
                _supersede(older, len(row.frame_keys))
    return made


async def _items(session: AsyncSession, series_key: UUID) -> tuple[dict[str, Instance], list[StackItem[UUID]]]:
    statement = (
        select(Instance, col(Frame.key), col(Frame.geometry))
        .join(Frame, col(Frame.instance_key) == col(Instance.key))
        .where(col(Instance.series_key) == series_key)
    )
    instances: dict[str, Instance] = {}
    items: list[StackItem[UUID]] = []
    for instance, frame_key, geometry in await session.execute(statement):
        instances[instance.sop_instance_uid] = instance
        items.append(
            StackItem(frame_key, instance.sop_instance_uid, instance.instance_number, FrameGeometry.from_json(geometry))
        )
    return instances, items


def _row(series: Series, ordinal: int, stack: Stack[UUID], first: Instance) -> StackRow:
    frame_keys = [item.key for item in stack.items]
    written = list(first.windows)
    known = {(window["center"], window["width"]) for window in written}
    suited = [
        {"name": preset.name, "center": preset.center, "width": preset.width}
        for preset in presets(series.modality)
        if (preset.center, preset.width) not in known
    ]
    return StackRow(
        series_key=series.key,
        ordinal=ordinal,
        fingerprint=hashlib.sha256(b"".join(key.bytes for key in frame_keys)).hexdigest(),
        frame_keys=frame_keys,
        rows=stack.rows,
        columns=stack.columns,
        row_spacing=stack.row_spacing,
        column_spacing=stack.column_spacing,
        slice_spacing=stack.slice_spacing,
        photometric=stack.photometric,
        bits_stored=stack.bits_stored,
        signed=stack.signed,
        padding_value=stack.padding_value,
        unit=first.unit,
        image_type=list(stack.items[0].geometry.image_type),
        windows=written + suited,
        warnings=[{"code": warning.code, "message": warning.message} for warning in stack.warnings],
    )


def _supersede(stack: StackRow, frames_now: int) -> None:
    """The stack keeps its frames and its places; only what it says of itself is added to."""
    stack.superseded = True
    message = f"More instances came later: a newer stack of this series holds all {frames_now} frames."
    stack.warnings = [*stack.warnings, {"code": "SUPERSEDED", "message": message}]
