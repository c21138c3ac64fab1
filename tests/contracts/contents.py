"""Bytes to store, and ways to send them."""

import random
from collections.abc import AsyncIterator

from api.storage.filesystem import FilesystemStore
from api.storage.object_store import ReceivedPart


def some(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


async def pieces(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def send(store: FilesystemStore, file_id: str, number: int, content: bytes) -> ReceivedPart:
    return await store.receive_part(file_id, number, len(content), None, pieces(content))
