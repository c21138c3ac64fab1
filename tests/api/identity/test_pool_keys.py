"""Tokens of the pool are believed by its own keys alone, whichever those are by now."""

import asyncio

import pytest

from api.errors import Unavailable
from tests.api.identity.user_pool import PASSWORD, signed_in
from tests.cognito.harness import CognitoHarness, opened
from tests.cognito.server import CognitoServer


async def test_tokens_that_another_key_signed_let_nobody_in(
    harness: CognitoHarness, cognito: CognitoServer, email: str, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    harness.pool.honest.key = cognito.new_pool().honest.key

    with pytest.raises(Unavailable):
        await harness.directory.authenticate(email, PASSWORD)

    assert "not to be trusted" in caplog.text


@pytest.mark.parametrize("setting", ["cognito_issuer", "cognito_jwks_url"])
async def test_tokens_of_another_issuer_or_of_keys_that_are_away_let_nobody_in(
    cognito: CognitoServer, email: str, setting: str
) -> None:
    pool = cognito.new_pool()
    other = {"cognito_issuer": "https://issuer.example/pool", "cognito_jwks_url": cognito.jwks.url("/nothing")}[setting]
    pool.settings = pool.settings.model_copy(update={setting: other})
    async with opened(pool) as harness:
        await harness.directory.register(email, PASSWORD, confirmed=True)

        with pytest.raises(Unavailable) as refusal:
            await harness.directory.authenticate(email, PASSWORD)

    assert refusal.value.retry_after


async def test_people_sign_in_after_the_pool_has_changed_its_keys(cognito: CognitoServer, email: str) -> None:
    pool = cognito.new_pool()
    pool.settings = pool.settings.model_copy(update={"cognito_keys_pause_seconds": 0.1})
    path = f"/{pool.honest.pool.id}/.well-known/jwks.json"
    async with opened(pool) as harness:
        await harness.directory.register(email, PASSWORD, confirmed=True)
        await signed_in(harness.directory, email)
        newer = cognito.new_pool().honest
        pool.honest.key, pool.honest.kid = newer.key, newer.kid
        cognito.jwks.served[path] = pool.honest.jwks()
        await asyncio.sleep(0.1)

        await signed_in(harness.directory, email)

    assert cognito.jwks.asked[path] == 2
