"""Settings choose the parts of the house."""

from api.backends import open_backends
from api.identity.cognito import CognitoDirectory
from api.identity.cognito_pool import issuer, jwks_url, region
from api.identity.local import LocalDirectory
from api.settings import Settings

COGNITO = {"cognito_pool_id", "cognito_client_id"}
POOL = Settings(user_directory="cognito", cognito_pool_id="eu-central-1_AbC123", cognito_client_id="client1")


async def test_accounts_are_our_own_unless_a_user_pool_is_named(settings: Settings, database_url: str) -> None:
    of_pool = settings.model_copy(update=POOL.model_dump(include={"user_directory", *COGNITO}))

    async with open_backends(settings, database_url) as own, open_backends(of_pool, database_url) as pool:
        assert isinstance(own.house.directory, LocalDirectory)
        assert isinstance(pool.house.directory, CognitoDirectory)


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
