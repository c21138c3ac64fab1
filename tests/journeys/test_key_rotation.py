"""`hilum keys rotate` beside a server that is worked with: nothing fails, and a rotation that was killed goes on."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlmodel import SQLModel

from api.backends import open_backends
from api.keys.resealing import sealed_tables
from api.persistence.audit.entries import Service
from api.persistence.sealing.keyring import number_of
from api.settings import Settings
from api.storage.local_keys import LocalKeys
from tests.conftest import fresh_database
from tests.graphql_client import GraphQLClient
from tests.phantoms import small_phantom
from tests.running import ROOT, RunningServer, make_accounts

pytestmark = pytest.mark.slow

SPREAD = {"HILUM_KEY_SPREAD_SECONDS": "3"}
# Who reads and sends without a pause here is no attack.
ENOUGH = {"HILUM_PERSON_COST_BUCKET": "1000000000", "HILUM_UPLOADS_PER_MINUTE": "100000"}
OLD_ROWS = 3000  # so that sealing them anew takes a while
ROTATION_SECONDS = 60
UPDATE = "mutation ($input: UpdateCaseInput!) { updateCase(input: $input) { case { title } errors { code message } } }"
LIST = "{ cases(first: 50) { edges { node { title patient { name } studies { description } } } } }"


@pytest.fixture(scope="module")
def house(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("rotation") / "data"
    for url in fresh_database(postgresql):
        credentials = asyncio.run(make_accounts(Settings(data_dir=data_dir), url))
        running = RunningServer(data_dir, credentials, url, settings=SPREAD | ENOUGH)
        running.start()
        yield running
        assert running.stop() == 0


def rotate(house: RunningServer, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "api", "keys", "rotate", *options],
        cwd=ROOT,
        env=house.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def rotated(house: RunningServer, *options: str) -> str:
    """What the whole rotation said."""
    process = rotate(house, *options)
    said, _ = await asyncio.to_thread(process.communicate, timeout=ROTATION_SECONDS)
    assert process.returncode == 0, said
    return said


async def killed_after(house: RunningServer, words: str) -> None:
    """A rotation that is killed when it says so."""
    process = rotate(house)
    assert process.stdout is not None
    while words not in (line := await asyncio.to_thread(process.stdout.readline)):
        assert line, "it ended before"
    process.kill()
    await asyncio.to_thread(process.communicate)


def add_old_rows(house: RunningServer) -> None:
    """Files of an upload long ago, sealed under whatever key seals now."""

    async def add() -> None:
        settings = Settings(data_dir=house.data_dir)
        assert house.database_url is not None
        async with open_backends(settings, house.database_url) as backends, backends.house.unit_of_work() as uow:
            key = (await (await uow.session.connection()).exec_driver_sql("select key from uploads limit 1")).scalar()
            tables = SQLModel.metadata.tables
            rows: list[dict[str, Any]] = [
                {"key": uuid4(), "upload_key": key, "index": 1000 + i, "name": f"old {i}.dcm", "size": 1,
                 "part_sha256": [], "taken_in": True}
                for i in range(OLD_ROWS)
            ]  # fmt: skip
            await uow.session.execute(tables["upload_files"].insert(), rows)

    asyncio.run(add())


def data_keys(house: RunningServer) -> dict[int, str]:
    assert house.database_url is not None
    with psycopg.connect(house.database_url) as connection:
        return {row[0]: row[1] for row in connection.execute("select id, state from data_keys").fetchall()}


def acts_on_keys(house: RunningServer) -> list[str]:
    """As the system's chain of the audit has them."""
    assert house.database_url is not None
    with psycopg.connect(house.database_url) as connection:
        asked = "select action from audit_entries where action like 'data_key:%%' and actor_key = %s order by number"
        return [row[0] for row in connection.execute(asked, [Service.COMMAND.key]).fetchall()]


def keys_in_use(house: RunningServer) -> dict[int, int]:
    """How many values lie sealed under each data key."""
    assert house.database_url is not None
    found: dict[int, int] = {}
    with psycopg.connect(house.database_url) as connection:
        for table in sealed_tables(SQLModel.metadata):
            for column in table.columns:
                for (value,) in connection.execute(f'select "{column}" from {table.name}').fetchall():
                    if value is not None:
                        found[number_of(value)] = found.get(number_of(value), 0) + 1
    return found


