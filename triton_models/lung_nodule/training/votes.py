"""Ways to make one logit of a candidate's planes, compared on held-out cubes; the product has the first of them.

`python -m triton_models.lung_nodule.training.votes --folds FOLDER --out votes.json`
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.inference.findings import fuse_planes
from triton_models.lung_nodule.training.calibrate import Part, held_out_candidates
from triton_models.lung_nodule.training.statistics import area_under_curve, sensitivity_at

Logits = list[NDArray[np.floating[Any]]]


def lowest(share: float) -> Callable[[Logits], NDArray[np.float64]]:
    """The mean of that share of the planes that scores lowest."""

    def vote(logits: Logits) -> NDArray[np.float64]:
        return np.array([np.sort(each)[: max(1, round(len(each) * share))].mean() for each in logits])

    return vote


VOTES: dict[str, Callable[[Logits], NDArray[np.float64]]] = {
    "mean of the lower half": fuse_planes,
    "mean of the lower third": lowest(1 / 3),
    "mean of the lower two thirds": lowest(2 / 3),
    "mean of all": lowest(1.0),
    "lowest": lowest(0.0),
}


def compare(parts: list[Part]) -> dict[str, dict[str, float]]:
    """By vote: AUC and sensitivity at 1 and 2 % of the look-alikes, all folds together."""
    candidates = [one for part in parts for one in held_out_candidates(part)]
    label = np.array([one.is_nodule for one in candidates])
    found = {}
    for words, vote in VOTES.items():
        score = vote([one.logit for one in candidates])
        found[words] = {
            "auc": round(area_under_curve(score, label), 4),
            "sensitivity_at_1_percent": round(sensitivity_at(score, label, 0.01), 4),
            "sensitivity_at_2_percent": round(sensitivity_at(score, label, 0.02), 4),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = compare([dict(np.load(file)) for file in sorted(options.folds.glob("fold-*.npz"))])
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
