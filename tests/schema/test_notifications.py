"""The inbox, unread comments and their news, as people of two organizations see them."""

from typing import Any

import pytest

from api.permissions import TABLE, Action, Scope
from api.persistence import tables
from api.persistence.columns import now
from schema.node_ids import get_key, node_id
from tests.notices import tell_all
from tests.schema.edge import Edge, Json
from tests.schema.keys import application
from tests.schema.reading import comment, id_of, sign
from tests.schema.rows import MadeCase, Rows
from tests.statements import counted_statements

INBOX = """query($first: Int, $after: String, $unreadOnly: Boolean! = false) { viewer { unreadCount
  notifications(first: $first, after: $after, unreadOnly: $unreadOnly) { totalCount pageInfo { hasNextPage endCursor }
    edges { node { id kind text at readAt case { id } subject { __typename id } } } } } }"""
MARK = """mutation($input: MarkReadInput!) { markRead(input: $input) {
  viewer { unreadCount } errors { code field } } }"""
WORKLIST = """query($filter: CaseFilter) { cases(first: 100, filter: $filter) {
  totalCount edges { node { id unreadComments } } } }"""
NEWS = """subscription($after: String) { viewerEvents(after: $after) { __typename cursor
  ... on NotificationArrived { notification { id kind text } } } }"""
CURSOR = "{ viewer { eventCursor } }"
NODE = "query($id: ID!) { node(id: $id) { __typename ... on Notification { text } } }"


async def inbox(edge: Edge, who: str, **given: Any) -> Json:
    found: Json = (await edge.data(INBOX, given, who))["viewer"]
    return found


async def nodes(edge: Edge, who: str, **given: Any) -> list[Json]:
    return [each["node"] for each in (await inbox(edge, who, **given))["notifications"]["edges"]]


async def mark(edge: Edge, who: str, **given: Any) -> Json:
    answer: Json = (await edge.data(MARK, {"input": given}, who))["markRead"]
    return answer


async def unread(edge: Edge, who: str, **filter: Any) -> dict[str, int]:
    """Of each case in the worklist."""
    found = (await edge.data(WORKLIST, {"filter": filter}, who))["cases"]
    assert found["totalCount"] == len(found["edges"])
    return {each["node"]["id"]: each["node"]["unreadComments"] for each in found["edges"]}


async def mention(edge: Edge, rows: Rows, made: MadeCase, whom: str, who: str = "clinician", **more: Any) -> Json:
    told = await comment(edge, made, who, f"@[{node_id('User', rows.people[whom].key)}] look", **more)
    await tell_all(edge.house)
    return told


async def test_a_mention_is_in_the_inbox_with_its_case_and_comment_and_is_marked_read(edge: Edge, rows: Rows) -> None:
    made = await rows.case(title="Jane Doe of room 7")
    said = await mention(edge, rows, made, "colleague")

    before = await inbox(edge, "colleague")
    (row,) = await nodes(edge, "colleague")
    marked = await mark(edge, "colleague", notificationIds=[row["id"]])
    after = await inbox(edge, "colleague", unreadOnly=True)

    assert (before["unreadCount"], row["kind"], row["readAt"]) == (1, "MENTION", None)
    assert row["text"] == "You were mentioned in a comment."
    assert (row["case"], row["subject"]) == (
        {"id": id_of(made)},
        {"__typename": "Comment", "id": said["comment"]["id"]},
    )
    assert marked == {"viewer": {"unreadCount": 0}, "errors": []}
    assert after["notifications"]["totalCount"] == 0
    assert [each["readAt"] is None for each in await nodes(edge, "colleague")] == [False]
    assert (await inbox(edge, "clinician"))["notifications"]["totalCount"] == 0, "never to the one who did it"


async def test_the_inbox_is_paged_newest_first(edge: Edge, rows: Rows) -> None:
    cases = [await rows.case() for _ in range(5)]
    for made in cases:
        await mention(edge, rows, made, "colleague")

    seen, after = [], None
    for _ in range(3):
        page = (await inbox(edge, "colleague", first=2, after=after))["notifications"]
        seen += [each["node"]["case"]["id"] for each in page["edges"]]
        after = page["pageInfo"]["endCursor"]

    assert seen == [id_of(made) for made in reversed(cases)]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, False)


