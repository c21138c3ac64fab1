"""Stand-ins that are the same wherever the same identifier stood, within one set of instances."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

KEY_BYTES = 32
MOST_DAYS = 3650  # how far dates are moved back at most


class Pseudonyms:
    """One secret a set: instances of one set stay together, and two sets cannot be told to be of one patient.

    key: the secret, kept by whoever wants a later set to match; a new one by default. With it anyone who guesses an
    identifier can tell its stand-in.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key if key is not None else secrets.token_bytes(KEY_BYTES)
        if len(self._key) < KEY_BYTES:
            raise ValueError(f"the key has {len(self._key)} bytes, not {KEY_BYTES}")

    def uid(self, uid: str) -> str:
        """A UID derived from a UUID (PS3.5 B.2); empty stays empty."""
        uid = uid.strip("\0 ")
        return f"2.25.{UUID(bytes=self._digest('uid', uid)[:16], version=4).int}" if uid else ""

    def patient(self, patient_id: str) -> str:
        return f"ANON-{self._digest('patient', patient_id).hex()[:12].upper()}"

    def days(self, patient_id: str) -> timedelta:
        """How far the dates of a patient move, always back: at least a day."""
        return timedelta(days=-1 - int.from_bytes(self._digest("days", patient_id)[:4]) % MOST_DAYS)

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.new(self._key, f"{kind}\0{text}".encode(), hashlib.sha256).digest()
