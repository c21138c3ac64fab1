"""What every `ObjectStore` must do; each implementation is a line in `IMPLEMENTATIONS`."""

import asyncio
import base64
import hashlib
import io
import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from api.errors import Conflict, Invalid, TooLarge
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys
from api.storage.object_store import ObjectDamaged, ObjectMissing, ObjectRetained, PartedFile
from tests.contracts.contents import pieces, send, some
from tests.people import person

IMPLEMENTATIONS: dict[str, Callable[[Path], FilesystemStore]] = {
    "filesystem": lambda folder: FilesystemStore(
        folder / "store", LocalKeys(folder / "master.key"), SignedAddresses(bytes(32), "http://hilum.example")
    ),
    "filesystem, forced to the disk": lambda folder: FilesystemStore(
        folder / "store",
        LocalKeys(folder / "master.key"),
        SignedAddresses(bytes(32), "http://hilum.example"),
        fsync=True,
    ),
}
SIZES = [0, 1, 262_143, 262_144, 262_145, 524_288, 1_048_576, 2_500_001]  # around the chunks


@pytest.fixture(params=IMPLEMENTATIONS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FilesystemStore]:
    made = IMPLEMENTATIONS[request.param](tmp_path)
    yield made
    made.close()


# objects


@pytest.mark.parametrize("size", SIZES)
async def test_object_is_read_as_it_was_put(store: FilesystemStore, size: int) -> None:
    content = some(size)

    await store.put("a/b/whole", content)
    await store.put("a/b/streamed", pieces(content, 100_001))

    for name in ("a/b/whole", "a/b/streamed"):
        assert await store.read(name) == content
        assert await store.size(name) == size
        with await store.open(name) as file:
            assert file.read() == content


async def test_open_object_is_read_anywhere(store: FilesystemStore) -> None:
    content, dice = some(1_500_000), random.Random(2)
    await store.put("volume", content)
    plain = io.BytesIO(content)

    with await store.open("volume") as file:
        for _ in range(200):
            where, how_much = dice.choice([(0, 0), (1, -100), (2, -500)]), dice.choice([0, 1, 100, 70_000, 300_000])
            at = dice.randrange(len(content)) if where[0] == 0 else where[1]
            if where[0] != 1 or plain.tell() >= 100:
                assert file.seek(at, where[0]) == plain.seek(at, where[0])
            assert file.read(how_much) == plain.read(how_much)
            assert file.tell() == plain.tell()
        buffer = bytearray(600_000)
        file.seek(len(content) - 500_000)
        assert file.readinto(buffer) == 500_000  # type: ignore[attr-defined]  # BinaryIO leaves it out
        assert buffer[:500_000] == content[-500_000:]
    assert file.closed


async def test_put_replaces(store: FilesystemStore) -> None:
    await store.put("a", b"first, and longer")
    await store.put("a", b"second")

    assert await store.read("a") == b"second"
    assert await store.list() == ["a"]


