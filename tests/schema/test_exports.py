"""Exports as a client asks for them."""

from tests.schema.edge import Edge
from tests.schema.rows import Rows

EXPORT = """mutation ($id: ID!, $identity: Boolean!) {
  exportCase(input: {caseId: $id, withIdentity: $identity}) {
    export { id withIdentity ready failure download { url } case { id } }
    errors { code field }
  }
}"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Export { ready leftOut failure } } }"
FIRST = "{ cases { edges { node { id } } } }"


async def case_id(edge: Edge, who: str) -> str:
    found = await edge.data(FIRST, who=who)
    return str(found["cases"]["edges"][0]["node"]["id"])


async def test_a_clinician_asks_for_an_export_and_finds_it_again(edge: Edge, rows: Rows) -> None:
    await rows.case()
    id = await case_id(edge, "clinician")

    answer = (await edge.data(EXPORT, {"id": id, "identity": True}, who="clinician"))["exportCase"]

    export = answer["export"]
    assert answer["errors"] == []
    assert (export["withIdentity"], export["ready"], export["download"], export["case"]["id"]) == (
        True,
        False,
        None,
        id,
    )
    found = (await edge.data(NODE, {"id": export["id"]}, who="clinician"))["node"]
    assert found == {"ready": False, "leftOut": 0, "failure": None}


async def test_nobody_else_finds_an_export(edge: Edge, rows: Rows) -> None:
    await rows.case()
    variables = {"id": await case_id(edge, "clinician"), "identity": False}
    export = (await edge.data(EXPORT, variables, who="clinician"))["exportCase"]["export"]

    for who in ("colleague", "administrator", "stranger", "patient"):
        assert (await edge.data(NODE, {"id": export["id"]}, who=who))["node"] is None


async def test_an_export_of_a_case_that_may_not_be_seen_is_of_none(edge: Edge, rows: Rows) -> None:
    await rows.case()
    id = await case_id(edge, "clinician")

    answer = (await edge.data(EXPORT, {"id": id, "identity": False}, who="stranger"))["exportCase"]

    assert answer == {"export": None, "errors": [{"code": "NOT_FOUND", "field": ["caseId"]}]}
