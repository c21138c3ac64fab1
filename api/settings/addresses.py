"""What an address says of how it is reached."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_secure(address: str) -> bool:
    """Whether what is asked of the address cannot be altered on its way."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname or ""))
    )


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_every_network(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host == ""
