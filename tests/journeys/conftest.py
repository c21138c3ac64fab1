"""One server, and one phantom on it, for the journeys that only look."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.graphql_client import GraphQLClient
from tests.journeys.chest import Chest, run_main_job
from tests.running import RunningServer


@pytest.fixture(scope="session")
def chest(server: RunningServer) -> Chest:
    return asyncio.run(run_main_job(server))


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[GraphQLClient]:
    """The clinician who uploaded the phantom."""
    async with GraphQLClient(server.url) as client:
        yield await client.sign_in(server.credentials["clinician"])
