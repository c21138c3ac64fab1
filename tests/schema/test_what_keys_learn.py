"""What an application learns that may read cases and not whose they are; and one that may write and not read."""

from typing import Any

import pytest

from api.comments import Audience
from api.permissions import Scope
from api.persistence import tables
from schema.node_ids import node_id
from tests.schema.edge import Edge
from tests.schema.keys import application
from tests.schema.rows import MadeCase, Rows
from tests.statements import counted_statements

Json = dict[str, Any]

IMAGES = """query($id: ID!) { case(id: $id) { title studies { description startedAt accessionNumber studyInstanceUid
  series { description seriesInstanceUid stacks { frameOfReferenceUid frameTable { sopInstanceUid } } } } } }"""
SEARCH = "query($text: String!) { cases(filter: {text: $text}) { totalCount } }"
PEOPLE = """query($id: ID!) { case(id: $id) { createdBy { displayName email }
  participants { user { id displayName email role } } comments { edges { node { author { displayName } } } } } }"""
NODE = "query($id: ID!) { node(id: $id) { ... on User { displayName email } } }"
START = """mutation($id: ID!) { startAnalysis(input: {caseId: $id, idempotencyKey: "k"}) {
  analysis { id findings { label } } errors { code } } }"""
CANCEL = "mutation($id: ID!) { cancelAnalysis(input: {analysisId: $id}) { analysis { id } errors { code field } } }"
COMMENT = """mutation($input: AddCommentInput!) { addComment(input: $input) {
  comment { id body case { title } } errors { code field } } }"""
MANY = """query($ids: [ID!]!) { nodes(ids: $ids) {
  ... on Analysis { status } ... on Finding { label } ... on Review { impression }
  ... on Comment { body anchor { finding { label } } } } }"""


def id_of(made: MadeCase) -> Json:
    return {"id": node_id("Case", made.case.key)}


async def describe(rows: Rows, made: MadeCase) -> None:
    """Words that somebody typed at a scanner."""
    async with rows.house.unit_of_work() as uow:
        series = await uow.session.get_one(tables.Series, made.series.key)
        series.description, series.frame_of_reference_uid = "Thorax of Jane", "2.25.1"


async def test_a_key_without_identity_learns_no_words_dates_or_uids_of_the_images(edge: Edge, rows: Rows) -> None:
    made = await rows.case(title="Follow-up")
    await describe(rows, made)
    await application(edge, rows, Scope.CASES_READ)

    hidden = (await edge.data(IMAGES, id_of(made), "application"))["case"]
    shown = (await edge.data(IMAGES, id_of(made), "colleague"))["case"]

    (study,) = hidden["studies"]
    (series,) = study.pop("series")
    (stack,) = series.pop("stacks")
    assert hidden["title"] == "Follow-up"
    assert set(study.values()) | set(series.values()) == {None}
    assert stack == {"frameOfReferenceUid": None, "frameTable": [{"sopInstanceUid": None}] * 3}
    (study,) = shown["studies"]
    assert (study["description"], study["series"][0]["description"]) == ("CT chest", "Thorax of Jane")
    assert study["series"][0]["stacks"][0]["frameOfReferenceUid"] == "2.25.1"
    assert study["startedAt"] is not None


@pytest.mark.parametrize("text", ["doe", "P1", "A1", "chest"])
async def test_a_key_without_identity_finds_nothing_by_what_it_may_not_see(edge: Edge, rows: Rows, text: str) -> None:
    await rows.case(title="Follow-up")
    await application(edge, rows, Scope.CASES_READ)

    found = {who: (await edge.data(SEARCH, {"text": text}, who))["cases"] for who in ("application", "clinician")}
    by_title = await edge.data(SEARCH, {"text": "follow"}, "application")

    assert found == {"application": {"totalCount": 0}, "clinician": {"totalCount": 1}}
    assert by_title["cases"] == {"totalCount": 1}


@pytest.mark.parametrize(
    ("scopes", "name", "email"),
    [
        ({Scope.CASES_READ}, "A patient", None),
        ({Scope.CASES_READ, Scope.IDENTITY_READ}, "Patient", "patient@test.example"),
    ],
)
async def test_a_patient_who_takes_part_is_named_to_whoever_may_know_who_it_is(
    edge: Edge, rows: Rows, scopes: set[Scope], name: str, email: str | None
) -> None:
    made = await rows.case(owner="patient")
    await rows.share(made, "colleague")
    await application(edge, rows, *scopes)
    said = {"caseId": node_id("Case", made.case.key), "body": "When?", "audience": Audience.EVERYONE.value}
    await edge.data(COMMENT, {"input": said}, "patient")

    case = (await edge.data(PEOPLE, id_of(made), "application"))["case"]
    asked_for = (await edge.data(NODE, {"id": node_id("User", rows.people["patient"].key)}, "application"))["node"]

    people = {one["user"]["role"]: one["user"] for one in case["participants"]}
    assert case["createdBy"] == {"displayName": name, "email": email}
    assert (people["PATIENT"]["displayName"], people["PATIENT"]["email"]) == (name, email)
    assert people["CLINICIAN"]["displayName"] == "Colleague"
    assert case["comments"]["edges"] == [{"node": {"author": {"displayName": name}}}]
    assert asked_for == (None if email is None else {"displayName": name, "email": email})


