"""A server with short patience, so that tests need little."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
import uvloop

from api.settings import Settings
from api.unit_of_work import House
from tests.api.network.serving import Served, serve

SHORT = {
    "header_seconds": 0.5,
    "header_bytes": 4096,
    "keep_alive_seconds": 1,
    "body_grace_seconds": 0.6,
    "body_bytes_per_second": 1000,
    "reader_grace_seconds": 0.6,
    "reader_bytes_per_second": 1000,
    "connections_per_address": 4,
    "socket_ping_seconds": 0.4,
    "socket_message_bytes": 1024,
    "trusted_proxies": "",
}


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that `hilum serve` runs: its transports have buffers and timings of their own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def short(house: House) -> Settings:
    return house.settings.model_copy(update=SHORT)


@pytest_asyncio.fixture(loop_scope="module")
async def served(house: House, short: Settings) -> AsyncIterator[Served]:
    async with serve(house, short) as served:
        yield served
