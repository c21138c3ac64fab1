"""A Cognito to test against: moto's server in a thread, made honest, with a JWKS address beside it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3
from moto.cognitoidp import urls
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from api.settings import Settings
from tests.cognito.honest_api import REGION, HonestApi
from tests.cognito.honest_pool import HonestPool
from tests.cognito.jwks_server import JwksServer

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
FLOWS = ("ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
POLICY = {
    "MinimumLength": 12,
    "RequireUppercase": False,
    "RequireLowercase": False,
    "RequireNumbers": False,
    "RequireSymbols": False,
}


@dataclass
class Pool:
    """A user pool, the settings that name it, and its insides."""

    settings: Settings
    honest: HonestPool
    client: Any = field(repr=False)  # boto3's


@dataclass
class CognitoServer:
    endpoint: str
    jwks: JwksServer
    client: Any = field(repr=False)

    def new_pool(
        self, *, mfa: str = "OPTIONAL", flows: tuple[str, ...] = FLOWS, has_secret: bool = True, hides: bool = True
    ) -> Pool:
        """As docs/using.md sets it up, unless told otherwise."""
        pool_id = self.client.create_user_pool(
            PoolName="test",
            UsernameAttributes=["email"],
            UsernameConfiguration={"CaseSensitive": False},
            AutoVerifiedAttributes=["email"],
            MfaConfiguration=mfa,
            Policies={"PasswordPolicy": POLICY},
        )["UserPool"]["Id"]
        app = self.client.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName="hilum",
            GenerateSecret=has_secret,
            ExplicitAuthFlows=list(flows),
            PreventUserExistenceErrors="ENABLED" if hides else "LEGACY",
        )["UserPoolClient"]
        path = f"/{pool_id}/.well-known/jwks.json"
        honest = HonestApi.pool(pool_id)
        self.jwks.served[path] = honest.jwks()
        settings = Settings(
            user_directory="cognito",
            cognito_pool_id=pool_id,
            cognito_client_id=app["ClientId"],
            cognito_client_secret=SecretStr(app["ClientSecret"]) if has_secret else None,
            cognito_endpoint=self.endpoint,
            cognito_jwks_url=self.jwks.url(path),
        )
        return Pool(settings, honest, self.client)


@contextmanager
def cognito_server() -> Iterator[CognitoServer]:
    with (
        patch.dict(os.environ, CREDENTIALS),
        patch.dict(urls.url_paths, {"{0}/$": HonestApi.dispatch}),
        JwksServer() as jwks,
    ):
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        try:
            endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
            yield CognitoServer(endpoint, jwks, boto3.client("cognito-idp", REGION, endpoint_url=endpoint))
        finally:
            server.stop()
