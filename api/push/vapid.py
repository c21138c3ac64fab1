"""Who pushes: a key pair that the push service comes to know, and a short-lived signed word (RFC 8292)."""

import base64
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from api.push.encryption import CURVE, point_bytes

TOKEN_SECONDS = 12 * 3600  # at most 24 hours (section 2)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group (SEC 2, 2.4.2)
SCALAR_BYTES = 32


def encoded(content: bytes) -> str:
    """base64url without padding, as RFC 8291 and RFC 8292 write keys."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises ValueError where `text` is no base64url; padding may stand or not."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


@dataclass(frozen=True)
class Vapid:
    """contact: how the push service reaches the operator, mailto: or https: (section 2.1)."""

    key: ec.EllipticCurvePrivateKey
    contact: str

    @property
    def public_key(self) -> str:
        """The application server key that a browser subscribes with."""
        return encoded(point_bytes(self.key.public_key()))

    def authorization(self, endpoint: str) -> str:
        """The header of a request to `endpoint`, good for that push service alone."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + TOKEN_SECONDS,
            "sub": self.contact,
        }
        return f"vapid t={jwt.encode(claims, self.key, algorithm='ES256')}, k={self.public_key}"


def key_of_secret(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The key pair that 32 random bytes stand for."""
    return ec.derive_private_key(int.from_bytes(secret) % (ORDER - 1) + 1, CURVE)


def parse_private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """As tools for Web Push print it: 32 bytes in base64url. Raises ValueError."""
    scalar = decoded(text)
    if len(scalar) != SCALAR_BYTES or not 0 < int.from_bytes(scalar) < ORDER:
        raise ValueError("not a private key of P-256")
    return ec.derive_private_key(int.from_bytes(scalar), CURVE)
