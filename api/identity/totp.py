"""Time-based one-time passwords, as authenticators know them: RFC 6238 with SHA-1, 6 digits, 30 seconds."""

import base64
import hmac
import secrets

SECRET_BYTES = 20  # RFC 4226, 4, R6 recommends 160 bits
STEP_SECONDS = 30
DIGITS = 6
SKEW = 1  # steps that a phone's clock may be off, either way (RFC 6238, 5.2)


def new_secret() -> str:
    """Base32 (RFC 4648), without padding."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def step_at(seconds: float) -> int:
    """seconds: since 1970."""
    return int(seconds // STEP_SECONDS)


def code_at(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F  # RFC 4226, 5.3
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def find_step(secret: str, code: str, seconds: float, used: int | None) -> int | None:
    """The step whose code this is, within the skew and after `used`, the last step whose code was taken already."""
    typed = "".join(code.split()).encode(errors="replace")
    now = step_at(seconds)
    found = None
    for step in range(now - SKEW, now + SKEW + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed) and (used is None or step > used):
            found = step
    return found
