"""What annotations say of the pixels they lie on: read from the stored frame, whatever a client thinks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api import annotations
from api.annotations import AnnotationKind, Drawing
from api.persistence import tables
from api.persistence.places import Place
from tests.people import limited
from tests.schema.drawing import box, draw, measured, place, put_frame, save
from tests.schema.edge import Edge
from tests.schema.rows import MadeCase, Rows

HU = "[hnsf'U]"
SHAPE = (512, 512)
INSIDE = {"Mean", "Standard Deviation", "Minimum", "Maximum"}


def noise(dtype: str = "uint16") -> NDArray[Any]:
    return np.random.default_rng(5).integers(0, 2000, SHAPE).astype(dtype)


async def alter_stack(edge: Edge, made: MadeCase, **changes: Any) -> None:
    async with edge.house.unit_of_work() as uow:
        stack = await uow.session.get_one(tables.Stack, made.stack.key)
        for name, value in changes.items():
            setattr(stack, name, value)


async def test_an_ellipse_tells_area_and_hounsfield_units(edge: Edge, rows: Rows) -> None:
    made, frame = await rows.case(), noise()
    await alter_stack(edge, made, row_spacing=0.5, column_spacing=2.0)
    await put_frame(edge, made, frame)
    y, x = np.mgrid[0:512, 0:512] + 0.5
    inside = frame[((x - 110) / 10) ** 2 + ((y - 220) / 20) ** 2 <= 1].astype(np.float64) - 1024

    found = measured(await draw(edge, made, kind="ELLIPSE", points=box(100, 240, 120, 200)))

    assert found == {
        "Area": (pytest.approx(np.pi * 10 * 2.0 * 20 * 0.5), "mm2"),
        "Mean": (pytest.approx(inside.mean()), HU),
        "Standard Deviation": (pytest.approx(inside.std()), HU),
        "Minimum": (inside.min(), HU),
        "Maximum": (inside.max(), HU),
    }


async def test_a_rectangle_and_a_point_tell_what_lies_under_them(edge: Edge, rows: Rows) -> None:
    made, frame = await rows.case(), noise()
    await put_frame(edge, made, frame)

    rectangle = measured(await draw(edge, made, kind="RECTANGLE", points=box(10, 20, 13, 22)))
    point = measured(await draw(edge, made, kind="POINT", points=[{"x": 10.5, "y": 20.9}]))

    assert rectangle["Mean"] == (pytest.approx(frame[20:22, 10:13].mean() - 1024), HU)
    assert point == {"Value": (float(frame[20, 10]) - 1024, HU)}


async def test_a_change_is_measured_anew_in_its_own_frame(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await put_frame(edge, made, np.full(SHAPE, 1024, np.uint16), 0)
    await put_frame(edge, made, np.full(SHAPE, 1074, np.uint16), 2)
    point: dict[str, Any] = {"kind": "POINT", "points": [{"x": 3, "y": 3}]}

    drawn = await draw(edge, made, anchor=place(made, 0), **point)
    moved = await save(edge, annotationId=drawn["annotation"]["id"], anchor=place(made, 2), **point)

    assert (measured(drawn), measured(moved)) == ({"Value": (0.0, HU)}, {"Value": (50.0, HU)})


async def test_padding_has_no_value(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    frame = np.full(SHAPE, 1000, np.int16)
    frame[:, :100] = -2000
    await alter_stack(edge, made, padding_value=-2000)
    await put_frame(edge, made, frame)

    half = measured(await draw(edge, made, kind="RECTANGLE", points=box(90, 0, 110, 10)))
    none = measured(await draw(edge, made, kind="RECTANGLE", points=box(0, 0, 90, 10)))
    point = await draw(edge, made, kind="POINT", points=[{"x": 5, "y": 5}])

    assert (half["Minimum"], half["Area"]) == ((-24.0, HU), (pytest.approx(200 * 0.49), "mm2"))
    assert set(none) == {"Area"}
    assert (measured(point), point["errors"]) == ({}, [])


async def test_a_picture_in_colour_has_areas_and_no_values(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await alter_stack(edge, made, row_spacing=None, column_spacing=None, unit=None)
    await put_frame(edge, made, np.zeros((*SHAPE, 3), np.uint8))

    found = measured(await draw(edge, made, kind="ELLIPSE", points=box(0, 0, 20, 10)))

    assert found == {"Area": (pytest.approx(np.pi * 50), "{pixels}")}


async def test_values_whose_meaning_is_not_known_have_no_unit(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await alter_stack(edge, made, unit=None)
    await put_frame(edge, made, noise())

    found = measured(await draw(edge, made, kind="RECTANGLE", points=box(0, 0, 20, 10)))

    assert {found[name][1] for name in INSIDE} == {"1"}


@pytest.mark.parametrize("content", [None, b"no codestream", np.zeros((4, 4), np.uint16)], ids=["gone", "bad", "other"])
async def test_a_frame_that_cannot_be_read_is_said_to_be_so(edge: Edge, rows: Rows, content: Any) -> None:
    made = await rows.case()
    if content is not None:
        await put_frame(edge, made, content)

    ellipse = await draw(edge, made, kind="ELLIPSE", points=box(0, 0, 20, 10))
    line = await draw(edge, made)

    assert [(error["code"], error["field"]) for error in ellipse["errors"]] == [("UNAVAILABLE", ["anchor"])]
    assert set(measured(line)) == {"Length"}, "which needs no pixels"


async def test_a_frame_larger_than_is_measured_has_areas_and_no_values(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await put_frame(edge, made, noise())
    drawing = Drawing(AnnotationKind.RECTANGLE, Place(made.stack.key, 1), ((0.0, 0.0), (9.0, 9.0)))
    names = []

    for most in (512 * 512, 512 * 512 - 1):
        house = limited(edge.served, annotation_pixels=most)
        async with house.unit_of_work(rows.actor("clinician")) as uow:
            drawn = await annotations.draw(uow, made.case.key, drawing)
            names.append({quantity["name"] for quantity in drawn.quantities})

    assert names == [{"Area"} | INSIDE, {"Area"}]
