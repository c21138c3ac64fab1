"""The PostgreSQL out of the wheel: it belongs to its data folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.persistence import embedded_server
from api.persistence.embedded_server import EmbeddedServer


@pytest.fixture
def data(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder whose database lies elsewhere, as root's does."""
    data = tmp_path / "data"
    usual = embedded_server.database_folder(data)
    elsewhere = usual.parent / f"{usual.name}-test" if not usual.is_relative_to(data) else Path(f"{tmp_path}-database")
    monkeypatch.setattr(embedded_server, "database_folder", lambda _: elsewhere)
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
