"""Whoever alters, moves, swaps or cuts files on the disk is found out, and reads nothing there."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from api.storage.addresses import SignedAddresses
from api.storage.encryption import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, content_size
from api.storage.filesystem import DRAFT_LIFE_SECONDS, FilesystemStore
from api.storage.local_keys import LocalKeys
from api.storage.object_store import ObjectDamaged

SEALED = CHUNK_BYTES + TAG_BYTES
CONTENT = random.Random(3).randbytes(3 * CHUNK_BYTES + 1000)


def make(folder: Path) -> FilesystemStore:
    addresses = SignedAddresses(bytes(32), "http://hilum.example")
    return FilesystemStore(folder / "store", LocalKeys(folder / "master.key"), addresses)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FilesystemStore]:
    made = make(tmp_path)
    yield made
    made.close()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "store").rglob("*") if path.is_file())


async def assert_damaged(store: FilesystemStore, name: str) -> None:
    with pytest.raises(ObjectDamaged):
        await store.read(name)
    with pytest.raises(ObjectDamaged):
        (await store.open(name)).read()


def flip(at: int) -> Callable[[bytes], bytes]:
    return lambda sealed: sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


def chunk(number: int) -> slice:
    return slice(HEADER_BYTES + number * SEALED, HEADER_BYTES + (number + 1) * SEALED)


ALTERATIONS: dict[str, Callable[[bytes], bytes]] = {
    "magic": flip(0),
    "version": flip(5),
    "length of the wrapped key": flip(6),
    "nonce prefix": flip(8),
    "zeros of the header": flip(15),
    "wrapped key": flip(30),
    "padding of the header": flip(HEADER_BYTES - 1),
    "first chunk": flip(HEADER_BYTES),
    "tag of the first chunk": flip(HEADER_BYTES + SEALED - 1),
    "middle chunk": flip(HEADER_BYTES + SEALED + 5),
    "last chunk": flip(-2),
    "cut by a byte": lambda sealed: sealed[:-1],
    "cut after a whole chunk": lambda sealed: sealed[: HEADER_BYTES + 2 * SEALED],
    "cut after the first chunk": lambda sealed: sealed[: HEADER_BYTES + SEALED],
    "cut to an empty chunk": lambda sealed: sealed[: HEADER_BYTES + TAG_BYTES],
    "cut to the header": lambda sealed: sealed[:HEADER_BYTES],
    "cut within the header": lambda sealed: sealed[:100],
    "cut to nothing": lambda sealed: b"",
    "made longer": lambda sealed: sealed + b"\0",
    "last chunk repeated": lambda sealed: sealed + sealed[chunk(3)],
    "chunks swapped": lambda sealed: (
        sealed[: chunk(0).start] + sealed[chunk(1)] + sealed[chunk(0)] + sealed[chunk(1).stop :]
    ),
    "chunk left out": lambda sealed: sealed[: chunk(1).start] + sealed[chunk(2).start :],
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
async def test_altered_object_does_not_open(
    store: FilesystemStore, tmp_path: Path, alter: Callable[[bytes], bytes]
) -> None:
    await store.put("originals/one", CONTENT)
    (path,) = files(tmp_path)

    path.write_bytes(alter(path.read_bytes()))

    await assert_damaged(store, "originals/one")


async def test_cut_object_is_found_before_its_beginning_is_read(store: FilesystemStore, tmp_path: Path) -> None:
    await store.put("originals/one", CONTENT)
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[: HEADER_BYTES + SEALED])

    with pytest.raises(ObjectDamaged):
        await store.open("originals/one")


async def test_swapped_objects_do_not_open(store: FilesystemStore, tmp_path: Path) -> None:
    await store.put("originals/one", CONTENT)
    await store.put("originals/two", CONTENT)
    one, two = files(tmp_path)

    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)

    await assert_damaged(store, "originals/one")
    await assert_damaged(store, "originals/two")


async def test_chunk_of_an_earlier_version_does_not_open(store: FilesystemStore, tmp_path: Path) -> None:
    await store.put("originals/one", CONTENT)
    (path,) = files(tmp_path)
    earlier = path.read_bytes()
    await store.put("originals/one", CONTENT)
    now = path.read_bytes()

    path.write_bytes(now[: chunk(1).start] + earlier[chunk(1)] + now[chunk(1).stop :])

    await assert_damaged(store, "originals/one")


async def test_swapped_parts_do_not_open(store: FilesystemStore, tmp_path: Path) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"a part of CT"

    await store.begin_files(["f"])
    for number in (1, 2):
        await store.receive_part("f", number, 12, None, content())
    one, two = files(tmp_path)

    one.rename(one.with_name("spare"))
    two.rename(one)
    one.with_name("spare").rename(two)

    with pytest.raises(ObjectDamaged), await store.open_parts("f", [12, 12]) as file:
        file.read()


async def test_nothing_on_the_disk_is_in_the_clear(store: FilesystemStore, tmp_path: Path) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"PATIENT^NAME" * 1000

    await store.put("originals/one", b"PATIENT^NAME" * 100_000)
    await store.begin_files(["f"])
    await store.receive_part("f", 1, 12_000, None, content())

    assert len(files(tmp_path)) == 2
    for path in files(tmp_path):
        assert b"PATIENT" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


async def test_draft_left_by_a_killed_process_is_never_seen_and_cleared_after_a_day(tmp_path: Path) -> None:
    async def never_ends() -> AsyncIterator[bytes]:
        yield bytes(2_000_000)
        arrived.set()
        await asyncio.Event().wait()

    arrived, store = asyncio.Event(), make(tmp_path)
    await store.begin_files(["f"])
    sending = asyncio.ensure_future(store.receive_part("f", 1, 4_000_000, None, never_ends()))
    await arrived.wait()
    (draft,) = files(tmp_path)
    left_behind = draft.read_bytes()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert files(tmp_path) == []  # cancelled, it clears away itself
    draft.write_bytes(left_behind)  # killed, it could not
    store.close()

    again = make(tmp_path)
    assert await again.received_parts("f") == {}
    assert await again.list() == []
    assert draft.exists()
    again.close()

    os.utime(draft, (time.time() - DRAFT_LIFE_SECONDS - 1,) * 2)
    make(tmp_path).close()
    assert not draft.exists()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_size_of_content_follows_from_the_size_of_the_file(size: int) -> None:
    chunks = max(1, -(-size // CHUNK_BYTES))

    assert content_size(HEADER_BYTES + size + chunks * TAG_BYTES) == size
