"""Score each fold's encoder on what it did not see.

`python -m triton_models.lung_nodule.training.evaluate --data FOLDER --weights FOLDER --out FOLDER`

Takes the `fold-N.pt` that are there; writes `fold-N.npz` of each and `folds.json`. With `--tuned`, crops near a
development scan are left out: their scans' hard negatives trained.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from triton_models.lung_nodule.training.crops import load_crops
from triton_models.lung_nodule.training.cubes import load_cube_planes
from triton_models.lung_nodule.training.folds import FOLDS, Split, blocked_folds, split
from triton_models.lung_nodule.training.network import PlaneEncoder
from triton_models.lung_nodule.training.statistics import summarize
from triton_models.lung_nodule.training.train import load_encoder, score_squares


def score_fold(encoder: PlaneEncoder, part: Split, is_tuned: bool, path: Path) -> None:
    """Keep the logits of the crops and of the cube planes that are held out."""
    crops = part.held_out.take(~part.held_out.near_development_scan) if is_tuned else part.held_out
    np.savez(
        path,
        candidate_row=crops.candidate_row,
        is_nodule=crops.is_nodule,
        one_view=score_squares(encoder, crops.image),
        cube_is_nodule=part.held_out_planes.is_nodule,
        cube_candidate=part.held_out_planes.candidate,
        cube_number=part.held_out_planes.cube,
        cube_logit=score_squares(encoder, part.held_out_planes.image),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="folder with fold-N.pt")
    parser.add_argument("--tuned", action="store_true", help="the weights are of `tune`")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    crops, planes = load_crops(options.data), load_cube_planes(options.data)
    parts = {}
    for fold in blocked_folds(crops.candidate_row, FOLDS):
        weights, path = options.weights / f"fold-{fold.index}.pt", options.out / f"fold-{fold.index}.npz"
        if weights.exists():
            score_fold(load_encoder(weights), split(crops, planes, fold), options.tuned, path)
            parts[fold.index] = dict(np.load(path))
    summary: dict[str, Any] = {"one_view": summarize(list(parts.values()), "one_view")}
    summary["folds"] = [{"fold": fold, **summarize([part], "one_view", resamples=200)} for fold, part in parts.items()]
    (options.out / "folds.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
