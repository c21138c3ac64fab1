"""A house a test that pushes to a push service of the tests, people of two organizations, and their endpoint."""

import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from api.backends import Backends
from api.network.tls import Certificate, client_context
from api.settings import Settings
from api.unit_of_work import House
from tests.api.notifications.browsers import in_session, register
from tests.api.notifications.push_service import Browser, PushService, push_service
from tests.schema.conftest import edge, rows
from tests.schema.rows import Rows

__all__ = ["edge", "rows"]

NAMES = {"localhost", "127.0.0.1"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("push"), tls="generated")


@pytest.fixture(scope="module")
def trust(secure: Settings, service: PushService) -> ssl.SSLContext:
    return client_context(secure.data)


@pytest.fixture(scope="module")
def service(secure: Settings) -> Iterator[PushService]:
    with push_service(Certificate(secure).context) as running:
        yield running


@pytest.fixture(autouse=True)
def _all_answered(service: PushService) -> None:
    service.received.clear()
    service.answers.clear()


@pytest.fixture
def house(backends: Backends, trust: ssl.SSLContext) -> House:
    push = backends.house.push
    assert push is not None
    return replace(backends.house, push=replace(push, allowed=frozenset(NAMES), trust=trust))


@pytest_asyncio.fixture
async def phone(house: House, rows: Rows, service: PushService) -> AsyncIterator[Browser]:
    """The colleague's."""
    browser = Browser(service, "/phone")
    await register(house, await in_session(house, rows, "colleague"), browser.registration)
    yield browser
