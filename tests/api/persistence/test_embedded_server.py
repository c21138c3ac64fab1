"""The PostgreSQL out of the wheel: it belongs to its data folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.persistence import embedded_server
from api.persistence.embedded_server import DatabaseElsewhere, EmbeddedServer, database_folder
from tests.running import ROOT, forget_database


@pytest.fixture
def data(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder whose database lies elsewhere, as root's does."""
    data = tmp_path / "data"
    usual = embedded_server.usual_folder(data)
    elsewhere = usual.parent / f"{usual.name}-test" if not usual.is_relative_to(data) else Path(f"{tmp_path}-database")
    monkeypatch.setattr(embedded_server, "usual_folder", lambda at: elsewhere.with_name(f"{elsewhere.name}-{at.name}"))
    yield data
    for left in elsewhere.parent.glob(f"{elsewhere.name}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def tables(server: EmbeddedServer) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")]


def make_table(data: Path) -> None:
    server = EmbeddedServer(data)
    with psycopg.connect(server.url) as connection:
        connection.execute("create table kept (id int)")
    server.stop()


def test_the_database_is_there_at_the_next_start(data: Path) -> None:
    make_table(data)

    server = EmbeddedServer(data)

    assert tables(server) == ["kept"]
    server.stop()


def test_an_empty_data_folder_begins_with_an_empty_database(data: Path) -> None:
    make_table(data)
    shutil.rmtree(data)

    server = EmbeddedServer(data)

    assert tables(server) == []
    server.stop()


def test_the_database_of_a_data_folder_that_went_is_set_aside_not_deleted(data: Path) -> None:
    make_table(data)
    shutil.rmtree(data)

    server = EmbeddedServer(data)

    assert len(list(server.folder.parent.glob(f"{server.folder.name}.aside-*"))) == 1
    server.stop()


def test_a_data_folder_that_was_moved_finds_its_database_there_and_back(data: Path) -> None:
    make_table(data)

    for here, there in ((data, data.with_name("moved")), (data.with_name("moved"), data)):
        here.rename(there)
        server = EmbeddedServer(there)
        assert tables(server) == ["kept"]
        assert server.folder == database_folder(there)
        server.stop()


def test_a_new_data_folder_at_the_old_path_leaves_the_moved_ones_database_alone(data: Path) -> None:
    moved = data.with_name("moved")
    make_table(data)
    data.rename(moved)
    EmbeddedServer(moved).stop()

    new = EmbeddedServer(data)

    assert tables(new) == []
    new.stop()
    old = EmbeddedServer(moved)
    assert tables(old) == ["kept"]
    old.stop()


def test_a_marked_database_that_is_gone_is_named_and_nothing_overwritten(data: Path) -> None:
    make_table(data)
    folder, mark = database_folder(data), (data / "database.mark").read_text()
    claim = folder.with_name(f"{folder.name}.mark")
    claim.rename(claim.with_suffix(".away"))

    with pytest.raises(DatabaseElsewhere, match="Put it back"):
        EmbeddedServer(data)

    assert (data / "database.mark").read_text() == mark
    assert folder.is_dir()


def test_a_copy_of_a_data_folder_does_not_share_its_database(data: Path) -> None:
    make_table(data)
    copy = data.with_name("copy")
    shutil.copytree(data, copy)

    with pytest.raises(DatabaseElsewhere, match="is a copy of"):
        EmbeddedServer(copy)


def test_a_lock_that_another_user_of_the_machine_left_is_in_nobodys_way(data: Path, tmp_path: Path) -> None:
    """A folder under the name of the wheel's shared lock file stands for a file that one may not open, for root too."""
    temporary = tmp_path / "temporary"
    (temporary / ".lockfile").mkdir(parents=True)
    start = (
        "import sys, pathlib; from api.persistence.embedded_server import EmbeddedServer; "
        "server = EmbeddedServer(pathlib.Path(sys.argv[1])); server.stop(); print('stopped')"
    )

    ran = subprocess.run(
        [sys.executable, "-c", start, str(tmp_path / "own")],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    forget_database(tmp_path / "own")

    assert ran.stdout == "stopped\n", ran.stderr
