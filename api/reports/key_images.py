"""Pictures of a report's findings: the slice that shows each best, and its place enlarged, from the stored frames.

The mark is given as a place in the picture and drawn by whoever writes the report: the pixels stay as they are. What
cannot be read or drawn says so instead of a picture.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from api.imaging import htj2k
from api.imaging.frame_geometry import FrameGeometry, Vector
from api.imaging.preview import first_window, grey
from api.imaging.window import VoiWindow, presets
from api.reports.content import Content, Finding, Frame, Stack
from api.storage.digests import check
from api.storage.object_store import ObjectDamaged, ObjectMissing
from api.unit_of_work import House

log = logging.getLogger(__name__)

Place = tuple[float, float, float, float]
"""Left, top, width and height in parts of a picture, origin its upper left corner."""

LONGEST_EDGE = 1024  # pixels of a slice in the report; finer ones are averaged
ENLARGED_EDGE = 512
MARK_MARGIN = 0.35  # of the box on each side, so that the outline stands beside the lesion
LEAST_MARGIN = 3.0  # pixels
ENLARGED_BOXES = 4.0  # edges of a box that the enlarged part shows
LEAST_ENLARGED = 48.0  # pixels of the slice
NOT_THERE = "The image cannot be shown: it could not be read."
TOO_LARGE = "The image cannot be shown: it is larger than reports take."
NO_IMAGE = "The image cannot be shown: there is none at this place."
ENDS = {0: ("R", "L"), 1: ("A", "P"), 2: ("F", "H")}  # of an LPS axis (PS3.3 C.7.6.1.1.1)


@dataclass(frozen=True)
class Picture:
    """pixels: uint8, grey (row, column) or (row, column, RGB). aspect: width by height, in the patient."""

    pixels: NDArray[np.uint8]
    aspect: float


@dataclass(frozen=True)
class KeyImage:
    """edges: what of the patient is at the left, right, top and bottom of the slice; empty where it is not known.

    mark: in the slice; None where no box is known. reason: why there is no slice.
    """

    finding: Finding
    number: int  # of the finding, from 1
    slice: Picture | None = None
    enlarged: Picture | None = None
    mark: Place | None = None
    enlarged_mark: Place | None = None
    edges: tuple[str, str, str, str] | None = None
    window: VoiWindow | None = None
    reason: str | None = None


def marked(content: Content) -> list[tuple[int, Finding]]:
    """Findings from the model's operating point on, with their numbers, most probable first."""
    findings = content.analysis.findings if content.analysis else ()
    found = [(number, each) for number, each in enumerate(findings, start=1) if each.is_above_threshold]
    return sorted(found, key=lambda one: (-one[1].probability, one[0]))


async def read_key_images(house: House, content: Content) -> list[KeyImage]:
    """Of the marked findings, as many as the settings allow. One frame in memory at a time; drawn in a thread."""
    chosen = marked(content)[: house.settings.report_images]
    return [await _read(house, content.stack, number, finding) for number, finding in chosen]


async def _read(house: House, stack: Stack | None, number: int, finding: Finding) -> KeyImage:
    if stack is None or not 0 <= finding.frame_index < len(stack.frames):
        return KeyImage(finding, number, reason=NO_IMAGE)
    if stack.rows * stack.columns > house.settings.report_image_pixels:
        return KeyImage(finding, number, reason=TOO_LARGE)
    frame = stack.frames[finding.frame_index]
    name = f"frames/{frame.instance_key}/{frame.number}"
    try:
        codestream = check(name, await house.store.read(name), frame.digest)
        return await asyncio.to_thread(draw, codestream, stack, frame, number, finding)
    except (ObjectMissing, ObjectDamaged, ValueError) as error:
        log.warning("a frame of a report cannot be read: %s", type(error).__name__)
        return KeyImage(finding, number, reason=NOT_THERE)


