"""Settings choose the parts of the house."""

from api.backends import choose_directory
from api.identity.cognito import CognitoDirectory
from api.identity.cognito_pool import issuer, jwks_url, region
from api.identity.local import LocalDirectory
from api.settings import Settings

POOL = Settings(user_directory="cognito", cognito_pool_id="eu-central-1_AbC123", cognito_client_id="client1")


async def test_accounts_are_our_own_unless_a_user_pool_is_named() -> None:
    own, close_own = choose_directory(Settings())
    pool, close_pool = choose_directory(POOL)

    assert isinstance(own, LocalDirectory)
    assert isinstance(pool, CognitoDirectory)
    await close_own()
    await close_pool()


def test_a_pools_addresses_follow_from_its_id_unless_they_are_set() -> None:
    elsewhere = POOL.model_copy(
        update={
            "cognito_region": "eu-west-1",
            "cognito_issuer": "https://issuer.example/pool",
            "cognito_jwks_url": "https://keys.example/pool",
        }
    )

    assert region(POOL) == "eu-central-1"
    assert issuer(POOL) == "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123"
    assert jwks_url(POOL) == issuer(POOL) + "/.well-known/jwks.json"
    assert region(elsewhere) == "eu-west-1"
    assert issuer(elsewhere) == "https://issuer.example/pool"
    assert jwks_url(elsewhere) == "https://keys.example/pool"
