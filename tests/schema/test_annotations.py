"""Annotations in the images of a case, as readers draw, change and delete them."""

import asyncio
import math
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from api import annotations
from api.annotations import AnnotationKind, Drawing
from api.errors import Conflict, Invalid
from api.persistence import tables
from api.persistence.places import Place
from schema.node_ids import node_id
from tests.people import limited
from tests.schema.drawing import ANNOTATIONS, LINE, box, draw, erase, listed, measured, place, save
from tests.schema.edge import Edge
from tests.schema.reading import NODE, id_of
from tests.schema.rows import MadeCase, Rows
from tests.statements import counted_statements

Json = dict[str, Any]


async def test_a_line_is_measured_by_the_server_and_seen_by_colleagues(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    finding = node_id("Finding", made.findings[0].key)
    anchor = {**place(made), "box": {"left": 10, "top": 20, "width": 30, "height": 40}, "findingId": finding}

    drawn = await draw(edge, made, anchor=anchor, label="Nodule", note="Largest diameter")
    seen = await listed(edge, made, "colleague")

    annotation = drawn["annotation"]
    assert drawn["errors"] == []
    assert annotation["quantities"] == [{"name": "Length", "value": pytest.approx(50 * 0.7), "unit": "mm"}]
    assert annotation["points"] == [{"x": 10.0, "y": 20.0}, {"x": 40.0, "y": 60.0}]
    assert (annotation["label"], annotation["note"]) == ("Nodule", "Largest diameter")
    assert (annotation["by"], annotation["case"]) == ({"displayName": "Clinician"}, {"id": id_of(made)})
    assert annotation["anchor"] == {
        "frameIndex": 1,
        "box": {"left": 10.0, "width": 30.0},
        "stack": {"id": anchor["stackId"]},
        "finding": {"id": finding},
    }
    assert [edge["node"] for edge in seen["edges"]] == [annotation]


async def test_without_spacing_lengths_and_areas_are_in_pixels(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    async with edge.house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Stack, made.stack.key)).row_spacing = None

    line = await draw(edge, made)
    finding = await draw(edge, made, kind="FINDING", points=box(0, 0, 30, 10))

    assert measured(line) == {"Length": (50.0, "{pixels}")}
    assert measured(finding) == {"Area": (300.0, "{pixels}")}


