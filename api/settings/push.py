"""Settings of notifications and Web Push."""

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

VAPID_KEY = re.compile(r"[A-Za-z0-9_-]{43}=?")


class PushSettings(BaseSettings):
    """A part of `Settings`."""

    notification_days: int = Field(90, ge=1, description="Days that notifications are kept.")
    notification_people: int = Field(500, ge=1, description="Most people that are told of one thing.")
    push: Literal["on", "off"] = Field(
        "on", description="Web Push: `off` makes no key, registers no browser and speaks to no push service."
    )
    vapid_private_key: SecretStr | None = Field(
        None,
        description="Private key that pushes are signed with (RFC 8292), 32 bytes in base64url; without it one is made "
        "in the data folder.",
    )
    push_contact: str | None = Field(
        None,
        description="Where push services reach the operator, `mailto:…` or `https://…`; without it HILUM_PUBLIC_URL, "
        "where that is https. Apple's takes no address at localhost.",
    )
    push_hosts: str | None = Field(
        None,
        description="Hosts, with commas, at which push endpoints may be though their address is not public, or their "
        "port not 443.",
    )
    push_subscriptions: int = Field(10, ge=1, description="Browsers of one person that are pushed to; the oldest go.")
    push_days: int = Field(30, ge=1, description="Days that a browser is pushed to without having registered again.")
    push_seconds: float = Field(10.0, gt=0, description="Longest wait for a push service, seconds.")
    push_ttl_seconds: int = Field(
        86_400, ge=0, description="Time that a push service keeps what it cannot deliver yet, seconds."
    )

    @field_validator("vapid_private_key")
    @classmethod
    def _is_a_key(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not VAPID_KEY.fullmatch(given.get_secret_value()):
            raise ValueError("HILUM_VAPID_PRIVATE_KEY is 32 bytes in base64url, 43 characters.")
        return given

    @field_validator("push_contact")
    @classmethod
    def _is_an_address(cls, contact: str | None) -> str | None:
        if contact is not None and not contact.startswith(("mailto:", "https://")):
            raise ValueError("HILUM_PUSH_CONTACT begins with mailto: or https://, such as mailto:it@hospital.example.")
        return contact

    @property
    def push_allowed(self) -> frozenset[str]:
        return frozenset(host.strip().lower() for host in (self.push_hosts or "").split(",") if host.strip())
