"""How an entry is hashed: the same as the SQL function `audit_hash`, so that a chain can be proved without it.

SHA-256 (FIPS 180-4) of the hash before it (32 bytes; zeros before the first) and of a text in UTF-8: `FORMAT`, a space,
and the fields in the order of `FIELDS`, each as its length in bytes, a colon and itself, a null as a hyphen. So no two
entries have the same text. Keys are in lower case with hyphens, the time as 2026-11-05T10:30:00.123456Z.
"""

import hashlib
from collections.abc import Sequence

FORMAT = "hilum-audit-1"
FIRST = bytes(32)
FIELDS = (
    "organization_key",
    "number",
    "at",
    "actor_key",
    "api_key_key",
    "action",
    "subject_kind",
    "subject_key",
    "outcome",
    "address",
    "trace_id",
)


def entry_hash(before: bytes, fields: Sequence[str | None]) -> bytes:
    """fields: texts in the order of `FIELDS`."""
    return hashlib.sha256(before + f"{FORMAT} {''.join(map(_told, fields))}".encode()).digest()


def _told(value: str | None) -> str:
    return "-" if value is None else f"{len(value.encode())}:{value}"
