"""Settings choose the parts of the house."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from api.backends import choose_predictor, open_backends
from api.identity.cognito import CognitoDirectory
from api.identity.cognito_pool import issuer, jwks_url, region
from api.identity.local import LocalDirectory
from api.inference.embedded import EmbeddedPredictor
from api.inference.triton import TritonPredictor
from api.settings import Settings

COGNITO = {"cognito_pool_id", "cognito_client_id"}
SERVER = Settings(predictor="triton", triton_url="grpc://127.0.0.1:8001")
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


async def test_models_are_asked_in_the_worker_unless_a_triton_is_named() -> None:
    own, server = choose_predictor(Settings()), choose_predictor(SERVER)

    assert isinstance(own, EmbeddedPredictor)
    assert isinstance(server, TritonPredictor)
    await own.close()
    await server.close()


def test_tritons_client_is_loaded_only_where_it_is_asked() -> None:
    code = """
import sys
import api.__main__, api.worker
from api.backends import choose_predictor
from api.settings import Settings

choose_predictor(Settings())
sys.exit("tritonclient" in sys.modules or "grpc" in sys.modules)
"""

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"predictor": "triton"}, "needs HILUM_TRITON_URL"),
        ({"triton_url": "http://triton:8001"}, "pattern"),
        ({"triton_url": "grpcs://triton"}, "pattern"),
        ({"triton_url": "grpcs://triton:8001", "triton_cert": "a.pem"}, "go together"),
        ({"triton_url": "grpc://triton:8001", "triton_ca": "a.pem"}, "begins with grpcs://"),
    ],
)
def test_a_triton_that_could_not_be_reached_is_refused_with_the_setting_to_change(
    given: dict[str, str], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate(given)
