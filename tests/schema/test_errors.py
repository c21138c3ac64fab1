"""What a client is told when something is refused, too much, or broken."""

import asyncio
import json
import logging
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from api import cases
from schema.node_ids import node_id
from tests.schema.edge import Edge
from tests.schema.rows import Rows

CREATE = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { upload { id } errors { code message field } } }"
DEEP = "{ cases { " + "edges { node { studies { series { study { " * 6 + "id" + " } } } } }" * 6 + " } }"
INTROSPECT = "{ __schema { queryType { name } } }"


async def test_signed_out_there_is_no_viewer_and_nothing_to_see(edge: Edge) -> None:
    viewer = await edge.ask("{ viewer { user { id } } }")
    refused = [
        await edge.ask(query) for query in ("{ cases { totalCount } }", "{ models { id } }", '{ node(id: "x") { id } }')
    ]
    altered = await edge.ask("{ viewer { user { id } } }", authorization="Bearer not.a.token")

    assert viewer == altered == {"data": {"viewer": None}}
    for answer in refused:
        assert answer["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_fault_that_nobody_foresaw_shows_a_trace_id_and_no_detail(
    edge: Edge, rows: Rows, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Doe^" + "Jane"

    async def break_down(*arguments: Any) -> None:
        raise RuntimeError(f"the patient {name} is in this text")

    monkeypatch.setattr(cases, "list_cases", break_down)

    with caplog.at_level(logging.ERROR):
        answer = await edge.ask("{ cases { totalCount } }", who="clinician")

    error = answer["errors"][0]
    assert answer["data"] is None
    assert set(error["extensions"]) == {"traceId"}
    assert error["extensions"]["traceId"] in caplog.text
    assert "RuntimeError" in caplog.text
    for text in (str(answer), caplog.text):
        assert name not in text


async def test_a_database_that_does_not_answer_is_a_reason_to_come_back(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def time_out(*arguments: Any) -> None:
        raise OperationalError("select 1", {}, TimeoutError())

    monkeypatch.setattr(cases, "list_cases", time_out)

    answer = await edge.ask("{ cases { totalCount } }", who="clinician")

    assert answer["errors"][0]["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 2.0}


async def test_only_the_signed_in_learn_about_the_schema(edge: Edge) -> None:
    told = await edge.data(INTROSPECT, who="patient")
    untold = await edge.ask(INTROSPECT)
    suggested = await edge.ask("{ vewer { user { id } } }", who="patient")
    unsuggested = await edge.ask("{ vewer { user { id } } }")

    assert told == {"__schema": {"queryType": {"name": "Query"}}}
    assert "introspection" in untold["errors"][0]["message"].lower()
    assert "Did you mean 'viewer'?" in suggested["errors"][0]["message"]
    assert unsuggested["errors"][0]["message"] == "Cannot query field 'vewer' on type 'Query'."


TOO_MUCH = [
    ("{" + "".join(f" a{i}:__typename" for i in range(1000)) + "}", "TOO_LARGE"),
    (DEEP, "TOO_LARGE"),
    ("{" + "a{" * 1900 + "b" + "}" * 1900 + "}", "INVALID"),
    ("{" + " __typename" * 5000 + "}", "INVALID"),
]


async def test_a_document_that_asks_too_much_is_refused(edge: Edge) -> None:
    for query, code in TOO_MUCH:
        answer = await edge.ask(query)

        assert answer["errors"][0]["extensions"]["code"] == code
        assert "data" not in answer


async def test_a_scalar_in_a_wrong_form_is_told_readably(edge: Edge) -> None:
    query = "query($at: DateTime) { cases(filter: {createdAfter: $at}) { totalCount } }"

    answer = await edge.ask(query, {"at": "yesterday"}, "clinician")

    assert "RFC 3339" in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"] == {"code": "INVALID"}


async def test_text_that_no_database_can_hold_is_the_clients_fault(edge: Edge) -> None:
    search = "query($text: String!, $id: ID!) { cases(filter: {text: $text}) { totalCount } node(id: $id) { id } }"
    for text in ("a\0b", "\ud800"):
        asked = {"text": text, "id": text}
        content = json.dumps({"query": search, "variables": asked}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {await edge.token('clinician')}"}
        answer = (await edge.http.post("/graphql", content=content, headers=headers)).json()

        assert [error["extensions"] for error in answer["errors"]] == [{"code": "INVALID"}]


async def test_a_mutation_tells_what_to_correct_and_where(edge: Edge) -> None:
    files = [{"name": "a", "size": 1}, {"name": "", "size": 1}]

    empty = await edge.data(CREATE, {"i": {"files": []}}, "clinician")
    nameless = await edge.data(CREATE, {"i": {"files": files}}, "clinician")
    lost = await edge.data(CREATE, {"i": {"files": files[:1], "caseId": "nonsense"}}, "clinician")
    signed_out = await edge.data(CREATE, {"i": {"files": []}})

    assert empty["createUpload"]["upload"] is None
    assert empty["createUpload"]["errors"][0]["field"] == ["files"]
    assert nameless["createUpload"]["errors"][0]["field"] == ["files", "1", "name"]
    assert lost["createUpload"]["errors"][0]["code"] == "NOT_FOUND"
    assert signed_out["createUpload"]["errors"][0]["code"] == "UNAUTHENTICATED"


async def test_what_is_hidden_and_what_is_not_there_answer_alike(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    rename = "mutation($i: UpdateCaseInput!) { updateCase(input: $i) { case { id } errors { code message field } } }"
    cancel = "mutation($i: CancelAnalysisInput!) { cancelAnalysis(input: $i) { errors { code message field } } }"

    for query, field, name, hidden in (
        (rename, "caseId", "Case", made.case.key),
        (cancel, "analysisId", "Analysis", made.analysis.key),
    ):
        nowhere = rows.people["stranger"].key
        answers = [
            await edge.data(query, {"i": {field: id}}, "stranger")
            for id in (node_id(name, hidden), node_id(name, nowhere), "nonsense")
        ]
        assert answers[0] == answers[1] == answers[2]


async def test_the_answer_of_one_person_is_never_given_to_another(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    query = "query($id: ID!) { case(id: $id) { title } }"
    asked = {"id": node_id("Case", made.case.key)}

    both = await asyncio.gather(*(edge.data(query, asked, who) for who in ("clinician", "stranger") * 10))

    assert both == [{"case": {"title": made.case.title}}, {"case": None}] * 10
