"""Quantities of a drawing, computed from the stored frame and never taken from a client."""

import asyncio
from dataclasses import asdict
from functools import partial
from typing import Any

from sqlmodel import col, select

from api.annotations.kinds import AnnotationKind, Drawing
from api.errors import Unavailable
from api.imaging import htj2k
from api.imaging.measurements import (
    Quantity,
    Region,
    Rescale,
    Spacing,
    area,
    describe_values,
    length,
    unit_of_values,
    value_at,
)
from api.persistence.tables import Frame, Stack
from api.storage.digests import check
from api.storage.object_store import ObjectDamaged, ObjectMissing
from api.unit_of_work import UnitOfWork

REGIONS = {AnnotationKind.ELLIPSE: Region.ELLIPSE, AnnotationKind.RECTANGLE: Region.RECTANGLE}
UNREADABLE = (
    "The pixels of this frame cannot be read, so nothing in it can be measured but lengths. Tell your administrator."
)


async def measure(uow: UnitOfWork, drawing: Drawing, stack: Stack) -> list[dict[str, Any]]:
    """As the row keeps them. drawing: checked, in a frame of the stack. Raises Unavailable.

    Pictures in colour have no values; nor has a frame larger than the settings allow.
    """
    found = _of_geometry(drawing, _spacing(stack))
    if _has_values(drawing.kind) and stack.rows * stack.columns <= uow.settings.annotation_pixels:
        found += await _of_pixels(uow, drawing, stack)
    return [asdict(quantity) for quantity in found]


def _has_values(kind: AnnotationKind) -> bool:
    return kind in REGIONS or kind is AnnotationKind.POINT


def _of_geometry(drawing: Drawing, spacing: Spacing | None) -> list[Quantity]:
    if drawing.kind is AnnotationKind.POINT:
        return []
    start, end = drawing.points
    if drawing.kind is AnnotationKind.LENGTH:
        return [length(start, end, spacing)]
    return [area(REGIONS.get(drawing.kind, Region.RECTANGLE), start, end, spacing)]


async def _of_pixels(uow: UnitOfWork, drawing: Drawing, stack: Stack) -> list[Quantity]:
    statement = select(Frame).where(col(Frame.key) == stack.frame_keys[drawing.place.frame_index])
    frame = (await uow.session.execute(statement)).scalar_one()
    name = f"frames/{frame.instance_key}/{frame.frame_number}"
    geometry = frame.geometry
    rescale = Rescale(
        geometry.get("rescale_slope", 1.0),
        geometry.get("rescale_intercept", 0.0),
        geometry.get("padding_value", stack.padding_value),
    )
    try:
        codestream = check(name, await uow.store.read(name), frame.digest)
        matrix = (stack.rows, stack.columns)
        return await asyncio.to_thread(partial(_measured, codestream, matrix, drawing, rescale, stack.unit))
    except (ObjectMissing, ObjectDamaged, ValueError) as error:
        raise Unavailable(UNREADABLE, ["anchor"]) from error


def _measured(
    codestream: bytes, matrix: tuple[int, int], drawing: Drawing, rescale: Rescale, rescale_type: str | None
) -> list[Quantity]:
    """Blocking. matrix: rows, columns. Raises ValueError for a codestream that is none, or of another matrix."""
    frame = htj2k.decode(codestream)
    if frame.shape[:2] != matrix:
        raise ValueError("the frame has another matrix than its stack")
    if frame.ndim != 2:
        return []
    unit = unit_of_values(rescale_type)
    if drawing.kind is AnnotationKind.POINT:
        return value_at(frame, drawing.points[0], rescale, unit)
    corner, opposite = drawing.points
    return describe_values(frame, REGIONS[drawing.kind], corner, opposite, rescale, unit)


def _spacing(stack: Stack) -> Spacing | None:
    if stack.row_spacing is None or stack.column_spacing is None:
        return None
    return stack.row_spacing, stack.column_spacing
