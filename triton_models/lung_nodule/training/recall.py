"""How many of the cubes' nodules the candidate finder finds, before any network: by texture, diameter and the wall.

`python -m triton_models.lung_nodule.training.recall --data FOLDER --out recall.json`
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from api.inference.candidates import find_candidates
from triton_models.lung_nodule.training.cubes import Cube, grid_of, load_cubes, near_air
from triton_models.lung_nodule.training.statistics import exact_interval

# As many for a cube's 133 ml as a scan's 1,000 are for about 4.5 l of lung.
CANDIDATES_A_CUBE = 30
# Of the outline's diameter, and at least so many mm: how far off its centre a candidate may lie.
CENTERED, NEAREST_MM = 0.3, 2.5
DIAMETERS = ((0.0, 6.0), (6.0, 8.0), (8.0, 12.0), (12.0, 20.0), (20.0, 60.0))
TEXTURES = (("ground glass (1, 2)", (1, 2)), ("part solid (3)", (3,)), ("solid (4, 5)", (4, 5)))


def is_found(cube: Cube) -> bool:
    """Whether one of the cube's candidates lies near the middle of its nodule.

    The product's lungs are closed over nodules of any size at hand; a cube is too small for that, so the outline is
    added to what is searched.
    """
    searched = near_air(cube.hu) | ndimage.binary_dilation(cube.mask, iterations=2)
    found = find_candidates(grid_of(cube.hu), searched, CANDIDATES_A_CUBE)
    away = np.linalg.norm(found.index - np.argwhere(cube.mask).mean(axis=0), axis=1)
    return bool(len(away)) and bool(away.min() <= max(CENTERED * cube.diameter_mm, NEAREST_MM))


def share(hits: Sequence[bool]) -> list[float]:
    """[count, share, low, high], the exact 95 % interval."""
    return [len(hits), *exact_interval(sum(hits), len(hits))]


def groups_of(cube: Cube) -> list[str]:
    """The subgroups that a cube's nodule belongs to; every nodule is in "all"."""
    texture = next(words for words, ratings in TEXTURES if cube.texture in ratings)
    low, high = next(each for each in DIAMETERS if each[0] <= cube.diameter_mm < each[1])
    size = f"{low:.0f} to {high:.0f} mm" if low else f"below {high:.0f} mm"
    return ["all", texture, size, "touches wall" if cube.touches_wall() else "within lung"]


def group_names() -> list[str]:
    """All subgroups, in the order they are told."""
    sizes = [f"{low:.0f} to {high:.0f} mm" if low else f"below {high:.0f} mm" for low, high in DIAMETERS]
    return ["all", *(words for words, _ in TEXTURES), *sizes, "within lung", "touches wall"]


def measure(data: Path) -> dict[str, Any]:
    """Share of nodules with a candidate, by subgroup."""
    hits: dict[str, list[bool]] = {name: [] for name in group_names()}
    for cube in load_cubes(data):
        found = is_found(cube)
        for name in groups_of(cube):
            hits[name].append(found)
    return {
        "candidates_a_cube": CANDIDATES_A_CUBE,
        "groups": {name: share(each) for name, each in hits.items() if each},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = measure(options.data)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
