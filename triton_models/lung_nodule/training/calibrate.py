"""From held-out scores to a probability and an operating point.

`python -m triton_models.lung_nodule.training.calibrate --folds FOLDER --out calibration.json`

What is calibrated is what the product uses: the fused logit of a candidate's planes. Each cube's nodule and
look-alikes are scored by the fold that did not train on their scan. A cube holds one nodule for about twenty
look-alikes, a scan one for hundreds of candidates: the offset is moved by the difference of the log odds (prior shift).
The thresholds follow from how often look-alikes reach them; given the development scans, the threshold for marking is
raised until each has at most two false marks. The rate for listing was raised from 12 to 20 after a nodule of a
development scan had not been listed.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.inference.findings import fuse_planes
from triton_models.lung_nodule.training.statistics import (
    area_under_curve,
    calibration_error,
    exact_interval,
    fit_calibration,
    reliability,
)

# LUNA16 counts 1,186 nodules in 888 scans.
NODULES_A_SCAN = 1186 / 888
# About as many as LUNA16 lists a scan; what the finder gives beyond these hardly ever scores.
CANDIDATES_A_SCAN = 600
FALSE_MARKS_A_SCAN = 2.0
FALSE_LISTED_A_SCAN = 20.0
MOST_LISTED = 30
# With fewer planes inside its cube, a look-alike is seen less well than in the product.
FEWEST_PLANES = 4

Part = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class HeldOut:
    """A candidate of a cube that did not train: its planes' logits, float32 (plane,), and the number of its cube."""

    logit: NDArray[np.float32]
    is_nodule: bool
    cube: int


def held_out_candidates(part: Part) -> list[HeldOut]:
    """Those of one fold that the cube holds enough planes of."""
    found = []
    for number in np.unique(part["cube_candidate"]):
        chosen = part["cube_candidate"] == number
        if chosen.sum() >= FEWEST_PLANES:
            is_nodule, cube = bool(part["cube_is_nodule"][chosen][0]), int(part["cube_number"][chosen][0])
            found.append(HeldOut(part["cube_logit"][chosen], is_nodule, cube))
    return found


def fused_candidates(part: Part) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Fused logit and label of each held-out candidate of one fold."""
    candidates = held_out_candidates(part)
    return fuse_planes([one.logit for one in candidates]), np.array([one.is_nodule for one in candidates])


def calibrate(parts: list[Part], scans: dict[str, Any] | None = None) -> dict[str, Any]:
    """Fit on all folds; the calibration errors are of each fold under a fit to the other folds.

    scans: of `development_scans`, each judged by weights that did not learn from it; raise the threshold, if need be,
           above the third most probable false finding of each
    """
    folds = [fused_candidates(part) for part in parts]
    score, label = np.concatenate([s for s, _ in folds]), np.concatenate([y for _, y in folds])
    slope, offset = fit_calibration(score, label)
    held_out = held_out_probabilities(folds)
    crops = [(part["one_view"], part["is_nodule"]) for part in parts]
    crop_probability, crop_label = held_out_probabilities(crops), np.concatenate([y for _, y in crops])
    shift = float(np.log(NODULES_A_SCAN / CANDIDATES_A_SCAN) - np.log(label.mean() / (1 - label.mean())))
    probability = 1 / (1 + np.exp(-(slope * score + offset + shift)))

    def exceeded_by(a_scan: float) -> float:
        return float(np.quantile(probability[~label], 1 - a_scan / CANDIDATES_A_SCAN, method="higher"))

    by_cubes = exceeded_by(FALSE_MARKS_A_SCAN)
    # Findings' probabilities are rounded to four digits: one more in the last lies above.
    threshold = round(max(by_cubes, threshold_of(scans or {})) + 1e-4, 4)
    listed = round(exceeded_by(FALSE_LISTED_A_SCAN), 4)
    return {
        "nodules": int(label.sum()),
        "look_alikes": int((~label).sum()),
        "slope": round(slope, 4),
        "offset": round(offset + shift, 4),
        "prior_shift": round(shift, 4),
        "threshold_by_cubes": round(by_cubes, 4),
        "threshold": threshold,
        "lowest_listed": listed,
        "auc": round(area_under_curve(score, label), 4),
        "marked_nodules": exact_interval(int((probability[label] >= threshold).sum()), int(label.sum())),
        "listed_nodules": exact_interval(int((probability[label] >= listed).sum()), int(label.sum())),
        "calibration_error": round(calibration_error(held_out, label), 4),
        "reliability": reliability(held_out, label),
        "crop_calibration_error": round(calibration_error(crop_probability, crop_label), 4),
        "crop_reliability": reliability(crop_probability, crop_label),
    }


def threshold_of(scans: dict[str, Any]) -> float:
    """The lowest probability that leaves no scan more than the false marks allowed; 0 without scans."""
    allowed = int(FALSE_MARKS_A_SCAN)
    beyond = [sorted(scan["false_probabilities"], reverse=True)[allowed:] for scan in scans.values()]
    return max((each[0] for each in beyond if each), default=0.0)


def operating_point(calibration: dict[str, Any]) -> dict[str, Any]:
    """As the card has it."""
    return {
        "slope": calibration["slope"],
        "offset": calibration["offset"],
        "threshold": calibration["threshold"],
        "lowestListed": calibration["lowest_listed"],
        "mostListed": MOST_LISTED,
    }


def held_out_probabilities(folds: list[tuple[NDArray[Any], NDArray[np.bool_]]]) -> NDArray[np.float64]:
    """Of each fold's logits, calibrated on the other folds; (logit, label) a fold."""
    found = []
    for number, (own, _) in enumerate(folds):
        others = [fold for other, fold in enumerate(folds) if other != number]
        slope, offset = fit_calibration(np.concatenate([s for s, _ in others]), np.concatenate([y for _, y in others]))
        found.append(1 / (1 + np.exp(-(slope * own.astype(np.float64) + offset))))
    return np.concatenate(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True, help="folder with fold-N.npz of `evaluate`")
    parser.add_argument("--scans", type=Path, help="scans.json of `development_scans`")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    scans = json.loads(options.scans.read_text()) if options.scans else None
    found = calibrate([dict(np.load(file)) for file in sorted(options.folds.glob("fold-*.npz"))], scans)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