async def test_a_case_that_may_no_longer_be_seen_gives_no_notification(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    shared = await rows.share(made, "stranger")
    await mention(edge, rows, made, "stranger")
    (row,) = await nodes(edge, "stranger")
    assert (await edge.data(NODE, {"id": row["id"]}, "stranger"))["node"]["__typename"] == "Notification"

    await rows.unshare(shared)

    assert await inbox(edge, "stranger") == {
        "unreadCount": 0,
        "notifications": {
            "totalCount": 0,
            "pageInfo": {"hasNextPage": False, "endCursor": None},
            "edges": [],
        },
    }
    assert (await edge.data(NODE, {"id": row["id"]}, "stranger"))["node"] is None
    assert (await mark(edge, "stranger", notificationIds=[row["id"]]))["errors"][0]["code"] == "NOT_FOUND"


async def test_whoever_became_a_patient_is_no_longer_told_what_clinicians_said(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "colleague")
    await mention(edge, rows, made, "colleague")
    await mention(edge, rows, made, "colleague", audience="EVERYONE")
    assert (await inbox(edge, "colleague"))["unreadCount"] == 2

    async with edge.house.unit_of_work() as uow:
        (await uow.session.get_one(tables.User, rows.people["colleague"].key)).role = "PATIENT"

    assert [each["subject"]["__typename"] for each in await nodes(edge, "colleague")] == ["Comment"]


async def test_what_others_were_told_is_not_there(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await mention(edge, rows, made, "colleague")
    (row,) = await nodes(edge, "colleague")

    marked = await mark(edge, "clinician", notificationIds=[row["id"]])

    assert marked == {"viewer": None, "errors": [{"code": "NOT_FOUND", "field": ["notificationIds"]}]}
    assert (await edge.data(NODE, {"id": row["id"]}, "clinician"))["node"] is None
    assert (await inbox(edge, "colleague"))["unreadCount"] == 1


async def test_one_that_is_not_there_leaves_the_others_unread(edge: Edge, rows: Rows) -> None:
    await mention(edge, rows, await rows.case(), "colleague")
    (row,) = await nodes(edge, "colleague")

    wrong = await mark(edge, "colleague", notificationIds=[row["id"], "nothing"])

    assert wrong["errors"][0]["code"] == "NOT_FOUND"
    assert (await inbox(edge, "colleague"))["unreadCount"] == 1


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "INVALID", ["caseId"]),
        ({"caseId": "nothing"}, "NOT_FOUND", ["caseId"]),
        ({"notificationIds": ["x"] * 101}, "INVALID", ["notificationIds"]),
    ],
)
async def test_what_cannot_be_marked_is_refused(edge: Edge, given: Json, code: str, field: list[str]) -> None:
    assert (await mark(edge, "clinician", **given))["errors"] == [{"code": code, "field": field}]


