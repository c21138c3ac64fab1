"""What somebody tries who wants in, or wants it down: each attempt and what it gets."""

import asyncio
import json
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from api import cases
from api.identity.tokens import new_refresh_token, refresh_hash
from api.persistence import tables
from api.unit_of_work import House
from schema.context import REFRESH_COOKIE
from schema.endpoint import INIT_SECONDS
from schema.node_ids import node_id
from tests.schema.edge import Edge, give_password
from tests.schema.rows import Rows

JSON = "application/json"
EVIL = "https://evil.example"
QUICK_SECONDS = 3.0
REFRESH = "mutation { refreshSession { accessToken errors { code } } }"
SIGN_OUT = "mutation { signOut { ok errors { code } } }"
NESTED = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"


async def send(edge: Edge, body: bytes) -> tuple[int, dict[str, Any]]:
    answer = await edge.http.post("/graphql", content=body, headers={"content-type": JSON})
    return answer.status_code, answer.json()


ODDITIES = {
    "NaN": b'{"query": "{ __typename }", "variables": {"x": NaN}}',
    "Infinity": b'{"query": "{ __typename }", "variables": {"x": -Infinity}}',
    "a float beyond all floats": b'{"query": "{ __typename }", "variables": {"x": 1e999}}',
    "an integer of 5,000 digits": b'{"query": "{ __typename }", "variables": {"x": ' + b"9" * 5000 + b"}}",
    "a name twice": b'{"query": "{ __typename }", "query": "mutation { signOut { ok } }"}',
    "a name twice, deep within": b'{"query": "{ __typename }", "variables": {"x": [{"a": 1, "a": 2}]}}',
    "broken UTF-8": b'{"query": "{ __typename } # \xff"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "nesting": b'{"query": "{ __typename }", "variables": {"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "a comment": b'{"query": "{ __typename }" /* hello */}',
    "two bodies": b'{"query": "{ __typename }"}{"query": "{ __typename }"}',
    "a string": b'"{ __typename }"',
    "a list": b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
}


@pytest.mark.parametrize("name", ODDITIES)
async def test_json_that_readers_disagree_about_is_refused(edge: Edge, name: str) -> None:
    status, told = await send(edge, ODDITIES[name])

    assert status == 400
    assert set(told) == {"errors"}
    assert told["errors"][0]["extensions"] == {"code": "INVALID"}


async def test_the_same_oddities_close_a_socket(edge: Edge) -> None:
    async with edge.socket() as socket:
        await socket.connection.send('{"type": "ping", "payload": NaN}')

        assert await socket.close_code() == 4400


async def test_an_integer_no_database_holds_is_the_clients_fault(edge: Edge) -> None:
    query = "query($n: Int) { cases(first: $n) { totalCount } }"
    status, told = await send(edge, json.dumps({"query": query, "variables": {"n": 10**400}}).encode())

    assert status == 200
    assert told["errors"][0]["extensions"]["code"] == "INVALID"


async def test_fifty_megabytes_are_refused_before_they_have_come(edge: Edge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(edge.url.rpartition(":")[2]))
    head = f"POST /graphql HTTP/1.1\r\nhost: hilum\r\ncontent-type: {JSON}\r\ncontent-length: {50 << 20}\r\n\r\n"
    writer.write(head.encode() + b'{"query": "{ __typename }", "x": "' + b"x" * (5 << 20))

    told = await asyncio.wait_for(reader.readuntil(b"}]}"), QUICK_SECONDS)
    writer.transport.abort()

    assert told.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"TOO_LARGE"' in told


HOSTILE = {
    "5,000 aliases": ("{" + "".join(f"a{i}:viewer{{mfaEnabled}}" for i in range(5000)) + "}", "INVALID"),
    "aliases in fragments": (
        "{" + "...f " * 40 + "} fragment f on Query {" + "".join(f"a{i}: __typename " for i in range(25)) + "}",
        "TOO_LARGE",
    ),
    "fragments that double": (
        "{ ...f0 } " + " ".join(f"fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} __typename }}" for i in range(200)),
        "TOO_LARGE",
    ),
    "a fragment within itself": ("{ ...f } fragment f on Query { ...f }", "INVALID"),
    "a schema asked about without end": (NESTED, "INVALID"),
    "pages of pages of pages": (
        "{ cases(first: 100) { edges { node { analyses(first: 100) { edges { node { case {"
        " analyses(first: 100) { edges { node { id } } } } } } } } } } }",
        "TOO_LARGE",
    ),
    "directives": ("{ __typename " + "@include(if: true) " * 900 + "}", "INVALID"),
    "a long string": ('{ node(id: "' + "x" * 3_000_000 + '") { id } }', None),
    "a deep literal": ("{ nodes(ids: " + "[" * 1500 + "]" * 1500 + ") { id } }", "INVALID"),
    "many variables": ("query(" + "".join(f"$v{i}: ID " for i in range(900)) + ") { __typename }", "INVALID"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_gets_its_answer_quickly(edge: Edge, name: str) -> None:
    query, code = HOSTILE[name]
    await edge.token("clinician")

    began = time.monotonic()
    answer = await edge.post(query, None, "clinician")

    assert time.monotonic() - began < QUICK_SECONDS
    assert answer.status_code == 200
    told = answer.json()
    assert (told["errors"][0]["extensions"]["code"] if "errors" in told else None) == code


async def test_a_page_of_another_site_may_not_open_a_socket(edge: Edge) -> None:
    for origin in (EVIL, "null", "http://127.0.0.1", "http://127.0.0.1.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            async with edge.raw_socket(origin=origin):
                pass

        assert refused.value.response.status_code == 403

    async with edge.raw_socket(origin=edge.url) as own:
        await own.send(type="connection_init")
        assert (await own.receive())["type"] == "connection_ack"


FOREIGN = [
    {"origin": EVIL},
    {"origin": "null"},
    {"origin": "http://localhost:8000"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
]
OWN = [{}, {"origin": "http://127.0.0.1:8000"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}]


async def cookie_of(edge: Edge) -> str:
    """Of a session of the patient."""
    await give_password(edge, "patient")
    token = new_refresh_token()
    session = await edge.session("patient")
    async with edge.house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Session, session.key)).refresh_hash = refresh_hash(token)
    return f"{REFRESH_COOKIE}={token}"


async def test_a_page_of_another_site_does_nothing_on_a_cookies_credit(edge: Edge) -> None:
    cookie = await cookie_of(edge)

    refused = [await edge.post(REFRESH, None, None, cookie=cookie, **headers) for headers in FOREIGN]
    without = await edge.post(REFRESH, None, None, origin=EVIL)
    own = await edge.post(REFRESH, None, None, cookie=cookie, **OWN[1])

    for answer in refused:
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert "set-cookie" not in answer.headers
    assert without.json()["data"]["refreshSession"]["errors"] == [{"code": "UNAUTHENTICATED"}]
    assert own.json()["data"]["refreshSession"]["accessToken"]


@pytest.mark.parametrize("headers", OWN)
async def test_the_app_itself_goes_on_by_its_cookie(edge: Edge, headers: dict[str, str]) -> None:
    answer = await edge.post(REFRESH, None, None, cookie=await cookie_of(edge), **headers)

    assert answer.json()["data"]["refreshSession"]["accessToken"]


async def test_a_get_has_no_credit_from_a_cookie_and_carries_no_mutation(edge: Edge) -> None:
    headers = {"cookie": await cookie_of(edge)}

    changed = await edge.http.get("/graphql", params={"query": REFRESH}, headers=headers)
    asked = await edge.http.get("/graphql", params={"query": "{ viewer { user { id } } }"}, headers=headers)
    still = await edge.post(REFRESH, None, None, cookie=headers["cookie"])

    assert changed.status_code == 405
    assert asked.json()["data"] == {"viewer": None}
    assert still.json()["data"]["refreshSession"]["accessToken"]


async def test_a_cookie_under_the_old_name_counts_for_nothing(edge: Edge) -> None:
    cookie = (await cookie_of(edge)).removeprefix("__Host-")

    answer = await edge.post(REFRESH, None, None, cookie=cookie)

    assert answer.json()["data"]["refreshSession"]["errors"] == [{"code": "UNAUTHENTICATED"}]


async def test_forms_of_another_site_are_no_requests(edge: Edge) -> None:
    cookie = await cookie_of(edge)
    forms = {
        "text/plain": b'{"query": "mutation { refreshSession { accessToken } }"}',
        "application/x-www-form-urlencoded": b"query=mutation+%7B+refreshSession+%7B+accessToken+%7D+%7D",
        "multipart/form-data; boundary=x": b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n'
        b'{"query": "mutation { refreshSession { accessToken } }"}\r\n--x--\r\n',
    }
    for content_type, body in forms.items():
        headers = {"content-type": content_type, "cookie": cookie}
        answer = await edge.http.post("/graphql", content=body, headers=headers)

        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("protocol", ["graphql-ws", "soap"])
async def test_the_legacy_protocol_is_not_spoken(edge: Edge, protocol: str) -> None:
    async with edge.raw_socket(protocol) as socket:
        assert await socket.close_code() == 4406


async def test_a_socket_that_does_not_introduce_itself_is_closed_after_five_seconds(edge: Edge) -> None:
    began = time.monotonic()
    async with edge.raw_socket() as socket:
        assert await socket.close_code() == 4408

    assert INIT_SECONDS == 5
    assert 4.5 < time.monotonic() - began < 8


async def test_what_nobody_foresaw_is_masked_on_every_transport(
    edge: Edge, rows: Rows, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Doe^" + "Jane"
    made = await rows.case()
    asked = {"id": node_id("Case", made.case.key)}
    follow = "subscription($id: ID!) { caseEvents(caseId: $id) { cursor } }"

    async def break_down(*arguments: Any) -> None:
        raise RuntimeError(f"the patient {name} is in this text")

    monkeypatch.setattr(cases, "find", break_down)
    streamed = await edge.post(follow, asked, "clinician", accept="text/event-stream")
    async with edge.socket("clinician") as socket:
        await socket.subscribe(follow, asked)
        over_socket = await socket.receive()
    monkeypatch.setattr(cases, "list_cases", break_down)
    plain = await edge.post("{ cases { totalCount } }", None, "clinician")
    queried = await edge.post("{ cases { totalCount } }", None, "clinician", accept="text/event-stream")

    payload = over_socket["payload"]
    error = payload[0] if isinstance(payload, list) else payload["errors"][0]
    ids = [
        json.loads(_data_of(streamed.text))["errors"][0]["extensions"]["traceId"],
        error["extensions"]["traceId"],
        plain.json()["errors"][0]["extensions"]["traceId"],
        json.loads(_data_of(queried.text))["errors"][0]["extensions"]["traceId"],
    ]
    assert len(set(ids)) == 4
    assert [ids[0], ids[2], ids[3]] == [answer.headers["x-request-id"] for answer in (streamed, plain, queried)]
    for trace_id in ids:
        assert trace_id in caplog.text
    for text in (streamed.text, str(over_socket), plain.text, queried.text, caplog.text):
        assert name not in text


def _data_of(stream: str) -> str:
    return next(line.removeprefix("data:") for line in stream.splitlines() if line.startswith("data:") and "{" in line)


async def test_addresses_lead_here_whatever_host_a_request_names(edge: Edge, house: House) -> None:
    create = """mutation { createUpload(input: {files: [{name: "a.dcm", size: 5}]}) { upload {
      files { edges { node { parts { edges { node { url } } } } } } } } }"""
    lies = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}

    answer = await edge.post(create, None, "clinician", **lies)

    assert house.settings.url in answer.text
    assert "evil.example" not in answer.text


async def test_a_request_id_is_never_the_strangers(edge: Edge) -> None:
    strange = "11111111111111111111111111111111"
    headers = {"x-request-id": strange, "traceparent": f"00-{strange}-2222222222222222-01"}

    answers = [await edge.post("{ __typename }", None, None, **headers) for _ in range(2)]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert strange not in ids
    assert len(set(ids)) == 2
