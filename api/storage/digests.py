"""Digests that objects had when they were stored: kept with rows, apart from the objects, and checked on reading.

A sealed object shows by itself that it was altered; this also finds one that was put in its place whole and well
sealed, such as an earlier one.
"""

import hashlib

from api.storage.object_store import ObjectDamaged, ObjectReader

PIECE_BYTES = 1 << 20


def digest_of(content: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(content).digest()


def check(name: str, content: bytes, digest: bytes | None) -> bytes:
    """The content. digest: None where none was kept. Raises: ObjectDamaged."""
    if digest is not None and digest_of(content) != digest:
        raise _damaged(name)
    return content


def check_reader(name: str, reader: ObjectReader, digest: bytes) -> None:
    """Reads all of it and leaves it at its beginning. Blocking. Raises: ObjectDamaged."""
    found = hashlib.sha256()
    while piece := reader.read(PIECE_BYTES):
        found.update(piece)
    reader.seek(0)
    if found.digest() != digest:
        raise _damaged(name)


def _damaged(name: str) -> ObjectDamaged:
    return ObjectDamaged(f"{name} has not the digest that it had when it was stored.")
