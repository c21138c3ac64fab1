"""Kill -9 of the server and its workers in the midst of each step, then a new start on the same data folder.

One data folder lives through all of it; each test kills its server once and finds it running.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from api.analyses.overlays import object_name
from api.backends import open_backends
from api.events.append import Stream
from api.events.cursor import Cursor
from api.oversight.anchors import ANCHORS
from api.oversight.verification import list_chains, verify
from api.persistence.embedded_server import EmbeddedServer, database_folder
from api.persistence.migration import migrate
from api.settings import Settings
from tests.graphql_client import CASE, OUTCOME, Answer, GraphQLClient
from tests.phantoms import SLICES, small_phantom
from tests.running import RunningServer, forget_database, make_accounts
from tests.waiting import busyness, until

pytestmark = pytest.mark.slow

BEGINS_AGAIN_SECONDS = 5.0  # from the server being ready to the killed job being at work
CASE_EVENTS = "subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { cursor } }"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("kill") / "data"
    data_dir.mkdir()
    settings = Settings(data_dir=data_dir)
    embedded = EmbeddedServer(settings.data)
    migrate(embedded.url)
    credentials = asyncio.run(make_accounts(settings, embedded.url))
    embedded.stop()
    # Small batches, so that there is time to die between two of them.
    running = RunningServer(data_dir, credentials, settings={"HILUM_INGEST_BATCH": "4"})
    running.start()
    yield running
    assert running.stop() == 0
    assert not (database_folder(data_dir) / "postmaster.pid").exists(), "PostgreSQL goes with the server"
    forget_database(data_dir)


@pytest.fixture
async def client(house: RunningServer) -> AsyncIterator[GraphQLClient]:
    async with GraphQLClient(house.url) as client:
        yield await client.sign_in(house.credentials["clinician"])


async def test_an_upload_goes_on_after_the_server_was_killed(house: RunningServer, client: GraphQLClient) -> None:
    files = small_phantom(seed=1)
    upload_id = await client.create_upload(files)
    before = await client.files(upload_id)
    contents = list(files.values())
    for file in before[::2]:
        await client.put(file["parts"]["edges"][0]["node"], contents[file["index"]])

    restart(house)
    pending = await client.files(upload_id, pending=True)
    every = await client.files(upload_id)
    sent = await client.send(upload_id, files)
    await client.complete(upload_id, analyze=False)
    upload = await client.ingested(upload_id)

    assert [file["index"] for file in pending] == list(range(1, SLICES, 2))
    assert [file["received"] for file in every] == [i % 2 == 0 for i in range(SLICES)]
    assert sent == SLICES // 2
    await check_whole(house, client, upload, analyses=0)


async def test_an_ingest_goes_on_after_the_server_was_killed(house: RunningServer, client: GraphQLClient) -> None:
    upload_id = await begin_ingest(client, seed=2, analyze=False)
    filed = await some_filed(client, upload_id)

    restart(house)
    ready = time.monotonic()
    await client.until(OUTCOME, "node", lambda upload: upload["accepted"] > filed, 30, id=upload_id)
    begun_again = time.monotonic() - ready
    upload = await client.ingested(upload_id)

    assert begun_again < BEGINS_AGAIN_SECONDS * busyness()
    await check_whole(house, client, upload, analyses=0)


@pytest.mark.parametrize("stage", ["PREPARING", "INFERRING"])
async def test_an_analysis_goes_on_after_the_server_was_killed(
    house: RunningServer, client: GraphQLClient, stage: str
) -> None:
    upload = await client.ingested(await begin_ingest(client, seed={"PREPARING": 3, "INFERRING": 4}[stage]))
    case_id = upload["cases"]["edges"][0]["node"]["id"]
    await client.until(CASE, "case", lambda case: case["latestAnalysis"]["stage"] == stage, 30, id=case_id)

    restart(house)
    ready = time.monotonic()
    await client.until(CASE, "case", lambda case: case["latestAnalysis"]["stage"] == "PREPARING", 30, id=case_id)
    begun_again = time.monotonic() - ready
    case = await client.analyzed(case_id)

    assert begun_again < BEGINS_AGAIN_SECONDS * busyness()
    assert case["latestAnalysis"]["status"] == "SUCCEEDED"
    assert case["status"] == "READY"
    await check_whole(house, client, upload, analyses=1)


async def test_an_ingest_goes_on_after_the_database_was_killed_too(house: RunningServer, client: GraphQLClient) -> None:
    upload_id = await begin_ingest(client, seed=5)
    await some_filed(client, upload_id)

    house.kill()
    kill_postgresql(house)
    house.start()
    upload = await client.ingested(upload_id)
    await client.analyzed(upload["cases"]["edges"][0]["node"]["id"])

    await check_whole(house, client, upload, analyses=1)


async def test_a_job_outlives_as_many_kills_as_come(house: RunningServer, client: GraphQLClient) -> None:
    upload_id = await begin_ingest(client, seed=6, analyze=False)
    filed = 0

    for _ in range(4):
        filed = await some_filed(client, upload_id, filed)
        restart(house)
    upload = await client.ingested(upload_id)

    await check_whole(house, client, upload, analyses=0)


def restart(house: RunningServer) -> None:
    house.kill()
    house.start()


def kill_postgresql(house: RunningServer) -> None:
    """The postmaster by its number, as a power cut would take it."""
    pid = int((database_folder(house.data_dir) / "postmaster.pid").read_text().split("\n")[0])
    os.kill(pid, signal.SIGKILL)


async def begin_ingest(client: GraphQLClient, seed: int, analyze: bool = True) -> str:
    files = small_phantom(seed)
    upload_id = await client.create_upload(files)
    await client.send(upload_id, files)
    await client.complete(upload_id, analyze)
    return upload_id


async def some_filed(client: GraphQLClient, upload_id: str, more_than: int = 0) -> int:
    """Wait until instances are filed; how many."""
    upload = await client.until(OUTCOME, "node", lambda upload: upload["accepted"] > more_than, 30, id=upload_id)
    assert upload["accepted"] < SLICES, "the ingest was over before it could be killed"
    return int(upload["accepted"])


async def check_whole(house: RunningServer, client: GraphQLClient, upload: Answer, analyses: int) -> None:
    """Everything that was sent is there, once."""
    assert upload["status"] == "COMPLETE"
    assert (upload["accepted"], upload["duplicates"], upload["rejections"]["totalCount"]) == (SLICES, 0, 0)
    assert upload["cases"]["totalCount"] == 1
    case = (await client.ask(CASE, id=upload["cases"]["edges"][0]["node"]["id"]))["case"]
    (study,) = case["studies"]
    (series,) = study["series"]
    (stack,) = series["stacks"]
    assert (stack["frameCount"], stack["warnings"]) == (SLICES, [])
    assert case["analyses"]["totalCount"] == analyses
    if analyses:
        assert case["latestAnalysis"]["status"] == "SUCCEEDED"
        assert case["latestAnalysis"]["findings"]
    with psycopg.connect(database_address(house), autocommit=True) as rows:
        await until_idle(rows)
        check_findings(rows)
        check_numbers(rows)
        await check_objects(house, rows)
        await check_replay(client, case["id"], rows)


async def until_idle(rows: psycopg.Connection) -> None:
    """An upload is COMPLETE a moment before its job has tidied up."""
    await until(lambda: rows.execute("select count(*) from procrastinate_jobs").fetchone() == (0,), 5)


def check_findings(rows: psycopg.Connection) -> None:
    statement = "select count(*) from findings group by analysis_key, ordinal having count(*) > 1"
    assert rows.execute(statement).fetchall() == []


def check_numbers(rows: psycopg.Connection) -> None:
    """Each stream's events are numbered from 1 without a gap, up to what its counter says."""
    statement = """select s.stream, s.stream_key, s.last_number, array_agg(e.number order by e.number)
        from event_streams s join events e using (stream, stream_key) group by 1, 2, 3"""
    for stream, _, last, numbers in rows.execute(statement).fetchall():
        assert numbers == list(range(1, last + 1)), stream


