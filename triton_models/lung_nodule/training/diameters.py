"""How well diameters are measured: on the cubes, against one reader's outline. No network takes part.

`python -m triton_models.lung_nodule.training.diameters --data FOLDER --out diameters.json`
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from api.inference.candidates import find_candidates
from api.inference.extents import measure_extent
from triton_models.lung_nodule.training.cubes import grid_of, load_cubes


def compare(data: Path) -> dict[str, Any]:
    """Equal-area diameters in mm of the widest slice, measured at the candidate nearest to the outline's centre."""
    pairs, missed = [], 0
    for cube in load_cubes(data):
        found = find_candidates(grid_of(cube.hu), np.ones(cube.hu.shape, bool), 100)
        away = np.linalg.norm(found.index - np.argwhere(cube.mask).mean(axis=0), axis=1)
        if not len(found) or away.min() > cube.diameter_mm / 2:
            missed += 1
            continue
        number = int(away.argmin())
        extent = measure_extent(cube.hu, (1.0, 1.0, 1.0), found.index[number], float(found.diameter[number]))
        pairs.append((cube.diameter_mm, extent.diameter_mm))
    drawn_mm, measured_mm = np.array(pairs).T
    error = measured_mm - drawn_mm
    small = drawn_mm < 12
    return {
        "cubes": len(pairs),
        "without_candidate": missed,
        "median_ratio": round(float(np.median(measured_mm / drawn_mm)), 3),
        "mean_absolute_error_mm": round(float(np.abs(error).mean()), 2),
        "mean_absolute_error_mm_below_12": round(float(np.abs(error[small]).mean()), 2),
        "limits_of_agreement_mm": [round(float(value), 1) for value in np.percentile(error, [2.5, 97.5])],
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