async def test_put_that_fails_leaves_what_was_there(store: FilesystemStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield some(2_000_000)
        raise ConnectionError

    await store.put("a", b"first")
    for name in ("a", "b"):
        with pytest.raises(ConnectionError):
            await store.put(name, broken())

    assert await store.list() == ["a"]
    assert await store.read("a") == b"first"


async def test_many_puts_at_once_all_arrive(store: FilesystemStore) -> None:
    await asyncio.gather(*[store.put(f"frames/s{n % 3}/{n}", some(1000, n)) for n in range(40)])

    assert await asyncio.gather(*[store.read(f"frames/s{n % 3}/{n}") for n in range(40)]) == [
        some(1000, n) for n in range(40)
    ]


async def test_missing_object_is_missed(store: FilesystemStore) -> None:
    for ask in (store.read, store.open, store.size):
        with pytest.raises(ObjectMissing):
            await ask("not/there")
    assert not await store.exists("not/there")
    await store.delete("not/there")
    await store.delete_prefix("not/")


async def test_names_are_listed_by_prefix_in_order(store: FilesystemStore) -> None:
    names = ["a", "frames/s1/10", "frames/s1/9", "frames/s10/1", "frames/s1", "previews/s1/1/deep/er", "a/b"]
    for name in names:
        await store.put(name, name.encode())

    assert await store.list() == sorted(names)
    assert await store.list("frames/s1") == ["frames/s1", "frames/s1/10", "frames/s1/9", "frames/s10/1"]
    assert await store.list("frames/s1/") == ["frames/s1/10", "frames/s1/9"]
    assert await store.list("frames/s1/1") == ["frames/s1/10"]
    assert await store.list("fr") == ["frames/s1", "frames/s1/10", "frames/s1/9", "frames/s10/1"]
    assert await store.list("previews/s1/1/") == ["previews/s1/1/deep/er"]
    assert await store.list("none/") == []
    assert [await store.read(name) for name in names] == [name.encode() for name in names]


async def test_delete_takes_one_object_and_delete_prefix_all_that_begin_so(store: FilesystemStore) -> None:
    for name in ("frames/s1/1", "frames/s1/2", "frames/s10/1", "frames/s2/1"):
        await store.put(name, b"x")

    await store.delete("frames/s1/1")
    assert await store.list() == ["frames/s1/2", "frames/s10/1", "frames/s2/1"]

    await store.delete_prefix("frames/s1")
    assert await store.list() == ["frames/s2/1"]

    await store.put("frames/s1/1", b"again")
    assert await store.exists("frames/s1/1")


async def test_retained_object_can_be_neither_replaced_nor_deleted(store: FilesystemStore) -> None:
    await store.put("audit/2", b"deletable")
    await store.put_retained("audit/1", b"as it was", datetime.now(UTC) + timedelta(days=1))

    for ask in (
        store.put("audit/1", b"another"),
        store.put_retained("audit/1", b"another", datetime.now(UTC) + timedelta(days=2)),
        store.delete("audit/1"),
        store.delete_prefix("audit/"),
    ):
        with pytest.raises(ObjectRetained):
            await ask

    assert await store.list() == ["audit/1", "audit/2"], "nothing goes where one must stay"
    assert await store.read("audit/1") == b"as it was"
    assert await store.size("audit/1") == 9


async def test_object_whose_time_is_over_goes_like_any_other(store: FilesystemStore) -> None:
    for name in ("a", "b", "c"):
        await store.put_retained(name, b"old", datetime.now(UTC) - timedelta(seconds=1))

    await store.put("a", b"new")
    await store.delete("b")
    await store.put_retained("c", b"kept", datetime.now(UTC) + timedelta(days=1))

    assert await store.read("a") == b"new"
    assert await store.list() == ["a", "c"]
    with pytest.raises(ObjectRetained):
        await store.delete("c")


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/..", ".", "a/./b", "A", "a b", "a\0", "é", "a~"]
)
async def test_what_is_no_name_is_refused(store: FilesystemStore, name: str) -> None:
    for ask in (store.read, store.open, store.size, store.exists, store.delete):
        with pytest.raises(ValueError, match="not an object name"):
            await ask(name)
    with pytest.raises(ValueError, match="not an object name"):
        await store.put(name, b"")
    with pytest.raises(ValueError, match="not an object name"):
        await store.put("a" * 513, b"")


# parts


async def test_parts_are_read_as_the_file_they_are(store: FilesystemStore) -> None:
    content = some(3_000_000)
    sizes = [1_000_000, 1_000_000, 999_000, 1_000]
    await store.begin_files(["f"])
    for number in (4, 2, 1, 3):
        start = sum(sizes[: number - 1])
        await send(store, "f", number, content[start : start + sizes[number - 1]])

    with await store.open_parts("f", sizes) as file:
        assert file.read() == content
        for at in (0, 999_990, 2_998_999, 1_999_999, 2_999_999):
            file.seek(at)
            assert file.read(20) == content[at : at + 20]
        assert file.seek(-5, io.SEEK_END) == 2_999_995


async def test_received_parts_are_told_by_number_with_their_sizes(store: FilesystemStore) -> None:
    await store.begin_files(["f", "g", "empty"])
    second = await send(store, "f", 2, some(300_000))
    first = await send(store, "f", 1, some(262_144))
    await send(store, "g", 1, b"")

    assert await store.received_parts("f") == {1: first, 2: second}
    assert (first.size, second.size) == (262_144, 300_000)
    assert {
        key: list(parts) for key, parts in (await store.received_parts_of(["f", "g", "empty", "never"])).items()
    } == {
        "f": [1, 2],
        "g": [1],
        "empty": [],
        "never": [],
    }


async def test_part_sent_again_takes_the_place_of_the_first(store: FilesystemStore) -> None:
    await store.begin_files(["f"])
    first = await send(store, "f", 1, b"first")
    again = await send(store, "f", 1, b"again")

    assert await store.received_parts("f") == {1: again}
    assert again.etag != first.etag
    with await store.open_parts("f", [5]) as file:
        assert file.read() == b"again"


async def test_part_of_another_size_is_not_kept(store: FilesystemStore) -> None:
    await store.begin_files(["f"])

    with pytest.raises(Invalid):
        await store.receive_part("f", 1, 1001, None, pieces(some(1000)))
    for size, sent in ((999, 1000), (0, 1), (1_100_000, 3_000_000)):
        with pytest.raises(TooLarge):
            await store.receive_part("f", 1, size, None, pieces(some(sent)))

    assert await store.received_parts("f") == {}


