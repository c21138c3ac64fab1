"""The server's half of SRP-6a as Cognito speaks it, from RFC 5054 and Amazon's public client, not from pycognito.

Only the group (the 3072-bit one of RFC 5054, appendix A) is taken from there.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from pycognito.aws_srp import N_HEX

N = int(N_HEX, 16)
G = 2


def padded(number: int) -> bytes:
    """Big endian, with a zero before a set sign bit, as Java's BigInteger writes it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def hashed(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K = hashed(padded(N), padded(G))


def verifier(pool_name: str, user_id: str, password: str, salt: int) -> int:
    inner = hashlib.sha256(f"{pool_name}{user_id}:{password}".encode()).digest()
    return pow(G, hashed(padded(salt), inner), N)


@dataclass
class Exchange:
    """One sign-in. a: the client's A."""

    pool_name: str
    user_id: str
    password: str
    a: int
    salt: int
    block: bytes = field(default_factory=lambda: secrets.token_bytes(1024))

    def __post_init__(self) -> None:
        self._verifier = verifier(self.pool_name, self.user_id, self.password, self.salt)
        self._exponent = secrets.randbits(256)  # the least that RFC 5054 2.5.4 allows
        self.b = (K * self._verifier + pow(G, self._exponent, N)) % N

    def is_proven_by(self, signature: str, timestamp: str) -> bool:
        u = hashed(padded(self.a), padded(self.b))
        shared = pow(self.a * pow(self._verifier, u, N), self._exponent, N)
        prk = hmac.new(padded(u), padded(shared), hashlib.sha256).digest()
        key = hmac.new(prk, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]
        signed = self.pool_name.encode() + self.user_id.encode() + self.block + timestamp.encode()
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected.encode(), signature.encode())
