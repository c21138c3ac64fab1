"""Comments, reviews, releases and sharing, as people of two organizations use them."""

from typing import Any

import pytest

from api.persistence import tables
from schema.node_ids import node_id
from tests.audit import acts_of
from tests.schema.edge import Edge, Socket
from tests.schema.rows import MadeCase, Rows

Json = dict[str, Any]

COMMENT = """mutation ($input: AddCommentInput!) { addComment(input: $input) {
  comment { id body audience author { displayName } mentions { displayName } replyTo { id }
    anchor { frameIndex box { left width } stack { id } finding { id } } }
  errors { code field } } }"""
COMMENTS = "query ($id: ID!) { case(id: $id) { comments { totalCount edges { node { id body audience } } } } }"
SIGN = """mutation ($input: SignReviewInput!) { signReview(input: $input) {
  review { id impression urgency by { displayName } release { summary withdrawnAt } addenda { id } case { status } }
  errors { code field } } }"""
RELEASE = """mutation ($id: ID!, $summary: String!) { releaseReview(input: {reviewId: $id, summary: $summary}) {
  review { release { summary withdrawnAt } } errors { code field } } }"""
WITHDRAW = """mutation ($id: ID!) { withdrawRelease(input: {reviewId: $id}) {
  review { release { withdrawnAt } } errors { code field } } }"""
SEEN = """query ($id: ID!) { case(id: $id) { status urgency releases { summary by { displayName } }
  reviews { id } latestAnalysis { id } analyses { totalCount } comments { totalCount } } }"""
SHARE = """mutation ($input: ShareCaseInput!) { shareCase(input: $input) {
  participant { id access email user { displayName } } case { participants { access } } errors { code field } } }"""
UNSHARE = """mutation ($case: ID!, $participant: ID!) {
  unshareCase(input: {caseId: $case, participantId: $participant}) {
  case { participants { access } } errors { code field } } }"""
URGENCY = """mutation ($id: ID!, $urgency: Urgency!) { setUrgency(input: {caseId: $id, urgency: $urgency}) {
  case { urgency } errors { code field } } }"""
