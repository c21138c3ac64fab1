"""Which bucket has which size: the settings as a table."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from api.permissions import Actor
from api.settings import Settings

MINUTE = 60.0
UNKNOWN = "unknown"
ONE_HOME = 64  # bits: whoever has an IPv6 address has 2^64 of them


class Bucket(StrEnum):
    """What is counted. `…_cost` buckets hold points of GraphQL operations, all others hold occurrences."""

    PERSON_COST = "person_cost"
    API_KEY_COST = "api_key_cost"
    ADDRESS_COST = "address_cost"
    ANONYMOUS = "anonymous"
    GUESSES = "guesses"
    UPLOADS = "uploads"
    ANALYSES = "analyses"
    EXPORTS = "exports"
    COMMENTS = "comments"
    INVITATIONS = "invitations"
    WRONG_ADDRESSES = "wrong_addresses"
    SOCKETS = "sockets"


@dataclass(frozen=True)
class Allowance:
    """size: points at once. restore: points that come back each second."""

    bucket: Bucket
    size: float
    restore: float


def allowance(settings: Settings, bucket: Bucket) -> Allowance:
    """Of a bucket whose setting is `<bucket>_per_minute`, or `<bucket>_bucket` and `<bucket>_restore`."""
    if bucket.endswith("_cost"):
        size, restore = getattr(settings, f"{bucket}_bucket"), getattr(settings, f"{bucket}_restore")
        return Allowance(bucket, size, restore)
    each_minute: int = getattr(settings, f"{bucket}_per_minute")
    return Allowance(bucket, each_minute, each_minute / MINUTE)


def payer(actor: Actor | None, address: str | None) -> tuple[Bucket, str]:
    """Whose bucket an operation is paid from, and the subject's name in it."""
    if actor is None:
        return Bucket.ADDRESS_COST, network_of(address)
    if actor.api_key_key is not None:
        return Bucket.API_KEY_COST, str(actor.api_key_key)
    return Bucket.PERSON_COST, str(actor.user_key)


def network_of(address: str | None) -> str:
    """An IPv4 address as it is, of an IPv6 address its /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, ONE_HOME), strict=False))
    return str(parsed)