async def test_a_patient_finds_no_other_patient_by_id_but_the_people_who_care_for_them(edge: Edge, rows: Rows) -> None:
    other = tables.User(
        organization_key=rows.people["patient"].organization_key,
        email="other@test.example",
        display_name="Other",
        role="PATIENT",
    )
    async with rows.house.unit_of_work() as uow:
        uow.session.add(other)

    seen = {
        who: (await edge.data(NODE, {"id": node_id("User", key)}, "patient"))["node"]
        for who, key in (("other", other.key), *((who, rows.people[who].key) for who in ("patient", "clinician")))
    }
    by_a_doctor = (await edge.data(NODE, {"id": node_id("User", other.key)}, "clinician"))["node"]

    assert seen["other"] is None
    assert (seen["patient"]["displayName"], seen["clinician"]["displayName"]) == ("Patient", "Clinician")
    assert by_a_doctor["displayName"] == "Other"


async def test_a_key_that_may_start_analyses_reads_none_of_them(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await application(edge, rows, Scope.ANALYSES_WRITE)

    started = [(await edge.data(START, id_of(made), "application"))["startAnalysis"] for _ in range(2)]

    assert started == [{"analysis": None, "errors": []}] * 2, "by asking again with its key it would read the results"


async def test_a_key_that_may_comment_writes_to_clinicians_and_reads_nothing(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await application(edge, rows, Scope.COMMENTS_WRITE)
    asked = {"caseId": node_id("Case", made.case.key), "body": "From our scheduler"}

    answer = (await edge.data(COMMENT, {"input": asked}, "application"))["addComment"]
    read = "query($id: ID!) { case(id: $id) { comments { edges { node { body audience } } } } }"
    listed = (await edge.data(read, id_of(made), "clinician"))["case"]["comments"]["edges"]

    assert answer == {"comment": None, "errors": []}
    assert listed == [{"node": {"body": "From our scheduler", "audience": "CLINICIANS"}}]


async def test_a_patient_can_neither_name_a_finding_nor_an_analysis(edge: Edge, rows: Rows) -> None:
    made = await rows.case(owner="patient")
    anchor = {"stackId": node_id("Stack", made.stack.key), "frameIndex": 0}
    asked = {"caseId": node_id("Case", made.case.key), "body": "There?", "audience": "EVERYONE"}
    finding = {**anchor, "findingId": node_id("Finding", made.findings[0].key)}

    placed = (await edge.data(COMMENT, {"input": {**asked, "anchor": anchor}}, "patient"))["addComment"]
    pointed = (await edge.data(COMMENT, {"input": {**asked, "anchor": finding}}, "patient"))["addComment"]
    cancelled = (await edge.data(CANCEL, {"id": node_id("Analysis", made.analysis.key)}, "patient"))["cancelAnalysis"]

    assert placed["errors"] == []
    assert pointed["errors"] == [{"code": "NOT_FOUND", "field": ["anchor", "findingId"]}]
    assert cancelled["errors"] == [{"code": "NOT_FOUND", "field": ["analysisId"]}]


async def test_many_things_asked_for_at_once_ask_the_database_a_fixed_number_of_times(edge: Edge, rows: Rows) -> None:
    sign = """mutation($id: ID!) { signReview(input: {caseId: $id, impression: "A nodule.", urgency: ROUTINE}) {
      review { id } } }"""
    ids: list[str] = []
    for _ in range(6):
        made = await rows.case()
        finding = str(node_id("Finding", made.findings[0].key))
        anchor = {"stackId": node_id("Stack", made.stack.key), "frameIndex": 0, "findingId": finding}
        said = {"caseId": node_id("Case", made.case.key), "body": "Here", "anchor": anchor}
        comment = (await edge.data(COMMENT, {"input": said}, "clinician"))["addComment"]["comment"]["id"]
        review = (await edge.data(sign, id_of(made), "clinician"))["signReview"]["review"]["id"]
        ids += [str(node_id("Analysis", made.analysis.key)), finding, review, comment]

    with counted_statements(edge.served) as one:
        await edge.data(MANY, {"ids": ids[:4]}, "clinician")
    with counted_statements(edge.served) as many:
        found = await edge.data(MANY, {"ids": ids}, "clinician")

    assert all(found["nodes"])
    assert found["nodes"][3]["anchor"]["finding"] == {"label": "nodule"}
    assert len(many) == len(one), "\n".join(many)
