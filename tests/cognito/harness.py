"""The Cognito directory for the contract of directories: a pool of its own on the honest server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from api.identity.cognito import CognitoDirectory
from tests.cognito.server import CognitoServer, Pool


@dataclass
class CognitoHarness:
    """A person: reads their mail and holds their authenticator."""

    directory: CognitoDirectory
    pool: Pool

    async def mailed_code(self, email: str) -> str:
        return self.pool.honest.mails[email][-1]

    async def count_mails(self, email: str) -> int:
        return len(self.pool.honest.mails[email])

    async def totp(self, secret: str) -> str:
        return self.pool.honest.next_totp(secret)


@asynccontextmanager
async def cognito_directory(request: pytest.FixtureRequest) -> AsyncIterator[CognitoHarness]:
    server: CognitoServer = request.getfixturevalue("cognito")
    async with opened(server.new_pool()) as harness:
        yield harness


@asynccontextmanager
async def opened(pool: Pool) -> AsyncIterator[CognitoHarness]:
    directory = CognitoDirectory.open(pool.settings)
    try:
        yield CognitoHarness(directory, pool)
    finally:
        await directory.close()
