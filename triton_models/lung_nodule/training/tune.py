"""A short round at a low rate, with the development scans' hard negatives among the rest.

`python -m triton_models.lung_nodule.training.tune --data FOLDER --weights FOLDER --hard-negatives FILE --out FOLDER`

Four times for each `fold-N.pt`: without the hard negatives of one development scan (`<out>/<scan>/fold-N.pt`, to be
judged on that scan) and with all of them (`<out>/all/fold-N.pt`).
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from triton_models.lung_nodule.training.crops import load_crops
from triton_models.lung_nodule.training.cubes import load_cube_planes
from triton_models.lung_nodule.training.folds import FOLDS, blocked_folds, split
from triton_models.lung_nodule.training.hard_negatives import load_hard_negatives
from triton_models.lung_nodule.training.train import Schedule, Source, load_encoder, sources_of, train_encoder

ALL = "all"
HARD_NEGATIVES = 8
SCHEDULE = Schedule(steps=150, peak_rate=8e-4, crops=42, cube_planes=14, seed=2, reported=50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="folder with fold-N.pt of `train`")
    parser.add_argument("--hard-negatives", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)))
    parser.add_argument("--steps", type=int, default=SCHEDULE.steps)
    options = parser.parse_args()
    torch.set_num_threads(1)
    schedule = Schedule(**{**vars(SCHEDULE), "steps": options.steps})
    hard = load_hard_negatives(options.hard_negatives)
    crops, planes = load_crops(options.data), load_cube_planes(options.data)
    for fold in blocked_folds(crops.candidate_row, FOLDS):
        weights = options.weights / f"fold-{fold.index}.pt"
        if fold.index not in options.folds or not weights.exists():
            continue
        sources = sources_of(split(crops, planes, fold), schedule)
        for left_out in (*sorted(set(hard.scan.tolist())), ALL):
            path = options.out / left_out / f"fold-{fold.index}.pt"
            image = hard.without(left_out)
            negatives = Source(image, np.zeros(len(image), bool), HARD_NEGATIVES)
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(train_encoder([*sources, negatives], schedule, load_encoder(weights)).state_dict(), path)


if __name__ == "__main__":
    main()
