"""`hilum audit verify`: proves the trail beside a running server and without one, and says which entry is broken."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from api.oversight.anchors import ANCHORS
from api.persistence.embedded_server import EmbeddedServer, database_folder
from api.persistence.migration import migrate
from api.settings import Settings
from tests.running import ROOT, RunningServer, forget_database, make_accounts
from tests.waiting import until

BREAK = """update audit_entries set outcome = 'failed' where number = 2
    and organization_key = (select key from organizations where name = 'Test hospital')"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("audit") / "data"
    data_dir.mkdir()
    embedded = EmbeddedServer(Settings(data_dir=data_dir).data)
    migrate(embedded.url)
    credentials = asyncio.run(make_accounts(Settings(data_dir=data_dir), embedded.url))
    embedded.stop()
    server = RunningServer(data_dir, credentials)
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop()
    forget_database(data_dir)


def verify(running: RunningServer, *arguments: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    command = [sys.executable, "-m", "api", "audit", "verify", *arguments]
    ended = subprocess.run(
        command, cwd=ROOT, env=running.environment, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def connect(running: RunningServer) -> psycopg.Connection:
    address = f"postgresql://postgres@/postgres?host={database_folder(running.data_dir.resolve())}"
    return psycopg.connect(address, autocommit=True)


def test_a_whole_trail_is_intact_beside_the_running_server(running: RunningServer) -> None:
    code, told = verify(running)

    assert code == 0, told
    assert "Test hospital: intact, " in told
    assert "Other hospital: intact, " in told


def test_one_organizations_chain_is_chosen_by_name_or_key(running: RunningServer) -> None:
    with connect(running) as rows:
        found = rows.execute("select key from organizations where name = 'Other hospital'").fetchone()
    assert found is not None

    for wanted in ("Other hospital", str(found[0])):
        code, told = verify(running, "--organization", wanted)
        assert (code, told.count("intact")) == (0, 1)


def test_an_organization_that_is_none_is_wrong_usage(running: RunningServer) -> None:
    code, told = verify(running, "--organization", "Nowhere")

    assert (code, "no organization Nowhere" in told) == (2, True)


async def test_the_worker_anchors_and_proves_by_itself(running: RunningServer) -> None:
    def is_proved() -> bool:
        with connect(running) as rows:
            found = rows.execute("select count(*) from audit_verifications where whole and intact").fetchone()
        return found is not None and found[0] > 0

    await until(is_proved, 30)

    assert list((running.data_dir / "objects" / "objects" / ANCHORS.split("/")[0]).rglob("*~"))


def test_a_broken_entry_is_named_and_the_server_goes_on_and_so_without_it(running: RunningServer) -> None:
    with connect(running) as rows:
        rows.execute("set session_replication_role = replica")
        rows.execute(BREAK)

    code, told = verify(running)
    running.wait_until_ready()
    assert running.stop() == 0
    again, told_again = verify(running, "--organization", "Test hospital")

    for said in (told, told_again):
        assert "Test hospital: BROKEN at entry 2 of 2" in said, said
        assert "All before it are right." in said
    assert "Other hospital: intact" in told
    assert (code, again) == (1, 1)