@asynccontextmanager
async def at_work(house: RunningServer) -> AsyncIterator[dict[str, int]]:
    """Somebody renames a case, reads, and sends images, over and over; whatever fails is raised at the end."""
    done = {"renamed": 0, "listed": 0, "sent": 0}
    stopped = asyncio.Event()

    async def over_and_over(name: str, act: Callable[[GraphQLClient, int], Awaitable[None]]) -> None:
        async with await GraphQLClient(house.url).sign_in(house.credentials["clinician"]) as client:
            while not stopped.is_set():
                await act(client, done[name])
                done[name] += 1

    async with GraphQLClient(house.url) as client:
        await client.sign_in(house.credentials["clinician"])
        upload = await client.upload(small_phantom(seed=61, slices=3), analyze=False, title="Rotated")
    case_id = upload["cases"]["edges"][0]["node"]["id"]

    async def rename(client: GraphQLClient, number: int) -> None:
        await client.mutate("updateCase", UPDATE, {"caseId": case_id, "title": f"Rotated {number}"})

    async def read(client: GraphQLClient, number: int) -> None:
        nodes = [edge["node"] for edge in (await client.ask(LIST))["cases"]["edges"]]
        assert nodes
        assert all(node["patient"]["name"] and node["studies"][0]["description"] for node in nodes)

    async def send(client: GraphQLClient, number: int) -> None:
        sent = await client.upload(small_phantom(seed=62 + number % 9, slices=2), analyze=False)
        assert sent["rejections"]["totalCount"] == 0

    tasks = [
        asyncio.create_task(over_and_over(name, act))
        for name, act in (("renamed", rename), ("listed", read), ("sent", send))
    ]
    try:
        yield done
    finally:
        stopped.set()
        await asyncio.gather(*tasks)


async def check_all_readable(house: RunningServer) -> None:
    async with await GraphQLClient(house.url).sign_in(house.credentials["clinician"]) as client:
        nodes = [edge["node"] for edge in (await client.ask(LIST))["cases"]["edges"]]
    assert all(node["title"] and node["patient"]["name"] for node in nodes)


async def test_keys_are_rotated_while_people_work(house: RunningServer) -> None:
    before = data_keys(house)

    async with at_work(house) as done:
        said = await rotated(house)
        worked = dict(done)

    assert before == {1: "current"}
    assert data_keys(house) == {2: "current"}
    assert keys_in_use(house).keys() == {2}
    assert acts_on_keys(house) == ["data_key:make", "data_key:use", "data_key:delete"]
    assert "Nothing is sealed under data key 1 any more" in said
    assert min(worked.values()) > 3, worked
    await check_all_readable(house)


async def test_a_rotation_that_is_killed_goes_on_where_it_was(house: RunningServer) -> None:
    await asyncio.to_thread(add_old_rows, house)
    (old,) = data_keys(house)

    async with at_work(house):
        await killed_after(house, "is made")
        after_making = data_keys(house)
        await killed_after(house, "It seals from now on")
        after_turning = data_keys(house)
        await killed_after(house, "cases:")
        after_some = keys_in_use(house)
        said = await rotated(house)

    assert after_making == {old: "current", old + 1: "coming"}
    assert after_turning == {old: "leaving", old + 1: "current"}
    assert after_some.keys() == {old, old + 1}
    assert "goes on from there" in said
    assert data_keys(house) == {old + 1: "current"}
    assert keys_in_use(house).keys() == {old + 1}
    await check_all_readable(house)


async def test_a_new_master_key_is_noticed_by_whoever_runs(house: RunningServer) -> None:
    path = house.data_dir / "keys" / "master.key"
    before = path.read_bytes().split()
    first = await LocalKeys(path).generate({"object": "earlier"})

    async with at_work(house):
        await rotated(house, "--master")

    after = path.read_bytes().split()
    assert after[1:] == before
    assert wrapped_by(house) == {(await LocalKeys(path).generate({})).wrapped[1:5]}
    assert await LocalKeys(path).unwrap(first.wrapped, {"object": "earlier"}) == first.plaintext


async def test_two_rotations_at_once_are_one(house: RunningServer) -> None:
    first = rotate(house)
    assert first.stdout is not None
    await asyncio.to_thread(first.stdout.readline)

    second = rotate(house)
    said, _ = await asyncio.to_thread(second.communicate, timeout=ROTATION_SECONDS)
    await asyncio.to_thread(first.communicate, timeout=ROTATION_SECONDS)

    assert (first.returncode, second.returncode) == (0, 1)
    assert "being rotated already" in said


def wrapped_by(house: RunningServer) -> set[bytes]:
    """Ids of the master keys that wrap the database's data keys."""
    assert house.database_url is not None
    with psycopg.connect(house.database_url) as connection:
        return {row[0][1:5] for row in connection.execute("select wrapped from data_keys").fetchall()}


def test_a_server_with_another_master_key_says_what_to_do(house: RunningServer, tmp_path: Path) -> None:
    stranger = RunningServer(tmp_path / "data", database_url=house.database_url)
    result = subprocess.run(
        [sys.executable, "-m", "api", "serve"],
        cwd=ROOT,
        env=stranger.environment,
        capture_output=True,
        text=True,
        timeout=ROTATION_SECONDS,
    )

    assert result.returncode == 1
    assert "Put back the master key" in result.stderr
    assert "Traceback" not in result.stderr
