"""What operations cost, who pays, and what happens when nothing is left."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, get_introspection_query, parse

from api import cases
from api.client import documents
from api.settings import Settings
from schema import build_schema
from schema.costs import prices
from schema.costs.measure import measure
from schema.costs.occurrences import COUNTED
from tests.schema.edge import Edge, Json

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema(Settings())._schema
MOST = Settings().query_cost
TITLES = "query($n: Int) { cases(first: $n) { edges { node { title } } } }"
CREATE = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { upload { id } errors { code } } }"
SIGN_IN = 'mutation { signIn(input: {email: "a@b.example", password: "x"}) { errors { code } } }'
FOLLOW = "subscription { viewerEvents { cursor } }"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """So small that a test can use it up, so slow that nothing comes back meanwhile."""
    small = {"query_cost": 400, "person_cost_bucket": 500, "address_cost_bucket": 40, "uploads_per_minute": 2}
    slow = {"person_cost_restore": 0.001, "address_cost_restore": 0.001}
    return settings.model_copy(update=small | slow)


def cost(text: str, variables: Json | None = None, name: str | None = None) -> int:
    return measure(SCHEMA, parse(text), name, variables)


def app_operations() -> list[tuple[str, DocumentNode]]:
    """Of the PWA, each with the fragments of all."""
    definitions = [
        definition
        for path in sorted((ROOT / "pwa/src").rglob("*.graphql"))
        for definition in parse(path.read_text(encoding="utf-8")).definitions
    ]
    fragments = tuple(each for each in definitions if isinstance(each, FragmentDefinitionNode))
    return [
        (operation.name.value, DocumentNode(definitions=(operation, *fragments)))
        for operation in definitions
        if isinstance(operation, OperationDefinitionNode) and operation.name is not None
    ]


def client_operations() -> list[tuple[str, DocumentNode]]:
    texts = {name: text for name, text in vars(documents).items() if isinstance(text, str) and name.isupper()}
    return [(name, parse(text)) for name, text in texts.items()]


@pytest.mark.parametrize(("name", "document"), [*app_operations(), *client_operations()])
def test_our_own_clients_need_at_most_half_of_what_one_operation_may_cost(name: str, document: DocumentNode) -> None:
    known = name if name in dict(app_operations()) else None

    assert 1 <= measure(SCHEMA, document, known, {"first": 100}) <= MOST / 2


def test_our_own_clients_were_all_found() -> None:
    assert len(app_operations()) >= 20
    assert len(client_operations()) >= 12


PAGE = "{ cases%s { edges { node { title } } } }"
COSTS: list[tuple[str, Json, int]] = [
    ("{ __typename }", {}, 1),
    ("{ viewer { eventCursor mfaEnabled } }", {}, 2),
    (PAGE % "", {}, 1 + 1 + 25),
    (PAGE % "(first: 7)", {}, 1 + 1 + 7),
    (PAGE % "(last: 7)", {}, 1 + 1 + 7),
    (PAGE % "(first: 0)", {}, 1 + 1),
    (PAGE % "(first: 5000)", {}, 1 + 1 + 100),
    (TITLES, {"n": 9}, 1 + 1 + 9),
    (TITLES, {"n": None}, 1 + 1 + 25),
    (TITLES, {}, 1 + 1 + 25),
    (TITLES, {"n": -5}, 1 + 1),
    (TITLES, {"n": "many"}, 1 + 1 + 100),
    (TITLES, {"n": 10**400}, 1 + 1 + 100),
    (TITLES.replace("$n: Int", "$n: Int = 4"), {}, 1 + 1 + 4),
    ("{ a: cases(first: 3) { edges { node { id } } } b: cases(first: 5) { edges { node { id } } } }", {}, 11),
    ("{ ...f ...f } fragment f on Query { cases(first: 3) { edges { ...g } } } fragment g on CaseEdge { node { id } }",
     {}, 1 + 2 * 4),
    ("{ cases(first: 10) { totalCount pageInfo { hasNextPage } edges { node { studies { series { id } } } } } }", {},
     1 + 1 + 10 * (1 + 2 * (1 + 4))),
    ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * 60}, 1 + 60),
    # Of what a node may be, the dearest counts: an analysis with its findings, not a case.
    ('{ node(id: "x") { ... on Case { id } ... on Analysis { findings { id } } } }', {}, 1 + 1 + 20),
    ("{ __schema { types { name fields { name } } } }", {}, 1 + 50),
    (get_introspection_query(), {}, 1 + 50),
    ("mutation { signOut { ok } }", {}, 1 + 10 + 1),
    (CREATE, {"i": {"files": [{"name": "a", "size": 1}] * 5000}}, 1 + 10 + 500 + 1 + 1 + 1),
    (FOLLOW, {}, 1 + 10 + 1),
    ("query A { viewer { eventCursor } } query B { cases(first: 3) { edges { node { id } } } }", {}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "variables", "points"), COSTS)
def test_points_come_from_page_sizes_and_nesting(text: str, variables: Json, points: int) -> None:
    if points:
        assert cost(text, variables) == points
    else:
        assert (cost(text, variables, "A"), cost(text, variables, "B")) == (2, 5)


def test_pages_within_pages_multiply() -> None:
    text = "{ cases(first: 100) { edges { node { analyses(first: 100) { edges { node { findings { id } } } } } } } }"

    assert cost(text) > 200_000


def test_the_tables_of_prices_name_what_the_schema_has() -> None:
    names = [*prices.LENGTHS, *prices.SHORT_PAGES, *prices.FREE]
    known = {f"{kind}.{field}" for kind, each in SCHEMA.type_map.items() for field in getattr(each, "fields", {})}

    assert [name for name in names if name not in known and name not in SCHEMA.type_map] == []


def test_what_is_counted_one_by_one_is_of_the_contract() -> None:
    assert SCHEMA.mutation_type is not None
    missing = (ROOT / "tests/schema/still_missing.txt").read_text(encoding="utf-8").split()
    there = {*SCHEMA.mutation_type.fields, *(name.removeprefix("Mutation.") for name in missing)}

    assert set(COUNTED) <= there


async def test_every_answer_tells_what_it_cost_and_what_is_left(edge: Edge) -> None:
    signed_in = (await edge.post(TITLES, {"n": 8}, "clinician")).json()
    again = (await edge.post(TITLES, {"n": 8}, "clinician")).json()
    signed_out = (await edge.post("{ viewer { eventCursor } }")).json()
    faulty = (await edge.post("{ missing }", None, "clinician")).json()
    unreadable = (await edge.post("{", None, "clinician")).json()

    assert signed_in["extensions"]["cost"] == {
        "requested": 10, "available": 490, "limit": 500, "restoreRate": 0.001
    }  # fmt: skip
    assert again["extensions"]["cost"]["available"] == 480
    assert signed_out["extensions"]["cost"] == {"requested": 2, "available": 38, "limit": 40, "restoreRate": 0.001}
    assert faulty["extensions"]["cost"]["available"] == 479
    assert unreadable["extensions"]["cost"]["available"] == 478


async def test_what_costs_too_much_is_refused_before_anything_is_read(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*arguments: Any) -> None:
        raise AssertionError("nothing may be read")

    monkeypatch.setattr(cases, "list_cases", fail)
    dear = "{ cases(first: 100) { edges { node { studies { id } series: studies { id } } } } }"

    answer = (await edge.post(dear, None, "clinician")).json()

    assert answer["errors"][0]["extensions"] == {"code": "TOO_LARGE"}
    assert answer["errors"][0]["message"].startswith("This would cost 502 points; 400 are allowed.")
    assert answer["extensions"]["cost"]["requested"] == 502
    assert answer["extensions"]["cost"]["available"] == 499


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_who_has_nothing_left_is_told_when_to_come_back(edge: Edge, accept: str) -> None:
    for _ in range(5):
        await edge.data(TITLES, {"n": 98}, "clinician")

    refused = await edge.post(TITLES, {"n": 98}, "clinician", accept=accept)
    neighbour = await edge.ask(TITLES, {"n": 98}, "colleague")

    error = refused.json()["errors"][0]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryAfter"] > 60
    assert re.search(r"Try again in [\d.e+]+ seconds\.", error["message"])
    assert int(refused.headers["retry-after"]) > 60
    assert refused.status_code == (200 if accept == "application/json" else 429)
    assert "data" not in refused.json()
    assert "errors" not in neighbour


async def test_whoever_is_signed_out_pays_by_network_address_also_for_what_cannot_be_read(edge: Edge) -> None:
    answers = [(await edge.post("{")).json() for _ in range(42)]

    told = [answer["errors"][0]["extensions"]["code"] for answer in answers]
    signed_in = await edge.ask("{ viewer { eventCursor } }", who="clinician")

    assert told == ["INVALID"] * 40 + ["RATE_LIMITED"] * 2
    assert "errors" not in signed_in


async def test_operations_on_a_socket_pay_each(edge: Edge) -> None:
    async with edge.socket("clinician") as socket:
        told = []
        for number in range(6):
            await socket.subscribe(TITLES, {"n": 98}, id=str(number))
            message = await socket.receive()
            told.append(message)
            if message["type"] == "next":
                assert (await socket.receive())["type"] == "complete"
        await socket.subscribe(FOLLOW, id="f")
        refused = await socket.receive()

    assert [message["type"] for message in told] == ["next"] * 5 + ["error"]
    assert told[0]["payload"]["extensions"]["cost"]["available"] == 400
    assert told[5]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_stream_over_http_pays_before_it_begins(edge: Edge) -> None:
    for _ in range(5):
        await edge.data(TITLES, {"n": 98}, "clinician")

    refused = await edge.post(FOLLOW, None, "clinician", accept="text/event-stream")

    assert '"code":"RATE_LIMITED"' in refused.text


async def test_a_document_too_dear_to_parse_is_refused_by_its_operations_name_too(edge: Edge) -> None:
    for _ in range(40):
        await edge.ask("{")
    asked = {"query": "query Mine { viewer { eventCursor } }", "operationName": "Mine"}

    refused = (await edge.http.post("/graphql", json=asked)).json()

    assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_only_so_many_uploads_are_begun_a_minute_however_they_are_named(edge: Edge) -> None:
    one = {"files": [{"name": "a.dcm", "size": 5}]}
    both = CREATE.replace("{ createUpload", "{ a: createUpload(input: $i) { errors { code } } b: createUpload")

    aliased = await edge.ask(both, {"i": one}, "clinician")
    third = await edge.post(CREATE, {"i": one}, "clinician")
    colleague = await edge.ask(CREATE, {"i": one}, "colleague")

    assert aliased["data"]["b"]["errors"] == []
    assert third.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert "uploads" in third.json()["errors"][0]["message"]
    assert 20 <= int(third.headers["retry-after"]) <= 30
    assert colleague["data"]["createUpload"]["errors"] == []


class TestAnonymous:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"anonymous_per_minute": 3, "address_cost_bucket": 10_000})

    async def test_guesses_from_one_network_are_counted_whatever_is_guessed(self, edge: Edge) -> None:
        told = [await edge.ask(SIGN_IN) for _ in range(4)]
        refresh = await edge.ask("mutation { refreshSession { errors { code } } }")

        assert ["errors" in answer for answer in told] == [False, False, False, True]
        assert told[3]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert refresh["data"]["refreshSession"]["errors"] == [{"code": "UNAUTHENTICATED"}]
