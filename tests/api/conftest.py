"""One house a test module, and people of their own for every test: organizations do not see each other.

A module of tests that stop, starve or kill parts of a house takes `backends` of tests/conftest.py instead.
Modules that share a house share its event loop too: `pytestmark = SHARED`.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from api.backends import open_backends
from api.unit_of_work import House
from tests.conftest import fresh_database, quick_settings
from tests.people import People, make_people


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house") / "data"


@pytest.fixture(scope="module")
def shared_database_url(postgresql: str) -> Iterator[str]:
    yield from fresh_database(postgresql)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(shared_folder: Path, shared_database_url: str) -> AsyncIterator[House]:
    async with open_backends(quick_settings(shared_folder), shared_database_url) as backends:
        yield backends.house


@pytest_asyncio.fixture(loop_scope="module")
async def people(house: House) -> People:
    return await make_people(house)
