"""What a model looked at: how much its word falls when a spot is blanked (occlusion; Zeiler and Fergus, ECCV 2014).

Asked of the exported network itself, on the slice that shows a finding best: a map is the model's or there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from api.imaging.volume import Volume
from api.inference.interpretation import Predict, Progress
from api.inference.tensors import PatchGeometry, lies_in_slices, to_input

BLANK_HU = -850  # aerated lung: what would be there without the lesion
WINDOW, STRIDE = 8, 5  # pixels of a patch: 5.6 mm blanked, every 3.5 mm
BATCH = 16
LEAST_FALL = 0.1  # of a logit: what falls less shows nothing

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """Of a finding: index (slice, row, column) of the volume; diameter, mm, as its patch is made."""

    index: NDArray[np.float64]
    diameter: float


async def attend(
    volume: Volume,
    places: Sequence[Place],
    geometry: PatchGeometry,
    tensors: tuple[str, str],
    predict: Predict,
    progress: Progress,
) -> dict[int, Bytes]:
    """By slice, uint8 (row, column) of the volume: 0 where blanking changes nothing, 255 where it changes most.

    geometry: of the model's patches; of them that plane is blanked that lies in the slices. Where none does: nothing.
    tensors:  names of the input (place, plane, size, size) and of the output (place, plane), logits, each of its own
              plane alone: a row asks about as many blanked pictures as it has planes
    """
    lying = np.flatnonzero(lies_in_slices(geometry.planes, volume.affine))
    found: dict[int, Bytes] = {}
    if not len(lying):
        return found
    plane = int(lying[0])
    for number, place in enumerate(places):
        part = partial(_part, progress, number, len(places))
        at = round(float(place.index[0]))
        patch = to_input(volume.voxels, volume.affine, place.index[None], np.array([place.diameter]), geometry)[0]
        fall = await _fall(patch[plane], len(patch), tensors, predict, part)
        if fall.max() < LEAST_FALL:
            continue
        painted = _painted(volume, place, geometry, plane, fall / fall.max())
        found[at] = np.maximum(found[at], painted) if at in found else painted
    progress(1.0)
    return found


def _part(progress: Progress, number: int, count: int, done: float) -> None:
    progress((number + done) / count)


async def _fall(
    picture: NDArray[np.int16], a_row: int, tensors: tuple[str, str], predict: Predict, progress: Progress
) -> NDArray[np.float64]:
    """float64 (size, size): mean fall of the picture's logit over the windows that blank a pixel; rises count as 0."""
    size = len(picture)
    steps = range(0, size - WINDOW + 1, STRIDE)
    corners = [(top, left) for top in steps for left in steps]
    rows = -(-(1 + len(corners)) // a_row)
    pictures = np.repeat(picture[None], rows * a_row, axis=0)
    for number, (top, left) in enumerate(corners, 1):
        pictures[number, top : top + WINDOW, left : left + WINDOW] = BLANK_HU
    asked = pictures.reshape(rows, a_row, size, size)
    name, output = tensors
    answers: list[NDArray[Any]] = []
    for start in range(0, len(asked), BATCH):
        answers.append((await predict({name: asked[start : start + BATCH]}))[output])
        progress(start / len(asked))
    logits = np.concatenate(answers).astype(np.float64).ravel()[: 1 + len(corners)]
    total, times = np.zeros((size, size)), np.zeros((size, size))
    for (top, left), logit in zip(corners, logits[1:], strict=True):
        total[top : top + WINDOW, left : left + WINDOW] += max(0.0, float(logits[0] - logit))
        times[top : top + WINDOW, left : left + WINDOW] += 1
    return total / np.maximum(times, 1)


def _painted(volume: Volume, place: Place, geometry: PatchGeometry, plane: int, heat: NDArray[np.float64]) -> Bytes:
    """The patch's map where it lies in its slice."""
    down, right = (np.array(direction) for direction in geometry.planes[plane])
    pixel_mm = geometry.spacing_mm * max(1.0, place.diameter / geometry.largest_mm)
    _, rows, columns = volume.voxels.shape
    by_row = (np.arange(rows) - place.index[1])[:, None, None] * volume.affine[:3, 1]
    by_column = (np.arange(columns) - place.index[2])[None, :, None] * volume.affine[:3, 2]
    away = by_row + by_column
    at = np.stack([away @ down, away @ right]) / pixel_mm + (geometry.size - 1) / 2
    sampled = ndimage.map_coordinates(heat, at, order=1, mode="constant", cval=0.0)
    return np.asarray(np.rint(255 * np.clip(sampled, 0, 1)), np.uint8)
