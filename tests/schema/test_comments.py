"""Comments on a case, as people of two organizations write and read them."""

import pytest

from schema.node_ids import node_id
from tests.schema.edge import Edge, Json
from tests.schema.reading import COMMENTS, NODE, comment, id_of, listen, next_of, sign
from tests.schema.rows import Rows


async def test_a_comment_is_read_by_colleagues_with_its_place(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    anchor = {
        "stackId": node_id("Stack", made.stack.key),
        "frameIndex": 1,
        "box": {"left": 10, "top": 20, "width": 12, "height": 12},
        "findingId": node_id("Finding", made.findings[0].key),
    }
    colleague, stranger = (node_id("User", rows.people[name].key) for name in ("colleague", "stranger"))
    mention = f"@[{colleague}] and @[{stranger}]"

    added = await comment(edge, made, "clinician", f"{mention} what do you think?", anchor=anchor)
    listed = (await edge.data(COMMENTS, {"id": id_of(made)}, "colleague"))["case"]["comments"]

    assert added["errors"] == []
    assert added["comment"]["anchor"]["frameIndex"] == 1
    assert added["comment"]["anchor"]["box"] == {"left": 10, "width": 12}
    assert added["comment"]["anchor"]["finding"]["id"] == anchor["findingId"]
    assert added["comment"]["mentions"] == [{"displayName": "Colleague"}], "a stranger cannot see the case"
    assert [edge["node"]["id"] for edge in listed["edges"]] == [added["comment"]["id"]]


async def test_a_comment_sent_twice_appears_once(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    first = await comment(edge, made, "clinician", idempotencyKey="k")
    again = await comment(edge, made, "clinician", idempotencyKey="k")
    other = await comment(edge, made, "clinician", "Something else", idempotencyKey="k")

    assert first["comment"]["id"] == again["comment"]["id"]
    assert other["errors"][0]["code"] == "CONFLICT"
    assert (await edge.data(COMMENTS, {"id": id_of(made)}, "clinician"))["case"]["comments"]["totalCount"] == 1


async def test_a_patient_reads_what_is_for_everyone_and_nothing_else(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    hidden = await comment(edge, made, "clinician", "Between us")
    await comment(edge, made, "clinician", "Please call", audience="EVERYONE")

    listed = (await edge.data(COMMENTS, {"id": id_of(made)}, "patient"))["case"]["comments"]
    own = await comment(edge, made, "patient", "When?", audience="EVERYONE")
    whispered = await comment(edge, made, "patient", "To doctors alone")
    answered = await comment(edge, made, "patient", "Oh", audience="EVERYONE", replyToId=hidden["comment"]["id"])

    assert (listed["totalCount"], [edge["node"]["body"] for edge in listed["edges"]]) == (1, ["Please call"])
    assert own["errors"] == []
    assert whispered["errors"] == [{"code": "FORBIDDEN", "field": ["audience"]}]
    assert answered["errors"] == [{"code": "NOT_FOUND", "field": ["replyToId"]}]
    assert (await edge.data(NODE, {"id": hidden["comment"]["id"]}, "patient"))["node"] is None


async def test_an_answer_to_clinicians_cannot_be_for_everyone(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    first = (await comment(edge, made, "clinician"))["comment"]["id"]

    refused = await comment(edge, made, "colleague", replyToId=first, audience="EVERYONE")
    taken = await comment(edge, made, "colleague", replyToId=first)

    assert refused["errors"] == [{"code": "INVALID", "field": ["audience"]}]
    assert taken["comment"]["replyTo"] == {"id": first}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"body": "  "}, "INVALID", ["body"]),
        ({"body": "x" * 4001}, "TOO_LARGE", ["body"]),
        ({"body": "a\0b"}, "INVALID", ["body"]),
        ({"body": "x", "idempotencyKey": ""}, "INVALID", ["idempotencyKey"]),
    ],
)
async def test_a_comment_that_cannot_be_is_refused(
    edge: Edge, rows: Rows, given: Json, code: str, field: list[str]
) -> None:
    answer = await comment(edge, await rows.case(), "clinician", **given)

    assert answer["errors"] == [{"code": code, "field": field}]


async def test_a_place_in_another_case_is_refused(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    own, foreign = (node_id("Stack", one.stack.key) for one in (made, other))
    foreign_finding = node_id("Finding", other.findings[0].key)

    answers = [
        await comment(edge, made, "clinician", anchor=anchor)
        for anchor in (
            {"stackId": foreign, "frameIndex": 0},
            {"stackId": own, "frameIndex": 3},
            {"stackId": own, "frameIndex": 0, "box": {"left": 500, "top": 0, "width": 20, "height": 1}},
            {"stackId": own, "frameIndex": 0, "findingId": foreign_finding},
        )
    ]

    assert [(answer["errors"][0]["code"], answer["errors"][0]["field"][-1]) for answer in answers] == [
        ("NOT_FOUND", "stackId"),
        ("INVALID", "frameIndex"),
        ("INVALID", "box"),
        ("NOT_FOUND", "findingId"),
    ]


async def test_a_patient_is_told_of_neither_reviews_nor_clinicians_comments(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")

    async with edge.socket("patient") as patient, edge.socket("colleague") as colleague:
        await listen(edge, patient, made, "patient")
        await listen(edge, colleague, made, "colleague")
        await comment(edge, made, "clinician", "Between us")
        await sign(edge, made)
        await comment(edge, made, "clinician", "For all", audience="EVERYONE")
        told: list[Json] = []
        while not told or told[-1]["__typename"] != "CommentAdded":
            told.append(await patient.event())
        review = await next_of(colleague, "ReviewChanged")

    assert {event["__typename"] for event in told} == {"CaseChanged", "CommentAdded"}
    assert told[-1]["comment"]["body"] == "For all"
    assert review["review"]["impression"] == "A nodule of 8 mm."