async def test_a_finding_names_the_analysis_that_missed_it(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    own, foreign = (node_id("Analysis", one.analysis.key) for one in (made, other))

    drawn = await draw(edge, made, kind="FINDING", missedById=own)
    of_another = await draw(edge, made, kind="FINDING", missedById=foreign)
    of_a_line = await draw(edge, made, missedById=own)

    assert drawn["annotation"]["missedBy"] == {"id": own}
    assert measured(drawn)["Area"] == (pytest.approx(30 * 40 * 0.49), "mm2")
    assert set(measured(drawn)) == {"Area"}
    assert (of_another["errors"][0]["code"], of_another["errors"][0]["field"]) == ("NOT_FOUND", ["missedById"])
    assert (of_a_line["errors"][0]["code"], of_a_line["errors"][0]["field"]) == ("INVALID", ["missedById"])


async def test_an_annotation_sent_twice_is_drawn_once(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    first, again = await asyncio.gather(*(draw(edge, made, idempotencyKey="k") for _ in range(2)))
    other = await draw(edge, made, label="Another", idempotencyKey="k")
    id = first["annotation"]["id"]
    change = {"annotationId": id, "kind": "LENGTH", "anchor": place(made, 2), "points": LINE, "idempotencyKey": "c"}
    changed = await save(edge, **change)
    changed_again = await save(edge, **change)

    assert first["annotation"] == again["annotation"]
    assert other["errors"][0]["code"] == "CONFLICT"
    assert changed["annotation"] == changed_again["annotation"]
    assert (await listed(edge, made))["totalCount"] == 1


async def test_whoever_drew_it_changes_all_of_it(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    before = (await draw(edge, made, label="Nodule", note="Old"))["annotation"]
    new: Json = {"kind": "FINDING", "anchor": place(made, 2), "points": box(0, 0, 10, 10), "note": "New"}

    after = (await save(edge, annotationId=before["id"], **new))["annotation"]
    by_another = await save(edge, "colleague", annotationId=before["id"], **new)

    assert (after["id"], after["kind"], after["label"], after["note"]) == (before["id"], "FINDING", None, "New")
    assert after["anchor"]["frameIndex"] == 2
    assert [found["name"] for found in after["quantities"]] == ["Area"]
    assert after["createdAt"] == before["createdAt"] < after["updatedAt"]
    assert (by_another["errors"][0]["code"], by_another["errors"][0]["field"]) == ("FORBIDDEN", ["annotationId"])
    assert [edge["node"] for edge in (await listed(edge, made))["edges"]] == [after]


async def test_of_a_deleted_annotation_its_id_and_place_stay(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    analysis = node_id("Analysis", made.analysis.key)
    drawn = (await draw(edge, made, kind="FINDING", label="Gone", note="Too", missedById=analysis))["annotation"]

    refused = await erase(edge, drawn["id"], "colleague")
    gone = (await erase(edge, drawn["id"]))["annotation"]
    again = await erase(edge, drawn["id"])
    changed = await save(edge, annotationId=drawn["id"], kind="LENGTH", anchor=place(made), points=LINE)

    assert refused["errors"] == [{"code": "FORBIDDEN", "field": ["annotationId"]}]
    assert (gone["id"], gone["deleted"], gone["anchor"]) == (drawn["id"], True, drawn["anchor"])
    assert (gone["points"], gone["quantities"]) == ([], [])
    assert (gone["label"], gone["note"], gone["missedBy"]) == (None, None, None)
    assert again == {"annotation": gone, "errors": []}
    assert changed["errors"][0]["code"] == "CONFLICT"
    assert [edge["node"] for edge in (await listed(edge, made))["edges"]] == [gone]


async def test_a_patient_neither_draws_nor_sees_annotations(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient", "CONTRIBUTOR")
    drawn = (await draw(edge, made))["annotation"]["id"]

    refused = await draw(edge, made, "patient")
    hidden = await erase(edge, drawn, "patient")

    assert (await listed(edge, made, "patient")) == {
        **{"totalCount": 0, "edges": []},
        "pageInfo": {"hasNextPage": False, "endCursor": None},
    }
    assert (await edge.data(NODE, {"id": drawn}, "patient"))["node"] is None
    assert refused["errors"][0]["code"] == "FORBIDDEN"
    assert hidden["errors"] == [{"code": "NOT_FOUND", "field": ["annotationId"]}]


async def test_a_stranger_learns_of_neither_case_nor_annotation(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    drawn = (await draw(edge, made))["annotation"]["id"]
    nothing = node_id("Annotation", made.case.key)
    line: Json = {"kind": "LENGTH", "anchor": place(made), "points": LINE}

    there, absent = [await save(edge, "stranger", annotationId=id, **line) for id in (drawn, nothing)]

    assert there == absent
    assert (there["errors"][0]["code"], there["errors"][0]["field"]) == ("NOT_FOUND", ["annotationId"])
    assert (await draw(edge, made, "stranger"))["errors"][0]["code"] == "NOT_FOUND"
    assert (await edge.data(NODE, {"id": drawn}, "stranger"))["node"] is None
    assert (await edge.data(NODE, {"id": drawn}, "colleague"))["node"] == {"id": drawn}


async def test_whoever_only_reads_sees_annotations_and_draws_none(edge: Edge, rows: Rows) -> None:
    made = await rows.case("stranger")
    await rows.share(made, "clinician", "READER")
    await draw(edge, made, "stranger")

    refused = await draw(edge, made, "clinician")

    assert refused["errors"][0]["code"] == "FORBIDDEN"
    assert (await listed(edge, made, "clinician"))["totalCount"] == 1


async def test_whoever_may_draw_no_longer_cannot_change_what_they_drew(edge: Edge, rows: Rows) -> None:
    made = await rows.case("stranger")
    place_there = await rows.share(made, "clinician", "CONTRIBUTOR")
    drawn = (await draw(edge, made))["annotation"]["id"]
    await rows.unshare(place_there)
    await rows.share(made, "clinician", "READER")

    assert [error["code"] for error in (await erase(edge, drawn))["errors"]] == ["FORBIDDEN"]


OUTSIDE = "x goes from 0 to 512, y from 0 to 512"


@pytest.mark.parametrize(
    ("given", "code", "field", "says"),
    [
        ({"points": box(0, 0, 512.1, 0)}, "INVALID", ["points"], OUTSIDE),
        ({"points": box(0, -0.1, 1, 0)}, "INVALID", ["points"], OUTSIDE),
        ({"points": LINE[:1]}, "INVALID", ["points"], "A LENGTH has 2 points, not 1."),
        ({"points": []}, "INVALID", ["points"], "not 0"),
        ({"points": LINE * 500}, "INVALID", ["points"], "not 1000"),
        ({"kind": "POINT"}, "INVALID", ["points"], "A POINT has 1 point, not 2."),
        ({"points": box(3, 3, 3, 3)}, "INVALID", ["points"], "the same"),
        ({"kind": "ELLIPSE", "points": box(3, 3, 9, 3)}, "INVALID", ["points"], "apart in width and in height"),
        ({"kind": "FINDING", "points": box(3, 3, 3, 9)}, "INVALID", ["points"], "apart in width and in height"),
        ({"label": " "}, "INVALID", ["label"], "at least one character"),
        ({"note": "a\0b"}, "INVALID", ["note"], "printable"),
        ({"label": "x" * 201}, "TOO_LARGE", ["label"], "200"),
        ({"note": "x" * 4001}, "TOO_LARGE", ["note"], "4,000"),
        ({"idempotencyKey": ""}, "INVALID", ["idempotencyKey"], "characters"),
        ({"caseId": None}, "INVALID", ["caseId"], "or annotationId to change one"),
        ({"annotationId": "x"}, "INVALID", ["caseId"], "not both"),
        ({"caseId": None, "annotationId": "x"}, "NOT_FOUND", ["annotationId"], "no such annotation"),
    ],
)
async def test_an_annotation_that_cannot_be_is_refused(
    edge: Edge, rows: Rows, given: Json, code: str, field: list[str], says: str
) -> None:
    made = await rows.case()

    answer = await draw(edge, made, **given)

    (error,) = answer["errors"]
    assert (answer["annotation"], error["code"], error["field"]) == (None, code, field)
    assert says in error["message"]
    assert (await listed(edge, made))["totalCount"] == 0


async def test_the_corners_of_the_picture_are_in_it(edge: Edge, rows: Rows) -> None:
    drawn = await draw(edge, await rows.case(), points=box(0, 512, 512, 0))

    assert measured(drawn)["Length"][0] == pytest.approx(math.hypot(512, 512) * 0.7)


async def test_a_place_in_another_case_is_refused(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    finding = node_id("Finding", other.findings[0].key)

    answers = [
        await draw(edge, made, anchor=anchor)
        for anchor in (place(other), place(made, 3), {**place(made), "findingId": finding})
    ]

    assert [(answer["errors"][0]["code"], answer["errors"][0]["field"]) for answer in answers] == [
        ("NOT_FOUND", ["anchor", "stackId"]),
        ("INVALID", ["anchor", "frameIndex"]),
        ("NOT_FOUND", ["anchor", "findingId"]),
    ]


async def test_a_case_holds_so_many_annotations_and_no_more(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    house, actor = limited(edge.served, annotations_per_case=2), rows.actor("clinician")
    await erase(edge, (await draw(edge, made))["annotation"]["id"])
    await draw(edge, made)

    with pytest.raises(Conflict, match="at most 2 annotations"):
        async with house.unit_of_work(actor) as uow:
            await annotations.draw(uow, made.case.key, line_in(made))
    async with house.unit_of_work(actor) as uow:
        await annotations.draw(uow, other.case.key, line_in(other))

    assert [(await listed(edge, one))["totalCount"] for one in (made, other)] == [2, 1]


def line_in(made: MadeCase) -> Drawing:
    return Drawing(AnnotationKind.LENGTH, Place(made.stack.key, 0), ((1.0, 2.0), (3.0, 4.0)))


@pytest.mark.parametrize("point", [(math.nan, 1.0), (1.0, math.inf), (-math.inf, 1.0)])
async def test_a_point_that_is_nowhere_is_refused(edge: Edge, rows: Rows, point: tuple[float, float]) -> None:
    made = await rows.case()
    drawing = Drawing(AnnotationKind.POINT, Place(made.stack.key, 0), (point,))

    with pytest.raises(Invalid, match="outside the picture"):
        async with edge.served.unit_of_work(rows.actor("clinician")) as uow:
            await annotations.draw(uow, made.case.key, drawing)


async def test_annotations_are_paged_oldest_first(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    drawn = [(await draw(edge, made))["annotation"]["id"] for _ in range(3)]

    first = (await edge.data(ANNOTATIONS, {"id": id_of(made), "first": 2}, "clinician"))["case"]["annotations"]
    rest = {"id": id_of(made), "first": 2, "after": first["pageInfo"]["endCursor"]}
    second = (await edge.data(ANNOTATIONS, rest, "clinician"))["case"]["annotations"]

    assert [[edge["node"]["id"] for edge in page["edges"]] for page in (first, second)] == [drawn[:2], drawn[2:]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert first["totalCount"] == 3


async def test_a_list_of_annotations_asks_the_database_a_fixed_number_of_times(edge: Edge, rows: Rows) -> None:
    made, whole = await rows.case(), {"first": 100}
    await _fill(edge, rows, made, 1)
    await edge.data(ANNOTATIONS, {"id": id_of(made), **whole}, "clinician")
    with counted_statements(edge.served) as one:
        await edge.data(ANNOTATIONS, {"id": id_of(made), **whole}, "clinician")
    await _fill(edge, rows, made, 99)

    with counted_statements(edge.served) as many:
        found = await edge.data(ANNOTATIONS, {"id": id_of(made), **whole}, "clinician")

    nodes = [edge["node"] for edge in found["case"]["annotations"]["edges"]]
    assert len(nodes) == 100
    assert all(node["missedBy"] and node["anchor"]["finding"] and node["by"] for node in nodes)
    assert len(many) == len(one), "\n".join(many)


async def _fill(edge: Edge, rows: Rows, made: MadeCase, count: int) -> None:
    """Findings by two people, each with everything that another row has to tell."""
    anchor = {"stack": str(made.stack.key), "frame_index": 0, "box": None, "finding": str(made.findings[0].key)}
    async with edge.house.unit_of_work() as uow:
        uow.session.add_all(
            tables.Annotation(
                organization_key=made.case.organization_key,
                case_key=made.case.key,
                author_key=rows.people[("clinician", "colleague")[number % 2]].key,
                kind="FINDING",
                anchor=anchor,
                points=[[1, 2], [3, 4]],
                missed_by_key=made.analysis.key,
            )
            for number in range(count)
        )


async def test_what_readers_write_lies_sealed_in_the_database(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await draw(edge, made, label="Spiculated", note="Right upper lobe")

    async with edge.house.sessions() as session:
        content = (await session.execute(text("select a::text from annotations a"))).scalar_one()
    hex_of = [word.encode().hex() for word in ("Spiculated", "upper lobe")]

    assert "Spiculated" not in content
    assert not any(each in content for each in hex_of)


async def test_drawing_changing_and_deleting_are_audited(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    id = (await draw(edge, made))["annotation"]["id"]
    await save(edge, annotationId=id, kind="LENGTH", anchor=place(made), points=LINE)
    await erase(edge, id, "colleague")
    await erase(edge, id)

    statement = select(col(tables.AuditEntry.action), col(tables.AuditEntry.outcome)).order_by(
        col(tables.AuditEntry.number)
    )
    async with edge.house.sessions() as session:
        entries = [tuple(row) for row in await session.execute(statement)]

    assert [entry for entry in entries if "annotat" in entry[0]] == [
        ("case:annotate", "ok"),
        ("case:change_annotation", "ok"),
        ("case:annotate", "refused"),
        ("case:delete_annotation", "ok"),
    ]


async def test_a_case_removed_for_good_takes_its_annotations_along(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await draw(edge, made, kind="FINDING", missedById=node_id("Analysis", made.analysis.key))

    async with edge.house.unit_of_work() as uow:
        await uow.session.delete(await uow.session.get_one(tables.Case, made.case.key))
    async with edge.house.sessions() as session:
        left = (await session.execute(select(tables.Annotation))).scalars().all()

    assert left == []


async def test_of_a_deleted_case_no_annotation_is_seen(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    drawn = (await draw(edge, made))["annotation"]["id"]
    delete = 'mutation ($id: ID!) { deleteCase(input: {caseId: $id, reason: "A test"}) { errors { code } } }'

    assert (await edge.data(delete, {"id": id_of(made)}, "clinician"))["deleteCase"]["errors"] == []

    assert (await edge.data(NODE, {"id": drawn}, "clinician"))["node"] is None
    assert (await erase(edge, drawn))["errors"] == [{"code": "NOT_FOUND", "field": ["annotationId"]}]
