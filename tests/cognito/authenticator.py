"""Codes of an authenticator app: TOTP (RFC 6238), SHA-1, 6 digits, 30 s."""

import base64
import hashlib
import hmac

STEP_SECONDS = 30


def totp(secret: str, step: int) -> str:
    """secret: base32, with or without padding. step: number of whole 30 s since 1970."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0x0F  # dynamic truncation, RFC 4226 5.3
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"
