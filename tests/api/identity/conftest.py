"""What the tests of the Cognito directory share."""

import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from api.identity.cognito import CognitoDirectory
from tests.cognito.harness import CognitoHarness, opened
from tests.cognito.honest_api import HonestApi
from tests.cognito.server import CognitoServer


@pytest.fixture(autouse=True)
def _no_faults_are_left() -> Iterator[None]:
    yield
    HonestApi.faults.clear()
    HonestApi.before.clear()


@pytest.fixture
async def harness(cognito: CognitoServer) -> AsyncIterator[CognitoHarness]:
    async with opened(cognito.new_pool()) as made:
        yield made


@pytest.fixture
def directory(harness: CognitoHarness) -> CognitoDirectory:
    return harness.directory


@pytest.fixture
def email() -> str:
    return f"{secrets.token_hex(8)}@test.example"
