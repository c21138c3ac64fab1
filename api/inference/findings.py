"""From the planes' votes to findings: fuse, calibrate, keep one a lesion, measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

NEAREST_MM = 5.0
# Of the wider one's diameter: nearer than that, two candidates are of one lesion.
REACH = 0.55
# Logits below the best piece's that the candidate around it may have.
NEARLY_AS_WELL = 2.0


@dataclass(frozen=True)
class OperatingPoint:
    """From the model's card.

    slope, offset: logistic calibration of a fused logit
    threshold:     of the calibrated probability; from it on a finding is marked
    lowest, most:  below this probability nothing is listed; the longest list
    """

    slope: float
    offset: float
    threshold: float
    lowest: float
    most: int

    @classmethod
    def of_card(cls, card: dict[str, Any]) -> "OperatingPoint":
        """Read `operatingPoint` of card.json."""
        point = card["operatingPoint"]
        return cls(
            slope=float(point["slope"]),
            offset=float(point["offset"]),
            threshold=float(point["threshold"]),
            lowest=float(point["lowestListed"]),
            most=int(point["mostListed"]),
        )

    def probability(self, logit: Doubles) -> Doubles:
        """Calibrated probability of fused logits, any shape."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.slope * logit + self.offset, -50, 50))))


@dataclass(frozen=True)
class Box:
    """Pixels; the origin is the outer corner of the first pixel."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Position:
    """mm, DICOM patient coordinates (LPS)."""

    x: float
    y: float
    z: float


@dataclass(frozen=True)
class DetectedFinding:
    """frame_index: of the stack, the slice that shows it best; box: in that frame; diameter_mm: equal-area there, None
    where nothing is measured."""

    label: str
    probability: float
    above_threshold: bool
    frame_index: int
    box: Box
    diameter_mm: float | None
    position: Position


@dataclass(frozen=True)
class Score:
    """Of the whole stack."""

    label: str
    probability: float


def fuse_planes(logits: Sequence[NDArray[np.floating[Any]]]) -> Doubles:
    """One logit a candidate: the mean of the lower half of its planes' logits.

    A nodule is round from every side; a vessel gives itself away in the plane that it runs along.

    logits: a candidate each, float (plane,), any number of planes
    """
    return np.array([np.sort(each)[: (len(each) + 1) // 2].mean() for each in logits], np.float64)


def keep_distinct(place_mm: Doubles, logit: Doubles, most: int) -> NDArray[np.int64]:
    """Numbers of at most `most` candidates, most probable first, none within `NEAREST_MM` of a more probable one.

    place_mm: (candidate, 3), mm in any frame of reference
    """
    order = np.argsort(-logit, kind="stable")
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    for number in order:
        if len(kept) == most:
            break
        if alive[number]:
            kept.append(int(number))
            alive &= np.sqrt(((place_mm - place_mm[number]) ** 2).sum(axis=1)) > NEAREST_MM
    return np.array(kept, np.int64)


@dataclass(frozen=True)
class Lesion:
    """whole: number of the candidate that shows it whole, to be measured; logit: of its most probable candidate."""

    whole: int
    logit: float


def group_lesions(place_mm: Doubles, diameter: Doubles, logit: Doubles, most: int) -> list[Lesion]:
    """At most `most` lesions, most probable first: each takes the candidates whose centres lie in its ball.

    Pieces of a large nodule may score above the candidate that spans it. Then the largest candidate around the piece
    that scores nearly as well stands for the lesion.

    place_mm: (candidate, 3), mm in any frame of reference; diameter: mm
    """
    alive = np.ones(len(logit), bool)
    lesions: list[Lesion] = []
    for number in np.argsort(-logit, kind="stable"):
        if len(lesions) == most:
            break
        if not alive[number]:
            continue
        away = np.sqrt(((place_mm - place_mm[number]) ** 2).sum(axis=1))
        around = alive & (away <= 0.5 * diameter) & (logit >= logit[number] - NEARLY_AS_WELL)
        around[number] = True
        whole = int(np.flatnonzero(around)[np.argmax(diameter[around])])
        lesions.append(Lesion(whole, float(logit[number])))
        from_whole = np.sqrt(((place_mm - place_mm[whole]) ** 2).sum(axis=1))
        alive &= from_whole > np.maximum(NEAREST_MM, REACH * np.maximum(diameter, diameter[whole]))
        alive &= away > NEAREST_MM
    return lesions


def uncertainty_of(findings: Sequence[DetectedFinding]) -> float:
    """0 certain to 1: entropy in bits of the most probable finding's probability; of none, 0 by definition."""
    if not findings:
        return 0.0
    chance = min(max(findings[0].probability, 1e-9), 1 - 1e-9)
    return float(-(chance * np.log2(chance) + (1 - chance) * np.log2(1 - chance)))
