"""Measurements on arrays whose answers are known."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api.imaging import measurements
from api.imaging.measurements import (
    Point,
    Quantity,
    Region,
    Rescale,
    area,
    describe_values,
    length,
    unit_of_values,
    value_at,
)

HU = Rescale(intercept=-1024.0)
TYPES = ["uint8", "uint16", "int16"]


def noise(dtype: str, shape: tuple[int, int] = (40, 50)) -> NDArray[Any]:
    limits = np.iinfo(dtype)
    return np.random.default_rng(3).integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)


def described(frame: NDArray[Any], region: Region, a: Point, b: Point, rescale: Rescale = HU) -> dict[str, float]:
    return {found.name: found.value for found in describe_values(frame, region, a, b, rescale, "1")}


def reference(values: NDArray[Any], rescale: Rescale = HU) -> dict[str, float]:
    rescaled = values.astype(np.float64) * rescale.slope + rescale.intercept
    return {
        "Mean": rescaled.mean(),
        "Standard Deviation": rescaled.std(),
        "Minimum": rescaled.min(),
        "Maximum": rescaled.max(),
    }


def test_a_length_goes_by_the_spacing_of_each_direction() -> None:
    assert length((1, 1), (4, 5), None) == Quantity("Length", 5.0, "{pixels}")
    assert length((1, 1), (4, 5), (0.5, 2.0)) == Quantity("Length", math.hypot(3 * 2.0, 4 * 0.5), "mm")
    assert length((0, 7), (10, 7), (9.0, 0.7)).value == pytest.approx(7.0), "along a row only columns count"


def test_an_area_is_that_of_the_shape_as_drawn() -> None:
    assert area(Region.RECTANGLE, (8, 9), (2, 5), (0.5, 2.0)) == Quantity("Area", 6 * 2.0 * 4 * 0.5, "mm2")
    assert area(Region.ELLIPSE, (0, 0), (10, 20), (0.5, 0.5)).value == pytest.approx(math.pi * 2.5 * 5.0)
    assert area(Region.ELLIPSE, (0, 0), (2, 2), None) == Quantity("Area", math.pi, "{pixels}")


def test_values_have_the_unit_that_the_rescale_type_names() -> None:
    assert [unit_of_values(each) for each in ("HU", "MGML", "OD", None)] == ["[hnsf'U]", "mg/ml", "1", "1"]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("rescale", [HU, Rescale(0.25, 10.0), Rescale(-2.0, 5.0)], ids=["whole", "part", "negative"])
def test_a_rectangle_holds_the_pixels_whose_centres_lie_in_it(dtype: str, rescale: Rescale) -> None:
    frame = noise(dtype)

    found = described(frame, Region.RECTANGLE, (12.6, 30.5), (3.5, 20.4), rescale)

    # Centres of columns 3 and 30 lie on the edge, and so inside; that of column 12 at 12.5 does, of 13 not.
    assert found == pytest.approx(reference(frame[20:31, 3:13], rescale))


@pytest.mark.parametrize(
    "corners", [((5.0, 4.0), (25.0, 34.0)), ((0.0, 0.0), (50.0, 40.0)), ((7.3, 9.1), (31.2, 17.7))]
)
def test_an_ellipse_holds_the_pixels_that_its_equation_says(
    corners: tuple[Point, Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = noise("int16")
    (left, top), (right, bottom) = corners
    y, x = np.mgrid[0:40, 0:50] + 0.5
    inside = ((2 * x - left - right) / (right - left)) ** 2 + ((2 * y - top - bottom) / (bottom - top)) ** 2 <= 1

    whole = described(frame, Region.ELLIPSE, *corners)
    monkeypatch.setattr(measurements, "BLOCK_PIXELS", 60)  # a row or so at a time
    in_blocks = described(frame, Region.ELLIPSE, *corners)

    assert whole == pytest.approx(reference(frame[inside]))
    assert in_blocks == whole


def test_a_large_ellipse_holds_about_the_pixels_of_its_area() -> None:
    frame = np.zeros((512, 512), dtype=np.uint16)
    y, x = np.mgrid[0:512, 0:512] + 0.5
    frame[(x - 256) ** 2 / 200**2 + (y - 256) ** 2 / 100**2 <= 1] = 100  # a disc of its own

    found = described(frame, Region.ELLIPSE, (56, 156), (456, 356), Rescale())
    around = described(frame, Region.RECTANGLE, (56, 156), (456, 356), Rescale())

    assert found == {"Mean": 100.0, "Standard Deviation": 0.0, "Minimum": 100.0, "Maximum": 100.0}
    assert around["Mean"] == pytest.approx(100 * math.pi / 4, rel=2e-3)


def test_the_standard_deviation_is_that_of_the_population() -> None:
    frame = np.array([[2, 4, 4, 4, 5, 5, 7, 9]], dtype=np.uint8)

    found = described(frame, Region.RECTANGLE, (0, 0), (8, 1), Rescale())

    assert found == {"Mean": 5.0, "Standard Deviation": 2.0, "Minimum": 2.0, "Maximum": 9.0}


@pytest.mark.parametrize("padding", [-2000, 63000])
def test_padding_is_left_out(padding: int) -> None:
    dtype = "int16" if padding < 0 else "uint16"
    frame = np.full((4, 4), 1000, dtype=dtype)
    frame[:, :2] = padding
    rescale = Rescale(intercept=-1024.0, padding=padding)

    assert described(frame, Region.RECTANGLE, (0, 0), (4, 4), rescale)["Minimum"] == -24.0
    assert describe_values(frame, Region.RECTANGLE, (0, 0), (2, 4), rescale, "1") == []
    assert value_at(frame, (1.5, 1.5), rescale, "1") == []
    assert value_at(frame, (2.5, 1.5), rescale, "1") == [Quantity("Value", -24.0, "1")]


def test_a_padding_value_that_the_pixels_cannot_hold_hides_nothing() -> None:
    frame = np.full((2, 2), 7, dtype=np.uint8)

    assert described(frame, Region.RECTANGLE, (0, 0), (2, 2), Rescale(padding=-2000))["Mean"] == 7.0


def test_a_region_without_a_pixels_centre_has_no_values() -> None:
    frame = noise("uint8")

    assert describe_values(frame, Region.ELLIPSE, (3.6, 3.6), (4.4, 4.4), HU, "1") == []
    assert describe_values(frame, Region.RECTANGLE, (3.6, 3.6), (4.4, 40.0), HU, "1") == []


@pytest.mark.parametrize(
    ("point", "pixel"), [((0, 0), (0, 0)), ((1.99, 0.01), (0, 1)), ((2, 1), (1, 2)), ((50, 40), (39, 49))], ids=str
)
def test_a_point_has_the_value_of_the_pixel_it_lies_in(point: Point, pixel: tuple[int, int]) -> None:
    frame = noise("int16")

    assert value_at(frame, point, HU, "[hnsf'U]") == [Quantity("Value", float(frame[pixel]) - 1024, "[hnsf'U]")]
