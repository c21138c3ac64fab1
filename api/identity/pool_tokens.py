"""Checks the tokens of a Cognito user pool: who signed them, for whom, for what, and whether they are in force.

The algorithm is ours to choose (RS256), never the token's; of the header only `alg` and `kid` are read, so `jku`, `x5u`
and `jwk` lead nowhere. Not for our own access tokens: those are `tokens`.
Source: RFC 7519, RFC 8725; AWS, "Verifying JSON web tokens" of Cognito user pools.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from api.identity.jwks import KeySet

ALGORITHM = "RS256"
LONGEST_TOKEN = 16_384  # Cognito's have 1 to 4 kB
KEY_NAME = re.compile(r"[A-Za-z0-9+/=_-]{1,256}")

Use = Literal["access", "id"]


class UntrustedToken(Exception):
    """The message says what is wrong with it, without anything of its content."""


@dataclass(frozen=True, slots=True)
class PoolClaims:
    """subject: the account's unchanging `sub`. username: what the pool calls it in its own requests."""

    subject: str
    username: str


class PoolTokens:
    """skew: seconds that the pool's clock may differ from ours."""

    def __init__(self, keys: KeySet, *, issuer: str, client_id: str, skew: float) -> None:
        self._keys, self._issuer, self._client_id, self._skew = keys, issuer, client_id, skew

    async def close(self) -> None:
        await self._keys.close()

    async def verify(self, token: str, use: Use) -> PoolClaims:
        """Raises: UntrustedToken; Unavailable where the pool's keys cannot be had."""
        key = await self._keys.find(_key_name(token))
        if key is None:
            raise UntrustedToken("signed by a key that the pool does not have")
        for_whom = "aud" if use == "id" else "client_id"  # Cognito's access tokens have no `aud`
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                leeway=self._skew,
                options={"require": ["exp", "iat", "iss", "sub", "token_use", for_whom], "verify_aud": False},
            )
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as fault:
            raise UntrustedToken(type(fault).__name__) from None
        if claims["token_use"] != use:
            raise UntrustedToken("meant for another use")
        if claims[for_whom] != self._client_id:
            raise UntrustedToken("meant for another client")
        subject = claims["sub"]
        username = claims.get("cognito:username" if use == "id" else "username", subject)
        if not (isinstance(subject, str) and subject and isinstance(username, str) and username):
            raise UntrustedToken("of nobody")
        return PoolClaims(subject, username)


def _key_name(token: str) -> str:
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise UntrustedToken("no token of a pool")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise UntrustedToken("no token of a pool") from None
    if header.get("alg") != ALGORITHM:
        raise UntrustedToken("signed by another algorithm")
    if "crit" in header:  # extensions that must be understood (RFC 7515 4.1.11); we know none
        raise UntrustedToken("asks for extensions")
    name = header.get("kid")
    if not isinstance(name, str) or KEY_NAME.fullmatch(name) is None:
        raise UntrustedToken("names no key")
    return name
