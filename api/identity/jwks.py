"""The public keys of an issuer (JWK Set, RFC 7517), kept and renewed.

A key that is not known is asked for at once, but not more often than every few seconds: names of keys come from tokens,
and anybody can make one up. Keys that the issuer took out go when the set is renewed, not before; where the address
does not answer, those we have stay for a while. One request at a time, with a deadline and a limit of size.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from api.errors import Unavailable

log = logging.getLogger(__name__)

SMALLEST_KEY_BITS = 2048  # RFC 7518 3.3
LONGEST_NAME = 256
MOST_KEYS = 64


class UnreadableKeys(Exception):
    """The answer is no set of keys that tokens could be checked with."""


class KeySet:
    """seconds: until the set is renewed. pause: least seconds between requests. outage: how long an old set outlives a
    renewal that fails. deadline: seconds of one request. largest: bytes of an answer."""

    def __init__(
        self,
        url: str,
        *,
        seconds: float,
        pause: float,
        outage: float,
        deadline: float,
        largest: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._deadline, self._largest = url, deadline, largest
        self._seconds, self._pause, self._outage = seconds, pause, outage
        self._clock = clock
        self._web = httpx.AsyncClient(timeout=deadline, follow_redirects=False)
        self._keys: dict[str, RSAPublicKey] = {}
        self._renewed_at: float | None = None
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._web.aclose()

    async def find(self, name: str) -> RSAPublicKey | None:
        """The key of this name (`kid`). Raises: Unavailable where there are no keys and none can be had."""
        if (name not in self._keys or self._is_old()) and self._may_ask():
            await self._ask()
        if self._renewed_at is None or self._clock() - self._renewed_at > self._seconds + self._outage:
            raise Unavailable(
                "The directory of accounts does not answer. Try again in a moment.", retry_after=self._pause
            )
        return self._keys.get(name)

    def _is_old(self) -> bool:
        return self._renewed_at is None or self._clock() - self._renewed_at >= self._seconds

    def _may_ask(self) -> bool:
        return self._asking is not None or self._asked_at is None or self._clock() - self._asked_at >= self._pause

    async def _ask(self) -> None:
        """Whoever comes while keys are asked for waits for that answer; who leaves meanwhile does not end it."""
        if self._asking is None:
            self._asked_at = self._clock()
            self._asking = asyncio.create_task(self._renew())
        await asyncio.shield(self._asking)

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                found = read_keys(await self._fetch())
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnreadableKeys) as fault:
            log.error("The directory's public keys could not be read: %s", type(fault).__name__)
        else:
            if self._is_old():
                self._keys, self._renewed_at = found, self._clock()
            else:
                self._keys |= found
        finally:
            self._asking = None

    async def _fetch(self) -> bytes:
        content = bytearray()
        # Uncompressed and read raw: a small answer must not unpack to a large one.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with self._web.stream("GET", self._url, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise UnreadableKeys(str(answer.status_code))
            async for chunk in answer.aiter_raw(4096):
                content += chunk
                if len(content) > self._largest:
                    raise UnreadableKeys("too large")
        return bytes(content)


def read_keys(content: bytes) -> dict[str, RSAPublicKey]:
    """The RSA signing keys by name; others are passed over, and names that two different keys have.

    Raises: UnreadableKeys, also where not one is usable."""
    try:
        listed = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableKeys("not a JWK Set") from None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise UnreadableKeys("not a JWK Set")
    keys: dict[str, RSAPublicKey] = {}
    ambiguous: set[str] = set()
    for entry in listed:
        found = _read_key(entry)
        if found is None:
            continue
        name, key = found
        if name in keys and keys[name].public_numbers() != key.public_numbers():
            ambiguous.add(name)
        keys[name] = key
    usable = {name: key for name, key in keys.items() if name not in ambiguous}
    if not usable:
        raise UnreadableKeys("no RSA key for signatures")
    return usable


def _read_key(entry: Any) -> tuple[str, RSAPublicKey] | None:
    if not isinstance(entry, dict) or entry.get("kty") != "RSA":
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    name, modulus, exponent = (entry.get(field) for field in ("kid", "n", "e"))
    if not (isinstance(name, str) and 0 < len(name) <= LONGEST_NAME):
        return None
    if not (isinstance(modulus, str) and isinstance(exponent, str)):
        return None
    try:
        # Only the public fields: a set that holds a private key must not give us one.
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": modulus, "e": exponent})
    except (jwt.PyJWTError, ValueError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        return None
    return name, key
