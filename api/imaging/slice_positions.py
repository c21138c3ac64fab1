"""Judges the positions of ordered slices: their spacing, gaps, tilt and shifts.

Source: PS3.3 C.7.6.2.1.1. Spacing comes from positions; Slice Thickness (0018,0050) is nominal and Spacing Between
Slices (0018,0088) is often wrong, so neither is used.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from api.imaging.frame_geometry import FrameGeometry, Vector, dot
from api.imaging.stack_items import StackWarning

# Positions are written with as few as one decimal, so each may be off by 0.05 mm, and the ends too.
ROUNDED_MM = 0.1
UNEVEN_MM = 0.06
UNEVEN_SHARE = 0.02
GAP_TOLERANCE = 0.1  # of one slice, that a gap may differ from a whole number of slices
GAPS_SHARE = 0.25  # of the steps; where more are wide, slices are unevenly spaced rather than missing
TILT_DEGREES = 0.5
SHIFT_MM = 1.0


@dataclass(frozen=True, slots=True)
class SlicePositions:
    """spacing: mm along the normal, over the even steps; None for a single slice."""

    spacing: float | None
    warnings: tuple[StackWarning, ...]


def judge_positions(frames: Sequence[FrameGeometry]) -> SlicePositions:
    """What the positions of one stack say.

    frames: in order along the normal, all placed, of one orientation.
    """
    normal = frames[0].normal
    positions = [frame.position for frame in frames if frame.position is not None]
    if normal is None or len(positions) != len(frames):
        raise ValueError("only frames with position and orientation can be judged")
    distances = [dot(position, normal) for position in positions]
    steps = [after - before for before, after in pairwise(distances)]
    if not steps or max(steps) <= 0:
        return SlicePositions(None, ())
    spacing, warnings = _judge_steps(steps)
    return SlicePositions(spacing, (*warnings, *_judge_line(positions, distances, normal)))


def _judge_steps(steps: Sequence[float]) -> tuple[float, list[StackWarning]]:
    mean = sum(steps) / len(steps)
    if all(abs(at - index * mean) <= ROUNDED_MM for index, at in enumerate(accumulate(steps, initial=0.0))):
        return mean, []  # each slice is where even spacing puts it, but for the rounding of its position
    usual = median(steps)
    even = [step for step in steps if _is_even(step, usual)]
    spacing = sum(even) / len(even) if even else usual
    uneven = [step for step in steps if not _is_even(step, spacing)]
    if not uneven:
        return spacing, []
    missing = [_missing_slices(step, spacing) for step in steps]
    if len(uneven) <= max(1, GAPS_SHARE * len(steps)) and len(even) >= 2 and None not in missing:
        return spacing, [_missing_warning([count or 0 for count in missing])]
    message = (
        f"The slices are unevenly spaced, {min(steps):.2f} to {max(steps):.2f} mm apart; "
        "measurements across them may be wrong."
    )
    return spacing, [StackWarning("UNEVEN_SPACING", message)]


def _is_even(step: float, spacing: float) -> bool:
    return abs(step - spacing) <= max(UNEVEN_MM, UNEVEN_SHARE * spacing)


def _missing_slices(step: float, spacing: float) -> int | None:
    """How many slices a step leaves out; None when it is no whole number of them."""
    if _is_even(step, spacing):
        return 0
    ratio = step / spacing
    whole = round(ratio)
    return whole - 1 if whole >= 2 and abs(ratio - whole) <= GAP_TOLERANCE * math.sqrt(whole) else None


def _missing_warning(missing: Sequence[int]) -> StackWarning:
    """missing: slices left out after each slice. Numbers are from 1, along the stack, the missing ones counted."""
    ranges: list[tuple[int, int]] = []
    number = 1
    for count in missing:
        if count:
            ranges.append((number + 1, number + count))
        number += 1 + count
    spoken = [str(first) if first == last else f"{first} to {last}" for first, last in ranges]
    listed = " and ".join(part for part in (", ".join(spoken[:-1]), spoken[-1]) if part)
    what = f"Slice {listed} is" if sum(missing) == 1 else f"Slices {listed} are"
    return StackWarning(
        "MISSING_SLICES",
        f"{what} missing; measurements across them may be wrong. "
        "Slices are numbered along the stack, the missing ones included.",
    )


def _judge_line(positions: Sequence[Vector], distances: Sequence[float], normal: Vector) -> list[StackWarning]:
    """Whether the slices lie on one straight line, and whether that is along the normal."""
    extent = distances[-1] - distances[0]
    first, last = positions[0], positions[-1]
    drift = tuple((b - a - extent * n) / extent for a, b, n in zip(first, last, normal, strict=True))
    furthest = max(
        math.dist(position, [a + (n + d) * (at - distances[0]) for a, n, d in zip(first, normal, drift, strict=True)])
        for position, at in zip(positions, distances, strict=True)
    )
    if furthest > SHIFT_MM:
        message = f"Slices are shifted against each other within their plane, by up to {furthest:.1f} mm."
        return [StackWarning("SHIFTED_SLICES", message)]
    degrees = math.degrees(math.atan(math.hypot(*drift)))
    if degrees > TILT_DEGREES:
        message = (
            f"The gantry was tilted by {degrees:.1f} degrees: each slice is shifted against the one before, "
            "and what is drawn across slices is sheared."
        )
        return [StackWarning("GANTRY_TILT", message)]
    return []
