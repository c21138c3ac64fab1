"""Splits that do not leak: contiguous blocks of candidate rows, with a guard band on either side.

LUNA16's candidates are ordered by scan and a scan has about 620 of them, so neighbours in the table are neighbours in a
patient. A band of 1,500 rows beside the held-out block is used for neither training nor scoring.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triton_models.lung_nodule.training.crops import Crops
from triton_models.lung_nodule.training.cubes import CubePlanes

FOLDS = 5
GUARD_BAND_ROWS = 1_500


@dataclass(frozen=True)
class Fold:
    """is_training and is_held_out: bool (crop,), never both."""

    index: int
    is_training: NDArray[np.bool_]
    is_held_out: NDArray[np.bool_]


def blocked_folds(candidate_row: NDArray[np.int64], count: int, guard_band: int = GUARD_BAND_ROWS) -> Iterator[Fold]:
    """Cut the sorted rows into `count` blocks of equal size; each is held out once.

    candidate_row: int (crop,), any order. Every crop is held out exactly once.
    """
    edges = np.quantile(candidate_row, np.linspace(0.0, 1.0, count + 1))
    block = np.clip(np.searchsorted(edges, candidate_row, side="right") - 1, 0, count - 1)
    for index in range(count):
        is_held_out = block == index
        first, last = candidate_row[is_held_out].min(), candidate_row[is_held_out].max()
        is_far = (candidate_row < first - guard_band) | (candidate_row > last + guard_band)
        yield Fold(index, is_far, is_held_out)


@dataclass(frozen=True)
class Split:
    """What trains a fold and what scores it."""

    training: Crops
    training_planes: CubePlanes
    held_out: Crops
    held_out_planes: CubePlanes


def split(crops: Crops, planes: CubePlanes, fold: Fold) -> Split:
    """What the fold may train on and what it is scored on; crops near a development scan train no fold.

    A cube trains if its scan surely lies outside the block and its guard band, and scores if surely inside the block.
    """
    held_out = crops.take(fold.is_held_out)
    first, last = int(held_out.candidate_row.min()), int(held_out.candidate_row.max())
    return Split(
        crops.take(fold.is_training & ~crops.near_development_scan),
        planes.take(planes.far_from(first - GUARD_BAND_ROWS, last + GUARD_BAND_ROWS)),
        held_out,
        planes.take(planes.within(first, last)),
    )
