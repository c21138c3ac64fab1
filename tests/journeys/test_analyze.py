"""`hilum analyze`: a CT goes in, marked findings come out, whatever happens on the way."""

import subprocess
import sys
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.client.connection import Connection
from api.client.display import Bar
from api.client.errors import ClientError
from api.client.main_job import run_main_job
from api.client.results import MainJobResult
from api.client.source_files import idempotency_key, list_source_files
from api.imaging.phantom_dicom import write_phantom_dicom
from api.settings import Settings
from tests.conftest import fresh_database
from tests.running import ROOT, RunningServer, make_accounts

SLICES = 40


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 mm of a chest, small pixels' worth."""
    folder = tmp_path_factory.mktemp("phantom")
    for name, content in write_phantom_dicom(slices=SLICES, seed=11, rows=256, spacing_mm=(2.5, 1.4, 1.4)):
        (folder / name).write_bytes(content)
    return folder


def analyze(server: RunningServer, *arguments: str | Path, password: str | None = None) -> tuple[int, str]:
    """Exit code, and everything that was printed."""
    email, right = server.credentials["clinician"]
    environment = server.environment | {"HILUM_PASSWORD": password or right, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "api", "analyze", *map(str, arguments), "--email", email, "--url", server.url]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_folder_is_analyzed_and_a_second_run_tells_the_same(server: RunningServer, phantom: Path) -> None:
    code, text = analyze(server, phantom, "--title", "PHANTOM by folder")

    assert code == 0, text
    assert f"Upload: {SLICES} files" in text
    assert f"Ingest: {SLICES} instances stored" in text
    assert "PHANTOM by folder" in text
    assert "Model: " in text
    assert f"Open: {server.url}/#/cases/" in text

    again, same = analyze(server, phantom, "--title", "PHANTOM by folder")

    assert again == 0
    assert "sent before" in same
    assert "Upload:" not in same
    assert text[text.index("PHANTOM by folder") :] == same[same.index("PHANTOM by folder") :]


def test_refused_files_of_a_zip_are_told_with_their_reason(server: RunningServer, tmp_path: Path) -> None:
    ((_, one_slice),) = write_phantom_dicom(slices=1, seed=12, rows=128)
    archive = tmp_path / "ct.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("ct/1.dcm", one_slice)
        zipped.writestr("ct/notes.txt", "not an image")

    code, text = analyze(server, archive)

    assert code == 1  # one slice is no chest
    assert "Not suitable for this model: " in text
    assert "Refused (NOT_AN_IMAGE): " in text
    assert "notes.txt" in text


def test_a_wrong_password_is_told(server: RunningServer, phantom: Path) -> None:
    code, text = analyze(server, phantom, password="not the password")

    assert code == 1
    assert "clinician@test.example: " in text
    assert "Traceback" not in text


def test_a_path_that_is_not_there_is_wrong_usage(server: RunningServer, tmp_path: Path) -> None:
    code, text = analyze(server, tmp_path / "nowhere")

    assert code == 2
    assert "There is no " in text


class Tripwire:
    """A bar that lets something happen once the upload has come so far."""

    def __init__(self, at: float, happen: Callable[[], None]) -> None:
        self._at, self._happen = at, happen

    def move(self, completed: float, words: str = "") -> None:
        if completed >= self._at:
            happen, self._happen = self._happen, lambda: None
            happen()

    def end(self, words: str) -> None: ...


class TrippingDisplay:
    def __init__(self, happen: Callable[[], None]) -> None:
        self._happen = happen

    def bar(self, name: str, total: float, *, counts_bytes: bool = False) -> Bar:
        return Tripwire(0.4 * total, self._happen if name == "Upload" else lambda: None)

    def say(self, text: str) -> None: ...


class CountingConnection(Connection):
    """Knows how many parts it was given."""

    puts = 0

    async def put(self, url: str, headers: Mapping[str, str], content: AsyncIterator[bytes]) -> None:
        self.puts += 1
        await super().put(url, headers, content)


async def run(server: RunningServer, folder: Path, title: str, happen: Callable[[], None]) -> tuple[MainJobResult, int]:
    """The result, and how many parts were sent. happen: when 40 % of the bytes are."""
    files = list_source_files([folder])
    async with CountingConnection(server.url, *server.credentials["clinician"], patience=60.0) as connection:
        key = idempotency_key(files, title)
        return await run_main_job(connection, files, key, title, TrippingDisplay(happen)), connection.puts


async def test_an_upload_that_was_broken_off_goes_on_where_it_was(server: RunningServer, phantom: Path) -> None:
    def pull_the_plug() -> None:
        raise ClientError("unplugged")

    with pytest.raises(ClientError, match="unplugged"):
        await run(server, phantom, "Broken off", pull_the_plug)

    result, puts = await run(server, phantom, "Broken off", lambda: None)

    assert result.succeeded
    assert result.accepted + result.duplicates == SLICES
    assert 1 <= puts <= 0.7 * SLICES


@pytest.mark.slow
async def test_the_client_goes_on_when_the_server_is_killed_and_started_again(
    postgresql: str, phantom: Path, tmp_path: Path
) -> None:
    with contextmanager(fresh_database)(postgresql) as url:
        credentials = await make_accounts(Settings(data_dir=tmp_path / "data"), url)
        running = RunningServer(tmp_path / "data", credentials, url)
        running.start()

        def restart() -> None:
            running.kill()
            threading.Thread(target=running.start).start()

        result, _ = await run(running, phantom, "Killed", restart)

        assert result.succeeded
        assert result.accepted == SLICES
        assert running.stop() == 0
