"""Slope and offset of the probability, from the held-out logits. `… .calibrate --folds FOLDER --out calibration.json`.

The crops hold one nodule in six. In a scan one candidate in `CANDIDATES_A_NODULE` is one, so the offset is moved by the
difference of the log odds (prior shift). The operating point is the logit that `FALSE_POSITIVE_RATE` of the held-out
non-nodules reach. Neither the three development scans nor any other whole scan has a say in it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triton_models.lung_nodule.training.statistics import calibration_error, fit_calibration

# After merging, the product looks at about a hundred distinct places a scan; LUNA16 has 1.3 nodules a scan.
CANDIDATES_A_NODULE = 75.0
FALSE_POSITIVE_RATE = 0.01


def calibrate(parts: list[dict[str, NDArray[Any]]], view: str = "one_view") -> dict[str, float]:
    """Fit on all folds; the calibration error is of each fold under a fit to the other folds."""
    scores = [part[view].astype(np.float64) for part in parts]
    labels = [part["is_nodule"] for part in parts]
    slope, offset = fit_calibration(np.concatenate(scores), np.concatenate(labels))
    held_out = []
    for number in range(len(parts)):
        others = [k for k in range(len(parts)) if k != number]
        a, b = fit_calibration(np.concatenate([scores[k] for k in others]), np.concatenate([labels[k] for k in others]))
        held_out.append(1 / (1 + np.exp(-(a * scores[number] + b))))
    crops_odds = float(np.mean(np.concatenate(labels)))
    shift = np.log(1 / (CANDIDATES_A_NODULE - 1)) - np.log(crops_odds / (1 - crops_odds))
    others_score = np.concatenate(scores)[~np.concatenate(labels)]
    threshold = float(np.quantile(others_score, 1 - FALSE_POSITIVE_RATE))
    return {
        "slope": slope,
        "offset": offset + float(shift),
        "offset_at_crop_prevalence": offset,
        "threshold_logit": threshold,
        "threshold": float(1 / (1 + np.exp(-(slope * threshold + offset + shift)))),
        "held_out_calibration_error": calibration_error(np.concatenate(held_out), np.concatenate(labels)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True, help="folder with fold-N.npz of `evaluate`")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    parts = [dict(np.load(file)) for file in sorted(options.folds.glob("fold-*.npz"))]
    options.out.write_text(json.dumps(calibrate(parts), indent=1) + "\n")


if __name__ == "__main__":
    main()
