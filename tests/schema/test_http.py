"""GraphQL over HTTP: the audits of npm's `graphql-http` as a table, and what a hostile or clumsy request gets."""

import json
from typing import Any

import httpx
import pytest

from api.settings import Settings
from tests.schema.edge import Edge

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
NAMED = "query Q { __typename } query R { again: __typename }"
BY_NAME = "query Type($name: String!) { __type(name: $name) { name } }"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The audits ask about the schema without signing in."""
    return settings.model_copy(update={"introspection": True, "request_body_bytes": 4096})


async def send(edge: Edge, body: Any, accept: str | None = JSON, content_type: str | None = JSON) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = edge.http.build_request("POST", "/graphql", content=content)
    for name, value in (("accept", accept), ("content-type", content_type)):
        request.headers.pop(name, None)
        if value is not None:
            request.headers[name] = value
    return await edge.http.send(request)


async def test_the_answer_comes_in_an_accepted_type_and_in_utf_8(edge: Edge) -> None:
    wanted = {RESPONSE: RESPONSE, JSON: JSON, "*/*": JSON, None: JSON, f"{RESPONSE}, {JSON};q=0.9": RESPONSE}
    for accept, content_type in wanted.items():
        answer = await send(edge, {"query": "{ __typename }"}, accept, "application/json; charset=utf-8")

        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{content_type}; charset=utf-8"
        assert answer.json()["data"] == {"__typename": "Query"}
        assert answer.headers["cache-control"] == "no-store"


async def test_a_client_that_lists_a_stream_beside_json_gets_json_for_a_query(edge: Edge) -> None:
    accept = f"{RESPONSE}, {JSON}, text/event-stream, multipart/mixed"

    answer = await send(edge, {"query": "{ __typename }"}, accept)

    assert answer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert answer.json()["data"] == {"__typename": "Query"}


async def test_a_client_that_lists_a_stream_beside_json_gets_a_stream_for_a_subscription(edge: Edge) -> None:
    body = {"query": "subscription { viewerEvents { cursor } }"}

    answer = await send(edge, body, f"{JSON}, text/event-stream")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "UNAUTHENTICATED" in answer.text


async def test_what_the_specification_allows_is_answered(edge: Edge) -> None:
    allowed: list[dict[str, Any]] = [
        {"query": "{ __typename }"},
        {"query": "{ __typename }", "variables": None, "operationName": None, "extensions": None},
        {"query": "{ __typename }", "extensions": {"some": "value"}},
        {"query": NAMED, "operationName": "Q"},
    ]
    for body in allowed:
        for accept in (JSON, RESPONSE):
            answer = await send(edge, body, accept)

            assert (answer.status_code, answer.json()["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_variables_may_come_by_post_and_by_get(edge: Edge, accept: str) -> None:
    variables = {"name": "Case"}
    parameters = {"query": BY_NAME, "variables": json.dumps(variables), "operationName": "Type"}

    posted = await send(edge, {"query": BY_NAME, "variables": variables}, accept)
    got = await edge.http.get("/graphql", params=parameters, headers={"accept": accept})

    assert posted.json()["data"] == got.json()["data"] == {"__type": {"name": "Case"}}
    assert got.status_code == 200


NO_TEXTS: list[Any] = [{}, 0, False, []]
NO_MAPS: list[Any] = ["", 0, False, []]
WRONG_BODIES: list[Any] = [
    b"",
    b"{ not json",
    b"\xff\xfe{",
    b"[" * 2000,
    "a string",
    5,
    None,
    [],
    [{"query": "{ __typename }"}],
    {},
    {"query": ""},
    *({"query": value} for value in NO_TEXTS),
    *({"query": "{ __typename }", "operationName": value} for value in NO_TEXTS),
    *({"query": "{ __typename }", "variables": value} for value in NO_MAPS),
    *({"query": "{ __typename }", "extensions": value} for value in NO_MAPS),
    {"query": "{ __typename }", "operationName": "Missing"},
]


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_what_is_no_graphql_request_is_refused_with_400_in_words(edge: Edge, accept: str) -> None:
    for body in WRONG_BODIES:
        answer = await send(edge, body, accept)

        assert answer.status_code == 400, body
        assert answer.headers["content-type"].startswith(accept)
        assert answer.json()["errors"][0]["extensions"] == {"code": "INVALID"}
        assert "data" not in answer.json()


async def test_only_json_is_taken(edge: Edge) -> None:
    for content_type in (None, "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        answer = await send(edge, {"query": "{ __typename }"}, content_type=content_type)

        assert answer.status_code == 400


async def test_a_faulty_document_is_200_for_json_and_400_for_the_newer_type(edge: Edge) -> None:
    for query in ("{", "{ missing }", NAMED, "query($x: Int!) { cases(first: $x) { totalCount } }", "{ node }"):
        plain = await send(edge, {"query": query}, JSON)
        newer = await send(edge, {"query": query}, RESPONSE)

        assert (plain.status_code, newer.status_code) == (200, 400)
        for answer in (plain, newer):
            assert "data" not in answer.json()
            assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID"


async def test_mutations_do_not_go_by_get(edge: Edge) -> None:
    answer = await edge.http.get("/graphql", params={"query": "mutation { signOut { ok } }"})

    assert answer.status_code == 405


async def test_other_methods_and_types_are_refused(edge: Edge) -> None:
    put = await edge.http.put("/graphql", json={"query": "{ __typename }"})
    html = await send(edge, {"query": "{ __typename }"}, "text/html")

    assert (put.status_code, put.headers["allow"]) == (405, "GET, POST")
    assert html.status_code == 406


async def test_a_large_body_is_not_read_to_its_end(edge: Edge) -> None:
    async def endless() -> Any:
        yield b'{"query": "{ __typename }", "x": "'
        for _ in range(1000):
            yield b"x" * 1024

    declared = await send(edge, {"query": "{ __typename }", "x": "x" * 5000})
    streamed = await edge.http.post("/graphql", content=endless(), headers={"content-type": JSON})

    for answer in (declared, streamed):
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["extensions"] == {"code": "TOO_LARGE"}


async def test_no_other_origin_is_invited(edge: Edge) -> None:
    preflight = await edge.http.options(
        "/graphql", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    posted = await edge.post("{ __typename }", origin="https://evil.example")

    assert preflight.status_code == 405
    assert not [name for name in (*preflight.headers, *posted.headers) if name.startswith("access-control")]
