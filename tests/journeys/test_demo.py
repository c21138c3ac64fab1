"""What a newcomer gets from `make run`, with real processes and an empty data folder."""

import json
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.client.connection import Connection
from api.client.credentials import FILE_NAME, Credentials
from api.persistence.embedded_server import database_folder
from tests.running import RunningServer, command_of, free_port

MAIN_JOB_SECONDS = 240.0
QUICK_SECONDS = 30.0  # 5 on a machine that does nothing else


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data")
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()
    shutil.rmtree(database_folder(running.data_dir.resolve()), ignore_errors=True)


def wait_for(demo: RunningServer, text: str, seconds: float = MAIN_JOB_SECONDS) -> str:
    """The log, once the text is in it."""
    return wait_until(lambda: log if text in (log := demo.log()) else "", seconds, f"{text!r} in\n{demo.log()}")


def wait_until(found: Callable[[], str], seconds: float, what: str) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if log := found():
            return log
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def processes_of(demo: RunningServer) -> list[str]:
    """Commands of live processes that name the data folder, or work in it or in its database."""
    homes = [str(demo.data_dir.resolve()), str(database_folder(demo.data_dir.resolve()))]
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            traces = [*command_of(int(entry.name)), str((entry / "cwd").readlink()), (entry / "environ").read_text()]
        except OSError:
            continue
        if any(home in trace for home in homes for trace in traces):
            found.append(" ".join(command_of(int(entry.name))))
    return found


@pytest.mark.slow
async def test_the_demo_ends_the_main_job_once_and_stops_without_a_trace(demo: RunningServer) -> None:
    demo.start("demo")
    wait_for(demo, "Ingest: ")

    # Stopped in the middle of the main job.
    assert demo.stop() == 0
    assert processes_of(demo) == []

    demo.start("demo")
    log = wait_for(demo, "Ctrl-C stops Hilum.")
    assert "Analysis: succeeded" in log
    assert re.search(r"^ *1 +nodule +[01]\.\d{3} +\d+\.\d mm +\d+ of 133 .* yes", log, re.MULTILINE)
    assert re.search(rf"^Open: {demo.url}/#/cases/\S+$", log, re.MULTILINE)
    assert "Research software, not a medical device." in log
    assert demo.stop() == 0
    assert processes_of(demo) == []

    size = len(demo.log())
    begun = time.monotonic()
    demo.start("demo")
    wait_for(demo, "The phantom's case: ")
    assert time.monotonic() - begun < QUICK_SECONDS
    assert "slices drawn" not in demo.log()[size:]
    assert demo.stop() == 0


@pytest.mark.slow
async def test_the_demos_accounts_sign_in_with_the_passwords_of_the_file(demo: RunningServer) -> None:
    demo.start("demo")

    path = demo.data_dir / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    accounts = json.loads(path.read_text())["accounts"]
    assert [(account["email"], account["role"]) for account in accounts] == [
        ("clinician@demo.example", "CLINICIAN"),
        ("colleague@demo.example", "CLINICIAN"),
        ("patient@demo.example", "PATIENT"),
        ("administrator@demo.example", "ADMINISTRATOR"),
    ]
    assert all(len(account["password"]) >= 16 and account["password"] in demo.log() for account in accounts)
    assert await signs_in(demo)

    # Killed before the file was written, and started at another port.
    demo.kill()
    path.unlink()
    demo.port = free_port()
    demo.start("demo")

    repaired = json.loads(path.read_text())
    assert repaired["url"] == demo.url
    assert not {account["password"] for account in accounts} & {account["password"] for account in repaired["accounts"]}
    assert await signs_in(demo)
    assert demo.stop() == 0


async def signs_in(demo: RunningServer) -> bool:
    credentials = Credentials.read(demo.data_dir)
    assert credentials is not None
    for account in credentials.accounts:
        async with Connection(demo.url, account.email, account.password) as connection:
            answer = await connection.ask("query Viewer { viewer { user { email role } } }", {}, "asking")
            assert answer["viewer"]["user"] == {"email": account.email, "role": account.role}
    return True
