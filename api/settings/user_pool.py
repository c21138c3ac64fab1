"""Where accounts lie, and how a Cognito user pool is asked."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from api.settings.addresses import is_secure


class UserPoolSettings(BaseSettings):
    """A part of `Settings`."""

    user_directory: Literal["local", "cognito"] = Field(
        "local", description="Where accounts and passwords are kept: our own tables, or a Cognito user pool."
    )
    cognito_pool_id: str | None = Field(
        None,
        validate_default=True,
        max_length=55,
        pattern=r"^[\w-]+_[0-9A-Za-z]+$",
        description="Id of the user pool; needed with HILUM_USER_DIRECTORY=cognito.",
    )
    cognito_client_id: str | None = Field(
        None,
        validate_default=True,
        max_length=128,
        pattern=r"^[\w+]+$",
        description="Id of the pool's app client; needed with HILUM_USER_DIRECTORY=cognito.",
    )
    cognito_client_secret: SecretStr | None = Field(None, description="Secret of the app client, where it has one.")
    cognito_region: str | None = Field(
        None, pattern=r"^[a-z0-9-]+$", description="AWS region of the pool, where the pool's id does not begin with it."
    )
    cognito_endpoint: str | None = Field(
        None,
        description="Address of Cognito's API where it is not AWS's public one: a private endpoint, a test server.",
    )
    cognito_issuer: str | None = Field(
        None,
        description="Issuer that the pool's tokens must name (`iss`), where it is not "
        "https://cognito-idp.REGION.amazonaws.com/POOL_ID.",
    )
    cognito_jwks_url: str | None = Field(
        None, description="Address of the pool's public keys, where it is not ISSUER/.well-known/jwks.json."
    )
    cognito_clock_skew_seconds: int = Field(
        30, ge=0, le=300, description="How far the pool's clock may differ from ours, seconds."
    )
    cognito_keys_seconds: int = Field(
        3600, ge=60, description="The pool's public keys are asked for anew after so long, seconds."
    )
    cognito_keys_pause_seconds: float = Field(
        10.0, ge=1, description="Least pause between two requests for the pool's public keys, seconds."
    )
    cognito_keys_outage_seconds: int = Field(
        86_400,
        ge=0,
        description="Keys that cannot be asked for anew stay good for so long, seconds; then tokens are not believed.",
    )
    cognito_keys_bytes: int = Field(65_536, ge=1024, description="Largest answer with the pool's public keys, bytes.")
    cognito_seconds: float = Field(5.0, gt=0, le=60, description="Longest answer of Cognito to one request, seconds.")
    cognito_calls: int = Field(16, ge=1, le=256, description="Requests to Cognito at once from one process.")
    cognito_waiting_calls: int = Field(
        64, ge=0, description="Requests to Cognito that may wait for their turn; those beyond are told to come back."
    )

    @field_validator("cognito_pool_id", "cognito_client_id")
    @classmethod
    def _is_named_where_needed(cls, given: str | None, info: ValidationInfo) -> str | None:
        if given is None and info.data.get("user_directory") == "cognito":
            thing = "user pool" if info.field_name == "cognito_pool_id" else "pool's app client"
            raise ValueError(f"HILUM_USER_DIRECTORY=cognito needs the id of the {thing}.")
        return given

    @field_validator("cognito_endpoint", "cognito_jwks_url")
    @classmethod
    def _is_safe_to_ask(cls, address: str | None) -> str | None:
        """Whoever can alter the keys on their way can sign in as anybody."""
        if address is not None and not is_secure(address):
            raise ValueError("The address must begin with https:// (http:// is for this machine only).")
        return address
