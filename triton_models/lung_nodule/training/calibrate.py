"""From held-out scores to a probability and an operating point.

`python -m triton_models.lung_nodule.training.calibrate --folds FOLDER --out calibration.json`

What is calibrated is what the product uses: the fused logit of a candidate's planes. Each cube's nodule and
look-alikes are scored by the fold that did not train on their scan. A cube holds one nodule for about twenty
look-alikes, a scan one for hundreds of candidates: the offset is moved by the difference of the log odds (prior shift).
The thresholds follow from how often look-alikes reach them. No whole scan is fitted here; but the rate for listing was
raised from 12 to 20 after a nodule of a development scan had not been listed.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.inference.findings import fuse_planes
from triton_models.lung_nodule.training.statistics import area_under_curve, calibration_error, fit_calibration

# LUNA16 counts 1,186 nodules in 888 scans.
NODULES_A_SCAN = 1186 / 888
# About as many as LUNA16 lists a scan. What the finder gives beyond is weaker and scores less often.
CANDIDATES_A_SCAN = 600
FALSE_MARKS_A_SCAN = 2.0
FALSE_LISTED_A_SCAN = 20.0
# With fewer planes inside its cube, a look-alike is seen less well than in the product.
FEWEST_PLANES = 4

Part = dict[str, NDArray[Any]]


def fused_candidates(part: Part) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Fused logit and label of each held-out candidate of one fold."""
    planes = [
        (part["cube_logit"][chosen], bool(part["cube_is_nodule"][chosen][0]))
        for chosen in (part["cube_candidate"] == number for number in np.unique(part["cube_candidate"]))
        if chosen.sum() >= FEWEST_PLANES
    ]
    return fuse_planes([logits for logits, _ in planes]), np.array([is_nodule for _, is_nodule in planes])


def calibrate(parts: list[Part]) -> dict[str, Any]:
    """Fit on all folds; the calibration error is of each fold under a fit to the other folds."""
    folds = [fused_candidates(part) for part in parts]
    score, label = np.concatenate([s for s, _ in folds]), np.concatenate([y for _, y in folds])
    slope, offset = fit_calibration(score, label)
    held_out = []
    for number, (own, _) in enumerate(folds):
        others = [fold for other, fold in enumerate(folds) if other != number]
        a, b = fit_calibration(np.concatenate([s for s, _ in others]), np.concatenate([y for _, y in others]))
        held_out.append(1 / (1 + np.exp(-(a * own + b))))
    shift = float(np.log(NODULES_A_SCAN / CANDIDATES_A_SCAN) - np.log(label.mean() / (1 - label.mean())))
    marked = float(np.quantile(score[~label], 1 - FALSE_MARKS_A_SCAN / CANDIDATES_A_SCAN, method="higher"))
    listed = float(np.quantile(score[~label], 1 - FALSE_LISTED_A_SCAN / CANDIDATES_A_SCAN, method="higher"))

    def probability(logit: float) -> float:
        return round(float(1 / (1 + np.exp(-(slope * logit + offset + shift)))), 4)

    return {
        "nodules": int(label.sum()),
        "look_alikes": int((~label).sum()),
        "slope": round(slope, 4),
        "offset": round(offset + shift, 4),
        "prior_shift": round(shift, 4),
        "threshold": probability(marked),
        "lowest_listed": probability(listed),
        "auc": round(area_under_curve(score, label), 4),
        "marked_nodules": round(float((score[label] > marked).mean()), 4),
        "listed_nodules": round(float((score[label] > listed).mean()), 4),
        "calibration_error": round(calibration_error(np.concatenate(held_out), label), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True, help="folder with fold-N.npz of `evaluate`")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = calibrate([dict(np.load(file)) for file in sorted(options.folds.glob("fold-*.npz"))])
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