async def test_comments_are_unread_until_their_case_is_marked(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    await mention(edge, rows, made, "colleague")
    await comment(edge, made, "clinician", "And here")

    assert await unread(edge, "colleague") == {id_of(made): 2, id_of(other): 0}
    assert await unread(edge, "clinician") == {id_of(made): 0, id_of(other): 0}, "one's own count as read"
    assert list(await unread(edge, "colleague", unreadOnly=True)) == [id_of(made)]
    assert await unread(edge, "clinician", unreadOnly=True) == {}

    marked = await mark(edge, "colleague", caseId=id_of(made))

    assert marked == {"viewer": {"unreadCount": 0}, "errors": []}, "what was told of the case is read with it"
    assert await unread(edge, "colleague", unreadOnly=True) == {}
    await comment(edge, made, "clinician", "One more")
    assert await unread(edge, "colleague", unreadOnly=True) == {id_of(made): 1}
    assert await unread(edge, "colleague", unreadOnly=False) == {id_of(made): 1, id_of(other): 0}


async def test_a_deleted_comment_is_not_unread(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    said = await comment(edge, made, "clinician")
    async with edge.house.unit_of_work() as uow:
        key = get_key(said["comment"]["id"], "Comment", ["id"])
        (await uow.session.get_one(tables.Comment, key)).deleted_at = now()

    assert await unread(edge, "colleague") == {id_of(made): 0}
    assert await unread(edge, "colleague", unreadOnly=True) == {}


async def test_a_patient_has_unread_only_what_is_for_everyone(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    await comment(edge, made, "clinician", "Between us")
    assert await unread(edge, "patient") == {id_of(made): 0}
    assert await unread(edge, "patient", unreadOnly=True) == {}

    await comment(edge, made, "clinician", "For all", audience="EVERYONE")
    await comment(edge, made, "clinician", "Between us again")

    assert await unread(edge, "patient", unreadOnly=True) == {id_of(made): 1}
    await mark(edge, "patient", caseId=id_of(made))
    assert await unread(edge, "patient") == {id_of(made): 0}


async def test_unread_comments_of_a_worklist_are_asked_for_once(edge: Edge, rows: Rows) -> None:
    for _ in range(2):
        await comment(edge, await rows.case(), "clinician")
    await edge.data(WORKLIST, who="colleague")
    with counted_statements(edge.served) as few:
        await edge.data(WORKLIST, who="colleague")
    for _ in range(12):
        await comment(edge, await rows.case(), "clinician")

    with counted_statements(edge.served) as many:
        found = await unread(edge, "colleague")

    assert list(found.values()) == [1] * 14
    assert len(many) == len(few), "\n".join(many)
    assert len([statement for statement in many if "case_reads" in statement]) == 1


async def test_an_inbox_is_read_by_as_many_statements_as_one_row(edge: Edge, rows: Rows) -> None:
    await mention(edge, rows, await rows.case(), "colleague")
    await inbox(edge, "colleague")
    with counted_statements(edge.served) as few:
        await inbox(edge, "colleague")
    for _ in range(10):
        await mention(edge, rows, await rows.case(), "colleague")

    with counted_statements(edge.served) as many:
        assert len(await nodes(edge, "colleague")) == 11

    assert len(many) == len(few), "\n".join(many)


async def test_what_arrives_is_heard_live_and_again_from_a_cursor(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    after = (await edge.data(CURSOR, who="colleague"))["viewer"]["eventCursor"]
    await mention(edge, rows, made, "colleague")

    async with edge.socket("colleague") as socket:
        await socket.subscribe(NEWS, {"after": after})
        missed = await _arrival(socket)
        await mention(edge, rows, made, "colleague")
        live = await _arrival(socket)
    async with edge.socket("colleague") as socket:
        await socket.subscribe(NEWS, {"after": missed["cursor"]})
        again = await _arrival(socket)

    assert missed["notification"]["kind"] == "MENTION"
    assert live["notification"]["text"] == "You were mentioned in 2 comments."
    assert again == live, "each once, from where one was"
    assert missed["notification"]["id"] == live["notification"]["id"]


async def test_what_arrived_of_a_case_that_may_no_longer_be_seen_is_not_heard(edge: Edge, rows: Rows) -> None:
    made, kept = await rows.case(), await rows.case()
    shared = await rows.share(made, "stranger")
    await rows.share(kept, "stranger")
    after = (await edge.data(CURSOR, who="stranger"))["viewer"]["eventCursor"]
    await mention(edge, rows, made, "stranger")
    await rows.unshare(shared)
    await mention(edge, rows, kept, "stranger")

    async with edge.socket("stranger") as socket:
        await socket.subscribe(NEWS, {"after": after})
        first = await _arrival(socket)

    assert first["notification"]["id"] == (await nodes(edge, "stranger"))[0]["id"]


async def test_the_subject_of_a_release_is_not_told_to_the_patient(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    await sign(edge, made, patientSummary="All is well.")
    await tell_all(edge.house)

    (row,) = await nodes(edge, "patient")

    assert (row["kind"], row["subject"], row["case"]) == ("RESULT_RELEASED", None, {"id": id_of(made)})


async def test_an_application_has_no_inbox_and_marks_nothing(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await application(edge, rows, Scope.CASES_READ, Scope.COMMENTS_WRITE)

    found = await inbox(edge, "application")
    marked = await mark(edge, "application", caseId=id_of(made))

    assert (found["unreadCount"], found["notifications"]["totalCount"]) == (0, 0)
    assert marked["errors"][0]["code"] == "FORBIDDEN"


def test_whoever_sees_a_case_sees_of_it_what_their_role_sees_of_any() -> None:
    """So that lists may ask the role alone which kinds of things to show of cases that are seen."""
    shown = [action for action in Action if action.startswith("case:see") or action is Action.CASE_DOWNLOAD]

    for actions in TABLE.values():
        for action in shown:
            assert actions.get(action, actions[Action.CASE_SEE]) == actions[Action.CASE_SEE], action


async def _arrival(socket: Any) -> Json:
    while True:
        event: Json = await socket.event()
        if event["__typename"] == "NotificationArrived":
            return event
