"""Access tokens (JWT, RFC 7519: short-lived, signed) and refresh tokens (random, kept as hashes)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from api.persistence.columns import now

ALGORITHM = "HS256"
AUDIENCE = "hilum"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user_key: UUID
    session_key: UUID
    expires_at: datetime


class AccessTokens:
    """Signs and verifies with one key of at least 32 bytes."""

    def __init__(self, key: bytes, seconds: int) -> None:
        self._key = key
        self._life = timedelta(seconds=seconds)

    def issue(self, user_key: UUID, session_key: UUID) -> tuple[str, datetime]:
        expires_at = (now() + self._life).replace(microsecond=0)
        claims = {"sub": str(user_key), "sid": str(session_key), "aud": AUDIENCE, "iat": now(), "exp": expires_at}
        return jwt.encode(claims, self._key, ALGORITHM), expires_at

    def verify(self, token: str) -> AccessClaims | None:
        """None where the token is not ours, was altered, or has ended."""
        try:
            claims = jwt.decode(
                token, self._key, [ALGORITHM], audience=AUDIENCE, options={"require": ["sub", "sid", "exp", "aud"]}
            )
            return AccessClaims(
                UUID(claims["sub"]), UUID(claims["sid"]), datetime.fromtimestamp(claims["exp"], now().tzinfo)
            )
        except (jwt.InvalidTokenError, ValueError):
            return None


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def refresh_hash(token: str) -> str:
    """SHA-256 suffices: the token is 256 random bits, not a password."""
    return hashlib.sha256(token.encode()).hexdigest()