async def test_checksum_is_verified_where_it_is_told(store: FilesystemStore) -> None:
    content = some(1_200_000)
    right = base64.b64encode(hashlib.sha256(content).digest()).decode()
    await store.begin_files(["f"])

    for wrong in (base64.b64encode(bytes(32)).decode(), "no base64!"):
        with pytest.raises(Invalid, match="checksum"):
            await store.receive_part("f", 1, len(content), wrong, pieces(content))
    assert await store.received_parts("f") == {}

    await store.receive_part("f", 1, len(content), right, pieces(content))
    assert list(await store.received_parts("f")) == [1]


async def test_part_cut_off_midway_is_not_kept(store: FilesystemStore) -> None:
    async def cut_off() -> AsyncIterator[bytes]:
        yield some(2_000_000)
        raise ConnectionError

    await store.begin_files(["f"])
    with pytest.raises(ConnectionError):
        await store.receive_part("f", 1, 4_000_000, None, cut_off())

    assert await store.received_parts("f") == {}


async def test_file_that_was_never_begun_takes_no_part(store: FilesystemStore) -> None:
    with pytest.raises(Conflict):
        await send(store, "f", 1, b"part")

    assert await store.received_parts("f") == {}


async def test_closed_file_keeps_its_parts_and_takes_no_more(store: FilesystemStore) -> None:
    await store.begin_files(["f"])
    part = await send(store, "f", 1, b"part")

    await store.close_files(["f", "never"])
    await store.close_files(["f"])
    await store.begin_files(["f"])
    with pytest.raises(Conflict):
        await send(store, "f", 1, b"late")

    assert await store.received_parts("f") == {1: part}
    with await store.open_parts("f", [4]) as file:
        assert file.read() == b"part"


@pytest.mark.parametrize("close_first", [False, True])
async def test_discarded_file_is_gone_and_a_late_part_does_not_bring_it_back(
    store: FilesystemStore, close_first: bool
) -> None:
    await store.begin_files(["f"])
    await send(store, "f", 1, b"part")
    if close_first:
        await store.close_files(["f"])

    await store.discard_parts("f")
    await store.discard_parts("f")
    with pytest.raises(Conflict):
        await send(store, "f", 1, b"late")

    assert await store.received_parts("f") == {}
    with pytest.raises(ObjectMissing):
        await store.open_parts("f", [4])


@pytest.mark.parametrize("end", ["close", "discard"])
async def test_part_under_way_when_the_file_ends_is_refused(store: FilesystemStore, end: str) -> None:
    async def while_it_ends() -> AsyncIterator[bytes]:
        yield some(1_500_000)
        await (store.close_files(["f"]) if end == "close" else store.discard_parts("f"))
        yield some(500_000)

    await store.begin_files(["f"])
    with pytest.raises(Conflict):
        await store.receive_part("f", 1, 2_000_000, None, while_it_ends())

    assert await store.received_parts("f") == {}


async def test_parts_that_are_not_all_there_do_not_open(store: FilesystemStore) -> None:
    await store.begin_files(["f"])
    await send(store, "f", 1, b"part")

    with pytest.raises(ObjectMissing):
        await store.open_parts("f", [4, 4])
    with pytest.raises(ObjectDamaged):
        await store.open_parts("f", [5])


async def test_what_was_received_is_there_after_a_restart(tmp_path: Path) -> None:
    before = IMPLEMENTATIONS["filesystem"](tmp_path)
    await before.begin_files(["f", "closed"])
    part = await send(before, "f", 1, b"part")
    await send(before, "closed", 1, b"all")
    await before.close_files(["closed"])
    await before.put("a", b"object")
    before.close()

    after = IMPLEMENTATIONS["filesystem"](tmp_path)

    assert await after.received_parts("f") == {1: part}
    await send(after, "f", 2, b"more")
    with pytest.raises(Conflict):
        await send(after, "closed", 1, b"late")
    assert await after.read("a") == b"object"
    after.close()


@pytest.mark.parametrize("file_id", ["", "..", "a/b", "a.closed", "A", "x" * 65])
async def test_what_is_no_file_id_is_refused(store: FilesystemStore, file_id: str) -> None:
    with pytest.raises(ValueError, match="not the id of a file"):
        await store.begin_files([file_id])


# addresses


async def test_signed_requests_name_method_headers_and_end(store: FilesystemStore) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)

    signed = await store.sign_part(PartedFile("f", 2), 1, 10, None, until, person())

    assert signed.method == "PUT"
    assert signed.url.startswith("http")
    assert abs(signed.expires_at - until) < timedelta(seconds=1)
    assert all(isinstance(value, str) for header in signed.headers for value in header)


async def test_frame_addresses_are_one_template(store: FilesystemStore) -> None:
    template = await store.sign_frames("frames", uuid4(), datetime.now(UTC) + timedelta(hours=1), person())

    assert template.count("{index}") == 1
    assert template.replace("{index}", "").count("{") == 0


async def test_moment_without_a_zone_is_refused(store: FilesystemStore) -> None:
    with pytest.raises(ValueError, match="time zone"):
        await store.sign_read("a", "image/webp", datetime(2030, 1, 1), person())