CURSOR = "query ($id: ID!) { case(id: $id) { eventCursor } }"
EVENTS = """subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { __typename case { title }
  ... on CommentAdded { comment { body } } ... on ReviewChanged { review { impression } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id } }"
PARTICIPANTS = "query ($id: ID!) { case(id: $id) { participants { email user { id } } } }"
ARCHIVE = """mutation ($id: ID!, $archived: Boolean!) { updateCase(input: {caseId: $id, archived: $archived}) {
  case { status } } }"""


def id_of(made: MadeCase) -> str:
    return str(node_id("Case", made.case.key))


async def comment(edge: Edge, made: MadeCase, who: str, body: str = "Look here", **more: Any) -> Json:
    given = {"caseId": id_of(made), "body": body, **more}
    answer: Json = (await edge.data(COMMENT, {"input": given}, who))["addComment"]
    return answer


async def sign(edge: Edge, made: MadeCase, who: str = "clinician", **more: Any) -> Json:
    given = {"caseId": id_of(made), "impression": "A nodule of 8 mm.", "urgency": "ROUTINE", **more}
    answer: Json = (await edge.data(SIGN, {"input": given}, who))["signReview"]
    return answer


async def seen(edge: Edge, made: MadeCase, who: str) -> Json | None:
    found: Json | None = (await edge.data(SEEN, {"id": id_of(made)}, who))["case"]
    return found


async def share(edge: Edge, made: MadeCase, who: str = "clinician", **more: Any) -> Json:
    given = {"caseId": id_of(made), "access": "READER", **more}
    answer: Json = (await edge.data(SHARE, {"input": given}, who))["shareCase"]
    return answer


async def listen(edge: Edge, socket: Socket, made: MadeCase, who: str) -> None:
    """From now on: what happens before the server has begun to listen comes too."""
    after = (await edge.data(CURSOR, {"id": id_of(made)}, who))["case"]["eventCursor"]
    await socket.subscribe(EVENTS, {"id": id_of(made), "after": after})


async def next_of(socket: Socket, kind: str) -> Json:
    """The next event of a kind; those before it are passed over."""
    while True:
        event = await socket.event()
        if event["__typename"] == kind:
            return event


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


async def test_a_signed_review_marks_the_case_and_sets_its_urgency(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    review = (await sign(edge, made, urgency="PRIORITY", recommendation="CT in 6 months"))["review"]

    assert review["case"]["status"] == "REVIEWED"
    assert (review["release"], review["addenda"], review["by"]["displayName"]) == (None, [], "Clinician")
    found = await seen(edge, made, "colleague")
    assert found is not None
    assert (found["urgency"], [one["id"] for one in found["reviews"]]) == ("PRIORITY", [review["id"]])


async def test_a_patient_sees_nothing_before_a_release_and_nothing_after_its_withdrawal(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    hidden: Json = {"urgency": None, "releases": [], "reviews": [], "latestAnalysis": None}
    review = (await sign(edge, made))["review"]["id"]
    before = await seen(edge, made, "patient")

    released = (await edge.data(RELEASE, {"id": review, "summary": "All is well."}, "clinician"))["releaseReview"]
    between = await seen(edge, made, "patient")
    twice = (await edge.data(RELEASE, {"id": review, "summary": "Again"}, "clinician"))["releaseReview"]
    withdrawn = (await edge.data(WITHDRAW, {"id": review}, "clinician"))["withdrawRelease"]
    after = await seen(edge, made, "patient")
    again = (await edge.data(WITHDRAW, {"id": review}, "clinician"))["withdrawRelease"]

    assert released["review"]["release"]["summary"] == "All is well."
    assert before is not None
    assert before == before | hidden
    assert before["analyses"] == {"totalCount": 0}
    assert between is not None
    assert between["releases"] == [{"summary": "All is well.", "by": {"displayName": "Clinician"}}]
    assert (between["urgency"], between["reviews"], between["latestAnalysis"]) == ("ROUTINE", [], None)
    assert twice["errors"][0]["code"] == again["errors"][0]["code"] == "CONFLICT"
    assert withdrawn["review"]["release"]["withdrawnAt"]
    assert after is not None
    assert after == after | hidden
    kept = await seen(edge, made, "colleague")
    assert kept is not None
    assert [one["summary"] for one in kept["releases"]] == ["All is well."], "that it was released stays known"
    assert (await edge.data(NODE, {"id": review}, "patient"))["node"] is None


async def test_a_summary_is_released_with_the_signature(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")

    await sign(edge, made, patientSummary="Nothing to fear.")

    found = await seen(edge, made, "patient")
    assert found is not None
    assert found["releases"][0]["summary"] == "Nothing to fear."


@pytest.mark.parametrize("who", ["patient", "administrator", "stranger"])
async def test_only_clinicians_of_the_case_sign_release_and_share(edge: Edge, rows: Rows, who: str) -> None:
    made = await rows.case()
    review = (await sign(edge, made))["review"]["id"]
    if who != "stranger":
        await rows.share(made, who)
    expected = "NOT_FOUND" if who == "stranger" else "FORBIDDEN"
    of_review = "FORBIDDEN" if who == "administrator" else "NOT_FOUND"  # of reviews a patient knows nothing

    answers = [
        (await sign(edge, made, who))["errors"],
        (await edge.data(RELEASE, {"id": review, "summary": "x"}, who))["releaseReview"]["errors"],
        (await edge.data(WITHDRAW, {"id": review}, who))["withdrawRelease"]["errors"],
        (await share(edge, made, who, email="a@b.example"))["errors"],
        (await edge.data(URGENCY, {"id": id_of(made), "urgency": "ROUTINE"}, who))["setUrgency"]["errors"],
    ]

    codes = [errors[0]["code"] for errors in answers]
    assert codes == [expected, of_review, of_review, expected, expected]


async def test_urgency_that_a_reader_set_shows_to_colleagues(edge: Edge, rows: Rows) -> None:
    made = await rows.case(urgency="URGENT")

    answer = (await edge.data(URGENCY, {"id": id_of(made), "urgency": "ROUTINE"}, "colleague"))["setUrgency"]

    assert answer == {"case": {"urgency": "ROUTINE"}, "errors": []}


async def test_a_doctor_of_another_organization_sees_exactly_the_shared_case(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    assert await seen(edge, made, "stranger") is None

    shared = await share(edge, made, email="Stranger@Test.example ")

    assert shared["participant"]["email"] == "stranger@test.example"
    assert shared["participant"]["user"] is None, "whether there is such an account elsewhere is not told"
    assert await seen(edge, made, "stranger") is not None
    assert await seen(edge, other, "stranger") is None
    unknown = await share(edge, made, email="nobody@test.example")
    assert unknown["participant"] == shared["participant"] | {
        "id": unknown["participant"]["id"],
        "email": "nobody@test.example",
    }


async def test_ending_a_share_ends_what_the_guest_listens_to(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    shared = await share(edge, made, email="stranger@test.example")

    async with edge.socket("stranger") as socket:
        await listen(edge, socket, made, "stranger")
        await comment(edge, made, "clinician", "Welcome")
        assert (await next_of(socket, "CommentAdded"))["comment"]["body"] == "Welcome"
        ended = await edge.data(UNSHARE, {"case": id_of(made), "participant": shared["participant"]["id"]}, "clinician")
        while (message := await socket.receive())["type"] == "next":
            assert "errors" not in message["payload"] or message["payload"]["errors"]
            if "errors" in message["payload"]:
                break

    told = message["payload"]["errors"] if isinstance(message["payload"], dict) else message["payload"]
    assert told[0]["extensions"]["code"] == "NOT_FOUND"
    assert ended["unshareCase"]["case"]["participants"] == [{"access": "OWNER"}]
    assert await seen(edge, made, "stranger") is None


async def test_sharing_again_changes_the_access_and_the_last_owner_stays(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    colleague, clinician = (node_id("User", rows.people[name].key) for name in ("colleague", "clinician"))

    reader = await share(edge, made, userId=colleague, access="CONTRIBUTOR")
    by_colleague = await share(edge, made, "colleague", userId=colleague, access="OWNER")
    last = await share(edge, made, userId=clinician, access="READER")
    owner = await share(edge, made, userId=colleague, access="OWNER")
    now_free = await share(edge, made, userId=clinician, access="READER")

    assert reader["participant"]["user"] == {"displayName": "Colleague"}
    assert by_colleague["errors"] == [{"code": "FORBIDDEN", "field": ["access"]}]
    assert last["errors"][0]["code"] == "CONFLICT"
    assert owner["participant"]["id"] == reader["participant"]["id"]
    assert now_free["errors"] == []


async def test_whoever_was_invited_before_they_had_an_account_takes_part_once(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    invited = await share(edge, made, email="late@test.example")
    late = tables.User(
        organization_key=rows.people["stranger"].organization_key,
        email="late@test.example",
        display_name="Late",
        role="CLINICIAN",
    )
    async with rows.house.unit_of_work() as uow:
        uow.session.add(late)
    edge.people["late"] = late.key

    again = await share(edge, made, email="late@test.example")
    participants = await edge.data(PARTICIPANTS, {"id": id_of(made)}, "clinician")

    assert again["participant"] == invited["participant"], "nor is it told that there is an account now"
    assert [one["email"] for one in participants["case"]["participants"]] == [None, "late@test.example"]
    assert await seen(edge, made, "late") is not None


async def test_an_owner_is_not_made_by_an_address(edge: Edge, rows: Rows) -> None:
    answer = await share(edge, await rows.case(), email="nobody@test.example", access="OWNER")

    assert answer["errors"] == [{"code": "INVALID", "field": ["access"]}]


async def test_a_patient_is_not_named_in_what_is_between_clinicians(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    mention = f"@[{node_id('User', rows.people['patient'].key)}] will call"

    hidden = await comment(edge, made, "clinician", mention)
    shown = await comment(edge, made, "clinician", mention, audience="EVERYONE")

    assert hidden["comment"]["mentions"] == []
    assert shown["comment"]["mentions"] == [{"displayName": "Patient"}]


async def test_a_case_that_was_read_is_still_so_when_it_comes_back_from_the_archive(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await sign(edge, made)

    kept = [
        (await edge.data(ARCHIVE, {"id": id_of(made), "archived": archived}, "clinician"))["updateCase"]["case"][
            "status"
        ]
        for archived in (True, False)
    ]

    assert kept == ["ARCHIVED", "REVIEWED"]


async def test_sharing_and_its_end_are_recorded_apart(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    shared = await share(edge, made, email="nobody@test.example")
    await edge.data(UNSHARE, {"case": id_of(made), "participant": shared["participant"]["id"]}, "clinician")

    acts = await acts_of(rows.house, made.case.organization_key, rows.people["clinician"].key)

    assert [act for act, _, _ in acts if "share" in act] == ["case:share", "case:unshare"]


async def test_somebody_of_another_organization_cannot_be_named_by_id(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    answer = await share(edge, made, userId=node_id("User", rows.people["stranger"].key))
    both = await share(edge, made, userId=node_id("User", rows.people["colleague"].key), email="a@b.example")

    assert answer["errors"] == [{"code": "NOT_FOUND", "field": ["userId"]}]
    assert both["errors"][0]["code"] == "INVALID"


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
