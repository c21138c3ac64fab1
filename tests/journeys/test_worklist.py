"""The worklist, and the connections of those who watch it."""

import os

from tests.graphql_client import CASE, GraphQLClient, subscribe
from tests.journeys.chest import CASE_EVENTS, Chest
from tests.phantoms import small_phantom
from tests.running import RunningServer
from tests.waiting import until

UPDATE = "mutation ($input: UpdateCaseInput!) { updateCase(input: $input) { case { title status } errors { code } } }"
DELETE = "mutation ($input: DeleteCaseInput!) { deleteCase(input: $input) { ok errors { code } } }"


async def test_a_case_is_renamed_archived_and_deleted(server: RunningServer, client: GraphQLClient) -> None:
    upload = await client.upload(small_phantom(seed=13, slices=4), analyze=False, title="First")
    case_id = upload["cases"]["edges"][0]["node"]["id"]

    renamed = await client.mutate("updateCase", UPDATE, {"caseId": case_id, "title": "Second", "archived": True})
    deleted = await client.mutate("deleteCase", DELETE, {"caseId": case_id, "reason": "A test"})

    assert renamed["case"] == {"title": "Second", "status": "ARCHIVED"}
    assert deleted["ok"] is True
    assert (await client.ask(CASE, id=case_id))["case"] is None


async def test_pages_of_the_worklist_meet_in_both_directions(server: RunningServer, client: GraphQLClient) -> None:
    for seed in (14, 15, 16):
        await client.upload(small_phantom(seed, slices=2), analyze=False)

    forward = await pages(client, "first", "after", "hasNextPage", "endCursor")
    backward = await pages(client, "last", "before", "hasPreviousPage", "startCursor")

    everything = (await client.ask("{ cases(first: 100, order: NEWEST) { totalCount edges { node { id } } } }"))[
        "cases"
    ]
    assert [case for page in forward for case in page] == [edge["node"]["id"] for edge in everything["edges"]]
    assert [case for page in reversed(backward) for case in page] == [case for page in forward for case in page]
    assert everything["totalCount"] == len(everything["edges"]) >= 3


async def pages(client: GraphQLClient, size: str, start: str, more: str, end: str) -> list[list[str]]:
    document = f"""query ($from: String) {{ cases({size}: 2, {start}: $from, order: NEWEST) {{
      edges {{ node {{ id }} }} pageInfo {{ {more} {end} }} }} }}"""
    found: list[list[str]] = []
    place = None
    while True:
        page = (await client.ask(document, **{"from": place}))["cases"]
        found.append([edge["node"]["id"] for edge in page["edges"]])
        place = page["pageInfo"][end]
        if not page["pageInfo"][more]:
            return found


async def test_sockets_that_vanish_leave_nothing_behind(
    chest: Chest, client: GraphQLClient, server: RunningServer
) -> None:
    assert server.process is not None
    descriptors = f"/proc/{server.process.pid}/fd"
    before = len(os.listdir(descriptors))

    for _ in range(50):
        async with client.socket() as socket:
            await subscribe(socket, CASE_EVENTS, id=chest.case["id"])
            socket.transport.abort()

    await until(lambda: len(os.listdir(descriptors)) <= before + 2, 10)
