"""Splits the frames of one series into the stacks that it really holds, each in order along its normal.

A stack shares matrix, pixel kind, orientation and phase, so that it can be scrolled as one and made a volume.
What is odd about it (gaps, tilt, doubled positions) is told in its warnings, never silently mended.
The same frames give the same stacks in whatever order they come.

Source: PS3.3 C.7.6.2.1.1 (position and orientation), C.8.2.1.1.1 (localizers).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

from api.imaging.frame_geometry import FrameGeometry, Vector
from api.imaging.phases import split_phases
from api.imaging.slice_positions import SlicePositions, judge_positions
from api.imaging.stack_items import Key, StackItem, StackWarning

__all__ = ["Stack", "StackItem", "StackWarning", "split_stacks"]

ORIENTATION_TOLERANCE = 0.01  # of each direction cosine, about half a degree
SPACING_TOLERANCE = 1e-3  # mm


@dataclass(frozen=True, slots=True)
class Stack(Generic[Key]):
    """items: in order along the normal, towards its positive side; as acquired where there is no geometry.

    row_spacing, column_spacing: mm; slice_spacing: mm between positions along the normal, None for a single slice.
    padding_value: None unless all frames share one.
    """

    items: tuple[StackItem[Key], ...]
    rows: int
    columns: int
    row_spacing: float | None
    column_spacing: float | None
    slice_spacing: float | None
    photometric: str
    samples_per_pixel: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    padding_value: int | None
    is_localizer: bool
    warnings: tuple[StackWarning, ...]


def split_stacks(items: Sequence[StackItem[Key]]) -> list[Stack[Key]]:
    """The stacks of one series, the one acquired first first.

    items: all frames of one Series Instance UID, in any order.
    """
    groups: dict[Any, list[StackItem[Key]]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.acquired_order):
        groups[_kind(item.geometry)].append(item)
    stacks: list[Stack[Key]] = []
    for group in groups.values():
        placed = [item for item in group if item.geometry.position is not None and item.geometry.normal is not None]
        unplaced = [item for item in group if item.geometry.position is None or item.geometry.normal is None]
        for plane in _by_plane(placed):
            stacks.extend(_placed_stacks(plane))
        for run in _by_run(unplaced):
            stacks.append(_stack(run, None, (_no_geometry(run),)))
    return sorted(stacks, key=lambda stack: min(item.acquired_order for item in stack.items))


def _kind(geometry: FrameGeometry) -> tuple[Any, ...]:
    """What frames of one stack must share exactly."""
    return (
        *(geometry.rows, geometry.columns, geometry.photometric, geometry.samples_per_pixel),
        *(geometry.bits_allocated, geometry.bits_stored, geometry.signed, geometry.is_localizer),
    )


def _by_plane(items: Sequence[StackItem[Key]]) -> list[list[StackItem[Key]]]:
    """Parted by orientation and pixel spacing; each frame joins the first group that it agrees with."""
    groups: list[list[StackItem[Key]]] = []
    for item in items:
        for group in groups:
            if _same_plane(group[0].geometry, item.geometry):
                group.append(item)
                break
        else:
            groups.append([item])
    return groups


def _same_plane(a: FrameGeometry, b: FrameGeometry) -> bool:
    directions = ((a.row_direction, b.row_direction), (a.column_direction, b.column_direction))
    spacings = ((a.row_spacing, b.row_spacing), (a.column_spacing, b.column_spacing))
    return all(_near_vectors(one, other) for one, other in directions) and all(
        one == other or (one is not None and other is not None and abs(one - other) <= SPACING_TOLERANCE)
        for one, other in spacings
    )


def _near_vectors(a: Vector | None, b: Vector | None) -> bool:
    return (
        a is not None and b is not None and max(abs(x - y) for x, y in zip(a, b, strict=True)) <= ORIENTATION_TOLERANCE
    )


def _by_run(items: Sequence[StackItem[Key]]) -> list[list[StackItem[Key]]]:
    """Frames without a place: each multi-frame instance is a run of its own, single frames are one run together."""
    sizes: dict[str, int] = defaultdict(int)
    for item in items:
        sizes[item.sop_instance_uid] += 1
    runs: dict[Any, list[StackItem[Key]]] = defaultdict(list)
    for item in items:
        geometry = item.geometry
        alone = sizes[item.sop_instance_uid] == 1
        runs["" if alone else item.sop_instance_uid, geometry.row_spacing, geometry.column_spacing].append(item)
    return list(runs.values())


def _placed_stacks(items: list[StackItem[Key]]) -> list[Stack[Key]]:
    """The stacks of frames that share a plane: phases apart, doubled positions apart."""
    stacks: list[Stack[Key]] = []
    for phase in split_phases(items):
        positions = judge_positions([item.geometry for item in phase.items])
        stacks.append(_stack(phase.items, positions, phase.warnings))
    return stacks


def _stack(
    items: Sequence[StackItem[Key]], positions: SlicePositions | None, warnings: tuple[StackWarning, ...]
) -> Stack[Key]:
    first = items[0].geometry
    paddings = {item.geometry.padding_value for item in items}
    return Stack(
        items=tuple(items),
        rows=first.rows,
        columns=first.columns,
        row_spacing=first.row_spacing,
        column_spacing=first.column_spacing,
        slice_spacing=positions.spacing if positions else None,
        photometric=first.photometric,
        samples_per_pixel=first.samples_per_pixel,
        bits_allocated=first.bits_allocated,
        bits_stored=first.bits_stored,
        signed=first.signed,
        padding_value=paddings.pop() if len(paddings) == 1 else None,
        is_localizer=first.is_localizer,
        warnings=(*(positions.warnings if positions else ()), *warnings),
    )


def _no_geometry(items: Sequence[StackItem[Key]]) -> StackWarning:
    if len(items) == 1:
        return StackWarning("NO_GEOMETRY", "This image does not say where in the patient it lies.")
    message = (
        "These images do not say where in the patient they lie; they are shown in the order they were acquired in."
    )
    return StackWarning("NO_GEOMETRY", message)