def draw(codestream: bytes, stack: Stack, frame: Frame, number: int, finding: Finding) -> KeyImage:
    """Blocking. Raises: ValueError where the codestream is none, or holds another matrix than the stack's."""
    values = htj2k.decode(codestream)
    if values.shape[:2] != (stack.rows, stack.columns):
        raise ValueError("the frame has another matrix than its stack")
    geometry = _geometry(stack, frame)
    window = next(iter(presets(stack.modality)), None) or first_window(_windows(stack), stack.modality)
    pixels = values if values.ndim == 3 else grey(values, geometry, window)
    pixel_aspect = (stack.column_spacing or 1.0) / (stack.row_spacing or stack.column_spacing or 1.0)
    picture = Picture(_reduced(pixels), stack.columns / stack.rows * pixel_aspect)
    edges = _edges(geometry)
    if finding.box is None:
        return KeyImage(finding, number, picture, edges=edges, window=window)
    outline = _outline(finding.box)
    left, top, width, height = _part(finding.box, stack)
    return KeyImage(
        finding,
        number,
        picture,
        _enlarged(pixels[top : top + height, left : left + width], pixel_aspect),
        _place(outline, (0, 0, stack.columns, stack.rows)),
        _place(outline, (left, top, width, height)),
        edges,
        window if values.ndim == 2 else None,
    )


def _geometry(stack: Stack, frame: Frame) -> FrameGeometry:
    """Of rows that say less than ingestion writes, as far as they say it."""
    known = {
        **{
            "frame_number": frame.number,
            "rows": stack.rows,
            "columns": stack.columns,
            "photometric": stack.photometric,
        },
        **{"bits_allocated": 16, "bits_stored": 16, "signed": False, "padding_value": stack.padding_value},
    }
    return FrameGeometry.from_json(known | dict(frame.geometry))


def _windows(stack: Stack) -> tuple[VoiWindow, ...]:
    return tuple(VoiWindow(each.get("name"), each["center"], each["width"]) for each in stack.windows)


def _outline(box: Place) -> Place:
    left, top, width, height = box
    beside, above = max(LEAST_MARGIN, MARK_MARGIN * width), max(LEAST_MARGIN, MARK_MARGIN * height)
    return left - beside, top - above, width + 2 * beside, height + 2 * above


def _part(box: Place, stack: Stack) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is enlarged, within the slice."""
    left, top, width, height = box
    edge = max(LEAST_ENLARGED, ENLARGED_BOXES * max(width, height))
    columns, rows = min(round(edge), stack.columns), min(round(edge), stack.rows)
    first_column = min(max(round(left + width / 2 - columns / 2), 0), stack.columns - columns)
    first_row = min(max(round(top + height / 2 - rows / 2), 0), stack.rows - rows)
    return first_column, first_row, columns, rows


def _place(outline: Place, part: Sequence[int]) -> Place:
    """Cut at the picture's edges."""
    left, top = max(outline[0] - part[0], 0.0), max(outline[1] - part[1], 0.0)
    right = min(outline[0] + outline[2] - part[0], float(part[2]))
    bottom = min(outline[1] + outline[3] - part[1], float(part[3]))
    return left / part[2], top / part[3], max(right - left, 0.0) / part[2], max(bottom - top, 0.0) / part[3]


def _reduced(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    factor = -(-max(pixels.shape[:2]) // LONGEST_EDGE)
    return np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else np.ascontiguousarray(pixels)


def _enlarged(pixels: NDArray[Any], pixel_aspect: float) -> Picture:
    rows, columns = pixels.shape[:2]
    factor = max(1.0, ENLARGED_EDGE / max(rows, columns))
    size = (round(columns * factor), round(rows * factor))
    # Sharper filters draw a halo around a lesion that is not in the patient.
    image = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BILINEAR)
    return Picture(np.asarray(image), columns / rows * pixel_aspect)


def _edges(geometry: FrameGeometry) -> tuple[str, str, str, str] | None:
    if geometry.row_direction is None or geometry.column_direction is None:
        return None
    left, right = _ends(geometry.row_direction)
    top, bottom = _ends(geometry.column_direction)
    return left, right, top, bottom


def _ends(direction: Vector) -> tuple[str, str]:
    """Where a direction comes from and goes to, by the axis that it follows most."""
    axis = max(range(3), key=lambda i: abs(direction[i]))
    start, end = ENDS[axis]
    return (start, end) if direction[axis] > 0 else (end, start)
