"""Annotations as news of a case: live, replayed, and kept from patients."""

from typing import Any

from tests.schema.drawing import LINE, draw, erase, place, save
from tests.schema.edge import Edge, Socket
from tests.schema.reading import CURSOR, comment, id_of
from tests.schema.rows import MadeCase, Rows

Json = dict[str, Any]

EVENTS = """subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { __typename cursor
  ... on AnnotationChanged { case { id } annotation { id label deleted points { x } } }
  ... on CommentAdded { comment { body } } } }"""


async def cursor_of(edge: Edge, made: MadeCase) -> str:
    return str((await edge.data(CURSOR, {"id": id_of(made)}, "clinician"))["case"]["eventCursor"])


async def heard(socket: Socket) -> list[Json]:
    """Up to the comment that ends it."""
    told: list[Json] = []
    while not told or told[-1]["__typename"] != "CommentAdded":
        told.append(await socket.event())
    return told


async def test_each_change_is_told_live_and_again_in_a_replay(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    before = await cursor_of(edge, made)
    ask = {"id": id_of(made), "after": before}

    async with edge.socket("colleague") as colleague:
        await colleague.subscribe(EVENTS, ask)
        drawn = (await draw(edge, made, label="First"))["annotation"]["id"]
        first = await colleague.event()
        while first["__typename"] != "AnnotationChanged":
            first = await colleague.event()
        await save(edge, annotationId=drawn, kind="LENGTH", anchor=place(made), points=LINE, label="Second")
        await erase(edge, drawn)
        await comment(edge, made, "clinician", "That is all")
        rest = await heard(colleague)
    async with edge.socket("colleague") as colleague:
        await colleague.subscribe(EVENTS, ask)
        replayed = await heard(colleague)
    async with edge.socket("colleague") as colleague:
        await colleague.subscribe(EVENTS, {**ask, "after": first["cursor"]})
        rest_replayed = await heard(colleague)

    told = [event for event in (first, *rest) if event["__typename"] == "AnnotationChanged"]
    again = [event for event in replayed if event["__typename"] == "AnnotationChanged"]
    assert first["case"] == {"id": id_of(made)}
    assert first["annotation"] == {"id": drawn, "label": "First", "deleted": False, "points": [{"x": 10}, {"x": 40}]}
    assert [event["cursor"] for event in again] == [event["cursor"] for event in told]
    assert len(told) == 3
    assert all(event["annotation"] == {"id": drawn, "label": None, "deleted": True, "points": []} for event in again)
    assert [event["cursor"] for event in rest_replayed if event["__typename"] == "AnnotationChanged"] == [
        event["cursor"] for event in told[1:]
    ]


async def test_a_patient_hears_of_no_annotation(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    before = await cursor_of(edge, made)
    await draw(edge, made)

    async with edge.socket("patient") as patient:
        await patient.subscribe(EVENTS, {"id": id_of(made), "after": before})
        await draw(edge, made, kind="FINDING")
        await comment(edge, made, "clinician", "For all", audience="EVERYONE")
        told = await heard(patient)

    assert {event["__typename"] for event in told} == {"CaseChanged", "CommentAdded"}


async def test_what_was_refused_or_sent_again_is_no_news(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    before = await cursor_of(edge, made)
    await draw(edge, made, points=[])
    await draw(edge, made, "stranger")
    for _ in range(2):
        await draw(edge, made, idempotencyKey="k")
    await comment(edge, made, "clinician", "That is all")

    async with edge.socket("colleague") as colleague:
        await colleague.subscribe(EVENTS, {"id": id_of(made), "after": before})
        told = await heard(colleague)

    assert [event["__typename"] for event in told].count("AnnotationChanged") == 1
