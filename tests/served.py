"""The same house as the API has it: logged in as the API's role, where a test's own house is a worker's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from api.backends import open_backends
from api.persistence.logins import Login
from api.unit_of_work import House


@asynccontextmanager
async def as_api(house: House, database_url: str) -> AsyncIterator[House]:
    async with open_backends(house.settings, database_url, login=Login.API) as opened:
        yield replace(house, sessions=opened.house.sessions, jobs=opened.house.jobs)