async def check_objects(house: RunningServer, rows: psycopg.Connection) -> None:
    """In the store lies what rows name, and nothing else but the audit's anchors; and its chains are whole."""
    wanted = {f"instances/{row[0]}" for row in rows.execute("select key from instances").fetchall()}
    for instance, number in rows.execute("select instance_key, frame_number from frames").fetchall():
        wanted |= {f"frames/{instance}/{number}", f"previews/{instance}/{number}"}
    for analysis, overlays in rows.execute("select key, overlays from analyses").fetchall():
        wanted |= {object_name(analysis, index) for overlay in overlays for index in overlay["frames"]}
    settings = Settings(data_dir=house.data_dir)
    async with open_backends(settings, database_address(house)) as backends:
        assert {name for name in await backends.store.list() if not name.startswith(ANCHORS)} == wanted
        for chain in await list_chains(backends.house):
            verdict = await verify(backends.house, chain)
            assert verdict.fault is None, "the audit trail is whole"
    assert [path for path in parts_folder(house).rglob("*") if path.is_file()] == []


async def check_replay(client: GraphQLClient, case_id: str, rows: psycopg.Connection) -> None:
    """Whoever reads from the beginning gets every event of the case, each once and in order."""
    newest = (await client.ask(CASE, id=case_id))["case"]["eventCursor"]
    cursors = []
    async for data in client.follow_sse(CASE_EVENTS, id=case_id, after=str(Cursor(((Stream.CASE, 0),)))):
        cursors.append(data["caseEvents"]["cursor"])
        if cursors[-1] == newest:
            break
    assert cursors == [str(Cursor(((Stream.CASE, number),))) for number in range(1, len(cursors) + 1)]


def database_address(house: RunningServer) -> str:
    return f"postgresql://postgres@/postgres?host={database_folder(house.data_dir)}"


def parts_folder(house: RunningServer) -> Path:
    return house.data_dir / "objects" / "parts"
