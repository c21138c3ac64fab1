"""What each role and organization sees of a case, over HTTP and WebSocket."""

from typing import Any

import pytest

from tests.graphql_client import CASE, Failed, GraphQLClient, Refused
from tests.journeys.chest import CASE_EVENTS, Chest, signed_in
from tests.phantoms import SLICES, small_phantom
from tests.running import RunningServer

UPDATE = "mutation ($input: UpdateCaseInput!) { updateCase(input: $input) { case { id } errors { code } } }"
DELETE = "mutation ($input: DeleteCaseInput!) { deleteCase(input: $input) { ok errors { code } } }"
START = "mutation ($input: StartAnalysisInput!) { startAnalysis(input: $input) { analysis { id } errors { code } } }"
CANCEL = "mutation ($input: CancelAnalysisInput!) { cancelAnalysis(input: $input) { errors { code } } }"


async def ids_of(chest: Chest, client: GraphQLClient) -> list[str]:
    """One of every kind of node that the main job leaves."""
    study = chest.case["studies"][0]
    finding = chest.case["latestAnalysis"]["findings"][0]["id"]
    file = (await client.files(chest.upload["id"]))[0]["id"]
    patient = (await client.ask("query ($id: ID!) { case(id: $id) { patient { id } } }", id=chest.case["id"]))["case"]
    return [
        *(chest.case["id"], chest.upload["id"], file, patient["patient"]["id"], study["id"], study["series"][0]["id"]),
        *(chest.stack_id, chest.case["latestAnalysis"]["id"], finding),
    ]


NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_every_node_is_found_by_its_id(chest: Chest, client: GraphQLClient) -> None:
    ids = await ids_of(chest, client)

    found = (await client.ask(NODES, ids=ids))["nodes"]

    assert [node["id"] for node in found] == ids
    assert [node["__typename"] for node in found] == (
        ["Case", "Upload", "UploadFile", "Patient", "Study", "Series", "Stack", "Analysis", "Finding"]
    )


@pytest.mark.parametrize("name", ["stranger", "patient", "administrator", None])
async def test_nothing_exists_for_those_who_may_not_see_it(
    chest: Chest, client: GraphQLClient, server: RunningServer, name: str | None
) -> None:
    ids = await ids_of(chest, client)

    async with GraphQLClient(server.url) as other:
        if name is not None:
            await other.sign_in(server.credentials[name])
            assert (await other.ask(NODES, ids=ids))["nodes"] == [None] * len(ids)
            assert (await other.ask(CASE, id=chest.case["id"]))["case"] is None
            assert (await other.ask("{ cases { totalCount } }"))["cases"]["totalCount"] == 0
            assert await refusal(other.ask(CASE_EVENTS.replace("subscription", "query"), id=ids[0])) is not None
        for mutation, document, given in changes(chest):
            code = await refusal(other.mutate(mutation, document, given))
            assert code in (["UNAUTHENTICATED"] if name is None else ["NOT_FOUND"]), (mutation, code)
        assert await first_event(other, chest.case["id"]) == ("UNAUTHENTICATED" if name is None else "NOT_FOUND")


async def test_a_colleague_sees_the_case_but_not_the_upload(
    chest: Chest, client: GraphQLClient, server: RunningServer
) -> None:
    ids = await ids_of(chest, client)

    async with await signed_in(server, "colleague") as colleague:
        found = (await colleague.ask(NODES, ids=ids))["nodes"]

    assert [node is None for node in found] == [False, True, True, False, False, False, False, False, False]


async def test_a_patient_sees_the_pictures_of_their_own_upload_and_no_analysis(server: RunningServer) -> None:
    async with await signed_in(server, "patient") as patient:
        upload = await patient.upload(small_phantom(seed=12))
        case_id = upload["cases"]["edges"][0]["node"]["id"]
        case = await patient.until(CASE, "case", lambda found: found["status"] == "READY", 60, id=case_id)
        mine = (await patient.ask("{ cases { totalCount } }"))["cases"]["totalCount"]

    assert mine == 1
    assert case["studies"][0]["series"][0]["stacks"][0]["frameCount"] == SLICES
    assert (case["latestAnalysis"], case["analyses"]["totalCount"], case["urgency"]) == (None, 0, None)


def changes(chest: Chest) -> list[tuple[str, str, dict[str, Any]]]:
    case_id, analysis_id = chest.case["id"], chest.case["latestAnalysis"]["id"]
    return [
        ("updateCase", UPDATE, {"caseId": case_id, "title": "Mine"}),
        ("deleteCase", DELETE, {"caseId": case_id, "reason": "Mine"}),
        ("startAnalysis", START, {"caseId": case_id}),
        ("cancelAnalysis", CANCEL, {"analysisId": analysis_id}),
    ]


async def refusal(asked: Any) -> str | None:
    try:
        await asked
    except (Failed, Refused) as error:
        return str(error.code)
    return None


async def first_event(client: GraphQLClient, case_id: str) -> str | None:
    try:
        async for _ in client.follow_ws(CASE_EVENTS, id=case_id):
            break
    except Failed as error:
        return str(error.code)
    return None
