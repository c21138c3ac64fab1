"""Events over graphql-transport-ws and over SSE: replay, then live; and the end of the right to listen."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api import accounts, cases
from api.persistence import tables
from api.persistence.columns import now
from api.settings import Settings
from schema import credentials
from schema.node_ids import node_id
from tests.schema.edge import WAIT_SECONDS, Edge, Json
from tests.schema.rows import MadeCase, Rows

CASE_EVENTS = """subscription($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) {
  __typename cursor at case { title } ... on AnalysisProgressed { analysis { progress } } } }"""
VIEWER_EVENTS = """subscription($after: String) { viewerEvents(after: $after) {
  __typename cursor ... on WorklistChanged { case { title } } ... on UploadProgressed { upload { id status } } } }"""
CURSOR = "query($id: ID!) { case(id: $id) { eventCursor } viewer { eventCursor } }"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"subscriptions_per_connection": 3, "subscription_heartbeat_seconds": 0.05})


@pytest.fixture(autouse=True)
def _quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "CHECK_SECONDS", 0.1)


async def cursors(edge: Edge, made: MadeCase, who: str = "clinician") -> tuple[str, str]:
    found = await edge.data(CURSOR, {"id": node_id("Case", made.case.key)}, who)
    return found["case"]["eventCursor"], found["viewer"]["eventCursor"]


async def test_a_case_is_followed_from_a_cursor_each_event_once_and_in_order(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    after, _ = await cursors(edge, made)
    await rows.change_case(made, "missed")
    await rows.progress_analysis(made, 0.25)

    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key), "after": after})
        replayed = [await socket.event(), await socket.event()]
        await rows.progress_analysis(made, 0.5)
        live = await socket.event()
    async with edge.socket("clinician") as socket:
        asked = {"id": node_id("Case", made.case.key), "after": replayed[0]["cursor"]}
        await socket.subscribe(CASE_EVENTS, asked)
        again = [await socket.event(), await socket.event()]

    assert [event["__typename"] for event in replayed] == ["CaseChanged", "AnalysisProgressed"]
    assert replayed[0]["case"] == {"title": "missed"}
    assert live["analysis"] == {"progress": 0.5}
    # Objects in a replayed event are as they are now.
    assert [event["cursor"] for event in again] == [replayed[1]["cursor"], live["cursor"]]
    assert again[0]["analysis"] == {"progress": 0.5}


async def test_nothing_falls_between_an_answer_and_a_subscription_from_it(
    edge: Edge, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rows.case()
    case_id = node_id("Case", made.case.key)
    find_with_subjects, list_cases = cases.find_with_subjects, cases.list_cases

    async def find_then_change(*arguments: Any) -> Any:
        found = await find_with_subjects(*arguments)
        await rows.change_case(made, "after finding")
        return found

    async def list_then_change(*arguments: Any) -> Any:
        page = await list_cases(*arguments)
        await rows.change_case(made, "after listing")
        return page

    monkeypatch.setattr(cases, "find_with_subjects", find_then_change)
    monkeypatch.setattr(cases, "list_cases", list_then_change)

    single = await edge.data("query($id: ID!) { case(id: $id) { title eventCursor } }", {"id": case_id}, "clinician")
    listed = await edge.data(
        "{ cases { edges { node { title eventCursor } } } viewer { eventCursor } }", {}, "clinician"
    )

    monkeypatch.undo()
    node = listed["cases"]["edges"][0]["node"]
    assert node["title"] == "after listing"
    for query, variables, count in (
        (CASE_EVENTS, {"id": case_id, "after": single["case"]["eventCursor"]}, 3),
        (CASE_EVENTS, {"id": case_id, "after": node["eventCursor"]}, 1),
        (VIEWER_EVENTS, {"after": listed["viewer"]["eventCursor"]}, 2),
    ):
        async with edge.socket("clinician") as socket:
            await socket.subscribe(query, variables)
            told = [await socket.event() for _ in range(count)]
        assert [event["case"]["title"] for event in told] == ["after finding"] * count


async def test_without_a_cursor_only_what_comes_is_told(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.change_case(made, "before")

    async with edge.socket("colleague") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key)})
        await until_followed(edge)
        await rows.change_case(made, "after")
        event = await socket.event()

    assert event["case"] == {"title": "after"}


async def test_worklist_events_reach_those_who_may_see_the_case_and_nobody_else(edge: Edge, rows: Rows) -> None:
    shared = await rows.case()
    await rows.share(shared, "patient")
    starts = {who: await viewer_cursor(edge, who) for who in ("clinician", "patient", "stranger")}
    await rows.case(title="not the patient's")
    await rows.change_case(shared, "the patient's")
    await rows.case(owner="stranger", title="of another house")

    told = {}
    for who, after in starts.items():
        async with edge.socket(who) as socket:
            await socket.subscribe(VIEWER_EVENTS, {"after": after})
            count = 2 if who == "clinician" else 1
            told[who] = [(await socket.event())["case"]["title"] for _ in range(count)]

    assert told == {
        "clinician": ["not the patient's", "the patient's"],
        "patient": ["the patient's"],
        "stranger": ["of another house"],
    }


async def test_a_patient_hears_of_the_case_but_never_of_its_analyses(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    after, _ = await cursors(edge, made, "patient")
    await rows.progress_analysis(made, 0.5)
    await rows.change_case(made, "renamed")

    async with edge.socket("patient") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key), "after": after})
        event = await socket.event()

    assert (event["__typename"], event["case"]) == ("CaseChanged", {"title": "renamed"})


async def test_an_upload_tells_its_owner_of_its_progress(edge: Edge) -> None:
    create = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { upload { id } } }"
    abort = "mutation($i: AbortUploadInput!) { abortUpload(input: $i) { upload { status } errors { code } } }"
    after = await viewer_cursor(edge, "patient")
    made = await edge.data(create, {"i": {"files": [{"name": "a.dcm", "size": 5}]}}, "patient")
    upload_id = made["createUpload"]["upload"]["id"]
    await edge.data(abort, {"i": {"uploadId": upload_id}}, "patient")

    async with edge.socket("patient") as socket:
        await socket.subscribe(VIEWER_EVENTS, {"after": after})
        event = await socket.event()

    assert (event["__typename"], event["upload"]) == ("UploadProgressed", {"id": upload_id, "status": "ABORTED"})


@pytest.mark.parametrize("ending", ["session", "account", "token", "right"])
async def test_a_stream_ends_with_the_right_to_listen(edge: Edge, rows: Rows, ending: str) -> None:
    made = await rows.case()
    participant = await rows.share(made, "patient")
    session = await edge.session("patient")
    edge.tokens["patient"], _ = edge.house.tokens.issue(edge.people["patient"], session.key)

    async with edge.socket("patient") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key)})
        await until_followed(edge)
        await end(edge, rows, ending, session, participant)
        message = await socket.receive()
        last = await socket.receive()

    assert message["type"] == "next"
    assert message["payload"]["data"] is None
    code = "NOT_FOUND" if ending == "right" else "UNAUTHENTICATED"
    assert message["payload"]["errors"][0]["extensions"] == {"code": code}
    assert last == {"type": "complete", "id": "1"}


async def end(edge: Edge, rows: Rows, ending: str, session: tables.Session, participant: tables.Participant) -> None:
    if ending == "right":
        await rows.unshare(participant)
        return
    async with edge.house.unit_of_work() as uow:
        if ending == "session":
            (await uow.session.get_one(tables.Session, session.key)).ended_at = now()
        elif ending == "account":
            (await uow.session.get_one(tables.User, edge.people["patient"])).disabled = True
        else:
            (await uow.session.get_one(tables.Session, session.key)).ends_at = now() - timedelta(seconds=1)


async def test_a_stream_ends_when_its_access_token_does(
    edge: Edge, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rows.case()
    monkeypatch.setattr(edge.house.tokens, "_life", timedelta(seconds=2))  # written in whole seconds

    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key)})
        message = await socket.receive()

    assert message["payload"]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert await accounts.find_actor(edge.house, edge.tokens["clinician"]) is None


async def test_who_may_not_listen_is_told_so_before_the_first_event(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    case_id = node_id("Case", made.case.key)
    own = {"id": case_id}
    _, viewer = await cursors(edge, made)
    ahead = "Y2FzZT05OTk5"  # case=9999

    async def refusal(who: str | None, query: str, variables: Json) -> Any:
        async with edge.socket(who) as socket:
            await socket.subscribe(query, variables)
            message = await socket.receive()
        assert message["type"] == "error", message
        return message["payload"][0]["extensions"]["code"]

    assert await refusal(None, CASE_EVENTS, own) == "UNAUTHENTICATED"
    assert await refusal(None, VIEWER_EVENTS, {}) == "UNAUTHENTICATED"
    assert await refusal("stranger", CASE_EVENTS, own) == "NOT_FOUND"
    assert await refusal("clinician", CASE_EVENTS, {"id": "nonsense"}) == "NOT_FOUND"
    assert await refusal("clinician", CASE_EVENTS, {**own, "after": "nonsense"}) == "INVALID"
    assert await refusal("clinician", CASE_EVENTS, {**own, "after": viewer}) == "INVALID"
    assert await refusal("clinician", CASE_EVENTS, {**own, "after": ahead}) == "INVALID"


async def test_a_cursor_older_than_the_events_kept_has_expired(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    after, _ = await cursors(edge, made)
    await rows.change_case(made, "first")
    await rows.change_case(made, "second")
    async with edge.house.unit_of_work() as uow:
        for number in (1, 2):
            await uow.session.delete(await uow.session.get_one(tables.Event, ("case", made.case.key, number)))

    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key), "after": after})
        message = await socket.receive()

    assert message["payload"][0]["extensions"]["code"] == "EXPIRED"


async def test_no_listener_is_left_behind(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key)})
        await until_followed(edge)
        await socket.send(type="complete", id="1")
        await until_followed(edge, 0)
        await socket.subscribe(VIEWER_EVENTS, id="2")
        await until_followed(edge, 2)

    await until_followed(edge, 0)


async def test_events_come_by_sse_with_heartbeats_and_replay(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    after, _ = await cursors(edge, made)
    await rows.change_case(made, "missed")
    asked = {"id": node_id("Case", made.case.key), "after": after}

    async with aclosing(sse(edge, CASE_EVENTS, asked, "clinician")) as lines:
        first = await next_event(lines)
        while (await anext(lines))[0] != "ping":
            pass
        await rows.change_case(made, "live")
        second = await next_event(lines)

    assert first["data"]["caseEvents"]["case"] == {"title": "missed"}
    assert second["data"]["caseEvents"]["case"] == {"title": "live"}


async def test_a_refusal_by_sse_is_an_event_and_then_complete(edge: Edge) -> None:
    refused = [one async for one in sse(edge, VIEWER_EVENTS, {}, None) if one[0] != "ping"]
    answered = [one async for one in sse(edge, "{ viewer { user { id } } }", {}, None) if one[0] != "ping"]

    assert [kind for kind, _ in refused] == ["next", "complete"]
    assert refused[0][1]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert [(kind, told and told["data"]) for kind, told in answered] == [
        ("next", {"viewer": None}),
        ("complete", None),
    ]


async def test_the_socket_keeps_to_its_protocol(edge: Edge, rows: Rows) -> None:
    async def closes_with(*messages: Json, after_init: bool = True) -> int | None:
        async with edge.raw_socket() as socket:
            for message in ([{"type": "connection_init"}] if after_init else []) + list(messages):
                await socket.send(**message)
            return await socket.close_code()

    subscribe = {"type": "subscribe", "id": "1", "payload": {"query": VIEWER_EVENTS}}
    wrong = {"type": "connection_init", "payload": {"Authorization": "Bearer wrong"}}

    assert await closes_with(subscribe, after_init=False) == 4401
    assert await closes_with(wrong, after_init=False) == 4403
    assert await closes_with({"type": "connection_init"}) == 4429
    for fault in (
        {"type": "no such type"},
        {"type": 5},
        {"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": "1", "payload": "query"},
        {"type": "subscribe", "id": "1", "payload": {"query": 5}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}},
        {"type": "complete"},
    ):
        assert await closes_with(fault) == 4400, fault


async def test_the_legacy_protocol_and_foreign_pages_are_turned_away(edge: Edge) -> None:
    async with edge.raw_socket("graphql-ws") as legacy:
        code = await legacy.close_code()

    with pytest.raises(Exception, match="403"):
        async with edge.raw_socket(origin="https://evil.example"):
            pass
    assert code == 4406


async def test_a_connection_carries_a_limited_number_of_operations(edge: Edge) -> None:
    async with edge.socket("clinician") as socket:
        for number in range(4):
            await socket.subscribe(VIEWER_EVENTS, id=str(number))
        message = await socket.receive()

    assert (message["type"], message["id"]) == ("error", "3")
    assert message["payload"][0]["extensions"] == {"code": "RATE_LIMITED"}


async def test_queries_go_over_the_socket_too_and_faults_are_told(edge: Edge) -> None:
    async with edge.socket("clinician") as socket:
        await socket.subscribe("{ viewer { user { email } } }", id="q")
        answered = [await socket.receive(), await socket.receive()]
        await socket.subscribe("{ missing }", id="f")
        fault = await socket.receive()

    assert answered[0]["payload"]["data"] == {"viewer": {"user": {"email": "clinician@test.example"}}}
    assert answered[1] == {"type": "complete", "id": "q"}
    assert (fault["type"], fault["payload"][0]["extensions"]["code"]) == ("error", "INVALID")


async def viewer_cursor(edge: Edge, who: str) -> str:
    cursor: str = (await edge.data("{ viewer { eventCursor } }", who=who))["viewer"]["eventCursor"]
    return cursor


async def until_followed(edge: Edge, followers: int = 1) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while edge.house.hub.followers != followers:  # noqa: ASYNC110 - a count, not an event
            await asyncio.sleep(0.01)


async def sse(edge: Edge, query: str, variables: Json, who: str | None) -> AsyncGenerator[tuple[str, Any], None]:
    """Events as (type, data) and heartbeats as ("ping", None), until the stream ends."""
    headers = {"accept": "text/event-stream"}
    if who is not None:
        headers["authorization"] = f"Bearer {await edge.token(who)}"
    body = {"query": query, "variables": variables}
    async with edge.http.stream("POST", "/graphql", json=body, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for event in events_of(answer):
            yield event


async def events_of(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    kind = ""
    async for line in answer.aiter_lines():
        if line.startswith(": ping"):
            yield "ping", None
        elif line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data:"):
            text = line.removeprefix("data:").strip()
            yield kind, json.loads(text) if text else None


async def next_event(lines: AsyncIterator[tuple[str, Any]]) -> Json:
    async for kind, payload in lines:
        if kind == "next":
            event: Json = payload
            return event
    raise AssertionError("the stream ended")
