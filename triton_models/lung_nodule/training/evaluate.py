"""Train and score every blocked fold.

`python -m triton_models.lung_nodule.training.evaluate --data FOLDER --out FOLDER`

Writes `fold-N.npz` and `fold-N.pt` as each fold ends (a run that was stopped goes on with the missing ones), then
`folds.json`. A fold trains on crops outside its block and guard band, and on cubes that surely lie outside; it scores
the block's crops and the cubes that surely lie inside.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from triton_models.lung_nodule.training.crops import Crops, load_crops
from triton_models.lung_nodule.training.cubes import CubePlanes, load_cube_planes
from triton_models.lung_nodule.training.folds import GUARD_BAND_ROWS, Fold, blocked_folds
from triton_models.lung_nodule.training.statistics import summarize
from triton_models.lung_nodule.training.train import Schedule, Source, score_squares, train_encoder

FOLDS = 5


def score_fold(crops: Crops, planes: CubePlanes, fold: Fold, schedule: Schedule, path: Path) -> None:
    """Train without the fold's block and its guard band, and keep the logits of the block."""
    held_out, training = crops.take(fold.is_held_out), crops.take(fold.is_training)
    first, last = int(held_out.candidate_row.min()), int(held_out.candidate_row.max())
    # The last block's last row is the table's last: nothing lies beyond it.
    away = planes.take(planes.far_from(first - GUARD_BAND_ROWS, last + GUARD_BAND_ROWS))
    inside = planes.take(planes.within(first, last))
    sources = [
        Source(training.image, training.is_nodule, schedule.crops),
        Source(away.image, away.is_nodule, schedule.cube_planes),
    ]
    encoder = train_encoder(sources, schedule, lambda line: print(fold.index, line, flush=True))
    torch.save(encoder.state_dict(), path.with_suffix(".pt"))
    np.savez(
        path,
        candidate_row=held_out.candidate_row,
        is_nodule=held_out.is_nodule,
        one_view=score_squares(encoder, held_out.image, 1),
        eight_views=score_squares(encoder, held_out.image, 8),
        cube_is_nodule=inside.is_nodule,
        cube_candidate=inside.candidate,
        cube_logit=score_squares(encoder, inside.image, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)), help="which to train now")
    parser.add_argument("--epochs", type=int, default=Schedule.epochs)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    crops, planes = load_crops(options.data), load_cube_planes(options.data)
    for fold in blocked_folds(crops.candidate_row, FOLDS):
        path = options.out / f"fold-{fold.index}.npz"
        if fold.index in options.folds and not path.exists():
            score_fold(crops, planes, fold, Schedule(epochs=options.epochs, seed=1 + fold.index), path)
    parts = [dict(np.load(path)) for path in sorted(options.out.glob("fold-*.npz"))]
    summary = {view: summarize(parts, view) for view in ("one_view", "eight_views")}
    summary["folds"] = [summarize([part], "one_view", resamples=200) for part in parts]
    (options.out / "folds.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
