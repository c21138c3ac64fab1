"""The keys of sealed columns in memory: seal, open, and blind. Knows nothing of tables or of who keeps the keys.

A sealed value is

    version (1 byte)   1
    data key (4)       its number, big-endian
    nonce (12)         random; NIST SP 800-38D 8.3 allows 2**32 values under one key
    content            AES-256-GCM, padded to a multiple of 32 bytes (ISO/IEC 7816-4), so that a length tells little
    tag (16)

Version, number and the column's name are authenticated: what is moved into another column does not open.

A blind value is HMAC-SHA-256 under a key derived for one column and one scope (an organization, mostly) by
HKDF-Expand (RFC 5869 2.3; the secret is random, so it needs no extracting), cut to 16 bytes, or 8 for search terms.
"""

import hmac
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.errors import KeysOutOfDate

VERSION = b"\x01"
NUMBER_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
PAD_BYTES = 32
BLIND_BYTES = 16  # among 10**9 values of a unique column two collide with a chance of 10**-21
TERM_BYTES = 8  # a false find among 10**7 terms: 10**-12
SECRET_BYTES = 32
MOST_DERIVED = 4096  # derived keys that are remembered
_HEAD = 1 + NUMBER_BYTES


class SealBroken(Exception):
    """A sealed value cannot be opened: altered, moved, or its key is not on the ring. Names the column alone."""


@dataclass(frozen=True, slots=True)
class FirstKeys:
    """What an installation begins with: the first data key as it is stored, the index's secret as it is stored."""

    wrapped: bytes
    sealed_secret: bytes
    keyring: "Keyring"


class Keyring:
    """lease: seconds after `turn` in which the ring seals; then whoever turns it is late, and a key may be gone."""

    def __init__(self, lease: float = float("inf")) -> None:
        self._lease = lease
        self._ciphers: dict[int, AESGCM] = {}
        self._leaving: frozenset[int] = frozenset()
        self._current = 0
        self._secret = b""
        self._derived: dict[tuple[str, UUID | None], hmac.HMAC] = {}
        self._turned = now()

    def turn(self, keys: Mapping[int, bytes], current: int, *, since: float | None = None) -> None:
        """These keys open and `current` seals. since: when they were read, by `now`.

        Keys that are gone open until the next turn: what they sealed may just have been read.
        """
        gone = self._ciphers.keys() - keys.keys()
        kept = {number: cipher for number, cipher in self._ciphers.items() if number not in gone & self._leaving}
        self._ciphers = kept | {n: AESGCM(key) for n, key in keys.items() if n not in kept}
        self._leaving = frozenset(gone) - self._leaving
        self._current = current
        self._turned = now() if since is None else since

    def take_secret(self, secret: bytes) -> None:
        """What every blind index derives its keys from."""
        self._secret, self._derived = secret, {}

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self._ciphers)

    @property
    def current(self) -> int:
        return self._current

    def check(self) -> None:
        """Raises KeysOutOfDate where the ring was not turned within its lease, and so must not seal."""
        if now() - self._turned > self._lease:
            raise KeysOutOfDate

    def seal(self, place: str, content: bytes) -> bytes:
        """place: table.column. Raises KeysOutOfDate."""
        self.check()
        head = VERSION + self._current.to_bytes(NUMBER_BYTES, "big")
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._ciphers[self._current].encrypt(nonce, _padded(content), head + place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        if sealed[:1] != VERSION or len(sealed) < _HEAD + NONCE_BYTES + PAD_BYTES + TAG_BYTES:
            raise SealBroken(f"A value of {place} is not in the form of a sealed one.")
        cipher = self._ciphers.get(number_of(sealed))
        if cipher is None:
            raise SealBroken(f"A value of {place} is sealed under data key {number_of(sealed)}, which is not there.")
        nonce, body = sealed[_HEAD : _HEAD + NONCE_BYTES], sealed[_HEAD + NONCE_BYTES :]
        try:
            return _unpadded(cipher.decrypt(nonce, body, sealed[:_HEAD] + place.encode()))
        except InvalidTag:
            raise SealBroken(f"A value of {place} was altered, or moved from elsewhere.") from None

    def blind(self, place: str, scope: UUID | None, *texts: str | None) -> bytes:
        """16 bytes that are the same for the same texts within `scope`, and tell nothing without the secret."""
        message = b"".join(_told(text) for text in texts)
        return self._digest(place, scope, message)[:BLIND_BYTES]

    def term(self, place: str, scope: UUID | None, text: str) -> int:
        """A search term: 64 bits, signed."""
        return int.from_bytes(self._digest(place, scope, _told(text))[:TERM_BYTES], "big", signed=True)

    def _digest(self, place: str, scope: UUID | None, message: bytes) -> bytes:
        known = self._derived.get((place, scope))
        if known is None:
            if len(self._derived) >= MOST_DERIVED:
                self._derived.clear()
            purpose = f"hilum blind index {place} {scope or 'everywhere'}".encode()
            key = hmac.digest(self._secret, purpose + b"\x01", "sha256")
            known = self._derived[place, scope] = hmac.new(key, digestmod="sha256")
        # Not hmac.digest: that lets the interpreter lock go, and waits 50 µs for it while others decode pictures.
        mac = known.copy()
        mac.update(message)
        return mac.digest()


def number_of(sealed: bytes) -> int:
    """Of the data key that a value is sealed under."""
    return int.from_bytes(sealed[1:_HEAD], "big")


def now() -> float:
    """Seconds that also pass while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _told(text: str | None) -> bytes:
    """Unambiguous when several follow each other; null is another value than nothing."""
    if text is None:
        return b"\xff" * 5
    encoded = text.encode("utf-8", "surrogatepass")
    return b"\x00" + len(encoded).to_bytes(4, "big") + encoded


def _padded(content: bytes) -> bytes:
    size = (len(content) // PAD_BYTES + 1) * PAD_BYTES
    return (content + b"\x80").ljust(size, b"\0")


def _unpadded(padded: bytes) -> bytes:
    return padded[: padded.rindex(b"\x80")]
