"""How an entry is hashed: the same as the SQL function `audit_hash`, so that a chain can be proved without it.

SHA-256 (FIPS 180-4) of the hash before it (32 bytes; zeros before the first) and of the fields in `FIELDS`, each as its
length in bytes (4, big-endian) and its text in UTF-8; a null is the length 0xFFFFFFFF alone. So no two entries have the
same bytes. Keys are written in lower case with hyphens, the time as 2026-11-05T10:30:00.123456Z.
"""

import hashlib
from collections.abc import Sequence

FORMAT = "hilum-audit-1"
FIRST = bytes(32)
NULL = b"\xff\xff\xff\xff"
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
    digest = hashlib.sha256(before + _encoded(FORMAT))
    digest.update(b"".join(map(_encoded, fields)))
    return digest.digest()


def _encoded(value: str | None) -> bytes:
    if value is None:
        return NULL
    content = value.encode()
    return len(content).to_bytes(4, "big") + content
