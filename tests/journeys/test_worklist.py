"""The worklist, and the connections of those who watch it."""

from pathlib import Path

from api.settings import Settings
from tests.graphql_client import CASE, GraphQLClient, subscribe
from tests.journeys.chest import CASE_EVENTS, Chest
from tests.phantoms import small_phantom
from tests.running import RunningServer
from tests.waiting import until

UPDATE = "mutation ($input: UpdateCaseInput!) { updateCase(input: $input) { case { title status } errors { code } } }"
VANISHING = 100
OTHER_CONNECTIONS = 6  # the queue's pool, and the listener
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
    pid = server.process.pid
    before, _ = sockets_of(pid)

    most = 0
    for _ in range(VANISHING):
        async with client.socket() as socket:
            await subscribe(socket, CASE_EVENTS, id=chest.case["id"])
            socket.transport.abort()
        most = max(most, sockets_of(pid)[1])

    # Each took a reading away in its middle; PostgreSQL may not be left with a connection for any of them.
    assert most <= Settings().database_pool + OTHER_CONNECTIONS
    await until(lambda: sockets_of(pid)[0] <= before + 2, 10)


def sockets_of(pid: int) -> tuple[int, int]:
    """How many sockets the process holds: of the network, and local ones, which lead to PostgreSQL."""
    local = {line.split()[6] for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]}
    inodes = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            kind, _, inode = str(entry.readlink()).partition(":")
        except OSError:  # closed meanwhile
            continue
        if kind == "socket":
            inodes.append(inode.strip("[]"))
    of_postgresql = sum(inode in local for inode in inodes)
    return len(inodes) - of_postgresql, of_postgresql
