"""Figures by subgroup where there are enough: cubes by texture, diameter and wall, crops by how grainy they are.

`python -m triton_models.lung_nodule.training.subgroups --data FOLDER --folds FOLDER --calibration FILE --out FILE`

A crop does not say which kernel made it: the finest grain of its aerated lung stands for that (a sharp kernel, a low
dose and thin slices all make it coarse; they are not told apart).
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.inference.findings import fuse_planes
from triton_models.lung_nodule.training.calibrate import Part, held_out_candidates
from triton_models.lung_nodule.training.crops import hounsfield, load_crops
from triton_models.lung_nodule.training.cubes import load_cubes
from triton_models.lung_nodule.training.recall import group_names, groups_of, share
from triton_models.lung_nodule.training.statistics import summarize

AERATED_HU = -750.0
# With less aerated lung in it, a crop says nothing of its grain.
FEWEST_PIXELS = 60
GRAINS = ("smooth third", "middle third", "sharp or noisy third")


def grain_of(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Median absolute second difference along the rows within aerated lung, HU, (crop,); NaN with too little of it.

    image: uint8 (crop, row, column) as the crops are
    """
    hu = hounsfield(image)
    difference = np.abs(hu[:, :, :-2] - 2 * hu[:, :, 1:-1] + hu[:, :, 2:])
    # Air at the low end of the 8 bits is clipped: no grain is left in it.
    triples = np.stack([hu[:, :, :-2], hu[:, :, 1:-1], hu[:, :, 2:]])
    aerated = (triples.max(axis=0) < AERATED_HU) & (triples.min(axis=0) > hounsfield(np.zeros(1, np.uint8))[0])
    enough = aerated.sum(axis=(1, 2)) >= FEWEST_PIXELS
    found = np.full(len(image), np.nan)
    for number in np.flatnonzero(enough):
        found[number] = np.median(difference[number][aerated[number]])
    return found


def crops_by_grain(parts: list[Part], grain_by_row: dict[int, float]) -> dict[str, Any]:
    """AUC and sensitivities of each third of the held-out crops whose grain is known; bounds in HU."""
    grain = [np.array([grain_by_row[int(row)] for row in part["candidate_row"]]) for part in parts]
    known = np.concatenate(grain)
    low, high = np.nanquantile(known, [1 / 3, 2 / 3])
    edges = ((-np.inf, low), (low, high), (high, np.inf))
    found = {}
    for name, (first, last) in zip(GRAINS, edges, strict=True):
        chosen = [(each > first) & (each <= last) for each in grain]
        columns = ("candidate_row", "is_nodule", "one_view")
        taken = [{key: part[key][each] for key in columns} for part, each in zip(parts, chosen, strict=True)]
        found[name] = summarize(taken, "one_view", resamples=500)
    return {"thirds_at_hu": [round(float(low), 1), round(float(high), 1)], "groups": found}


def cubes_by_group(parts: list[Part], data: Path, calibration: dict[str, Any]) -> dict[str, Any]:
    """[count, share, low, high] of the held-out nodules that are marked, by subgroup."""
    nodules = [one for part in parts for one in held_out_candidates(part) if one.is_nodule]
    logit = dict(zip((one.cube for one in nodules), fuse_planes([one.logit for one in nodules]), strict=True))
    marked: dict[str, list[bool]] = {name: [] for name in group_names()}
    for cube in load_cubes(data):
        if cube.number in logit:
            chance = 1 / (1 + np.exp(-(calibration["slope"] * logit[cube.number] + calibration["offset"])))
            for name in groups_of(cube):
                marked[name].append(bool(chance >= calibration["threshold"]))
    return {name: share(each) for name, each in marked.items() if each}


def measure(parts: list[Part], data: Path, calibration: dict[str, Any]) -> dict[str, Any]:
    """All subgroups."""
    crops = load_crops(data)
    grain = dict(zip(crops.candidate_row.tolist(), grain_of(crops.image).tolist(), strict=True))
    return {"cubes": cubes_by_group(parts, data, calibration), "crops": crops_by_grain(parts, grain)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    parts = [dict(np.load(file)) for file in sorted(options.folds.glob("fold-*.npz"))]
    found = measure(parts, options.data, json.loads(options.calibration.read_text()))
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
