"""Which addresses this server lets itself be sent to: a push endpoint is what a browser says it is.

Asked when one is registered, and again at each push, of what its name resolves to then; the connection goes to that
very address. So neither a name that points inside, nor one that changes between the question and the connection, makes
the server speak to what only it can reach.
"""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from api.errors import Invalid

ENDPOINT_LENGTH = 2000
HTTPS_PORT = 443


class NotFoundByName(Exception):
    """There is no address of this name, now."""


class NotPublic(Exception):
    """The name leads to where nothing may be sent."""


@dataclass(frozen=True)
class Destination:
    """Where to connect to, and whom to ask for there."""

    url: str
    host: str
    address: str
    port: int


def parse_endpoint(endpoint: str) -> SplitResult:
    """Raises Invalid for what is no https address without user, password and fragment."""
    refusal = Invalid(f"A push endpoint is an https address of at most {ENDPOINT_LENGTH} characters.", ["endpoint"])
    if len(endpoint) > ENDPOINT_LENGTH or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise refusal
    try:
        parts = urlsplit(endpoint)
        port = parts.port  # reading it checks it
    except ValueError:
        raise refusal from None
    is_named = parts.hostname and parts.username is None and parts.password is None and port != 0
    if parts.scheme != "https" or not is_named or "#" in endpoint:
        raise refusal
    return parts


async def find_destination(endpoint: str, allowed: frozenset[str], seconds: float) -> Destination:
    """allowed: hosts that need not be public, nor at port 443. Raises Invalid, NotFoundByName, NotPublic."""
    parts = parse_endpoint(endpoint)
    host, port = (parts.hostname or "").lower(), parts.port or HTTPS_PORT
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise NotFoundByName(host) from None
    addresses = [str(each[4][0]) for each in found]
    if host not in allowed and (port != HTTPS_PORT or not all(_is_public(address) for address in addresses)):
        raise NotPublic(host)
    return Destination(endpoint, host, addresses[0], port)


def is_public_by_name(endpoint: str, allowed: frozenset[str]) -> bool:
    """As far as it can be told without asking for the name: where it is an address itself, or a local name."""
    parts = parse_endpoint(endpoint)
    host = (parts.hostname or "").lower().rstrip(".")
    if host in allowed:
        return True
    if (parts.port or HTTPS_PORT) != HTTPS_PORT:
        return False
    try:
        return _is_public(host)
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def _is_public(address: str) -> bool:
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    return parsed.is_global and not parsed.is_multicast
