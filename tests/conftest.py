"""Real parts for tests: PostgreSQL from the wheel, a house on it, and servers in processes of their own."""

import asyncio
import secrets
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from api.backends import Backends, open_backends
from api.persistence.embedded_server import EmbeddedServer
from api.persistence.migration import migrate
from api.settings import Settings
from api.unit_of_work import House
from tests.running import RunningServer, make_accounts
from tests.triton.server import HERE, ROOT, TritonServer

if TYPE_CHECKING:
    from tests.cognito.server import CognitoServer

TEMPLATE = "hilum_template"


@pytest.fixture(scope="session", autouse=True)
def _traced() -> None:
    """As every process is; without it there are no trace ids."""
    trace.set_tracer_provider(TracerProvider())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL with a migrated template database."""
    folder = Path(tempfile.mkdtemp(prefix="hilum-test-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns of a missing XDG_RUNTIME_DIR
        server = EmbeddedServer(folder)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {TEMPLATE}")
        connection.execute(f"create database {TEMPLATE}")
    migrate(database(server.url, TEMPLATE))
    yield server.url
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(postgresql: str) -> Iterator[str]:
    """A database of its own, migrated and empty."""
    yield from fresh_database(postgresql)


@pytest.fixture(scope="session")
def triton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """A real Triton for all tests that leave it running: the product's models, and a slow one of the tests."""
    server = TritonServer(tmp_path_factory.mktemp("triton"), [ROOT / "triton_models", HERE / "models"])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return quick_settings(tmp_path / "data")


@pytest.fixture
async def backends(settings: Settings, database_url: str) -> AsyncIterator[Backends]:
    async with open_backends(settings, database_url) as opened:
        yield opened


@pytest.fixture
def house(backends: Backends) -> House:
    return backends.house


@pytest.fixture(scope="session")
def server(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One `hilum serve` for all tests that only use it; those that stop or kill one make their own."""
    data_dir = tmp_path_factory.mktemp("server") / "data"
    for url in fresh_database(postgresql):
        credentials = asyncio.run(make_accounts(Settings(data_dir=data_dir), url))
        running = RunningServer(data_dir, credentials, url)
        running.start()
        yield running
        assert running.stop() == 0


def quick_settings(data_dir: Path) -> Settings:
    """With passwords that are hashed as cheaply as the settings allow."""
    return Settings(data_dir=data_dir, hash_memory_kib=19_456, hash_iterations=2, hash_lanes=1)


@pytest.fixture(scope="session")
def cognito() -> Iterator["CognitoServer"]:
    """A Cognito that refuses what is wrong; pools are made by the tests."""
    from tests.cognito.server import cognito_server  # moto takes a second to import

    with cognito_server() as started:
        yield started


def database(url: str, name: str) -> str:
    """The same server's database of that name."""
    return url.replace("/postgres?", f"/{name}?")


def fresh_database(postgresql: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}")
    yield database(postgresql, name)
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")
