"""Archives that would be too large, too many or not what they say are cut off in time."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from api.errors import Rejected
from api.ingest.archive import ArchiveLimits, iter_members
from tests.api.ingest.archives import CORRUPT, METHODS, SLICE, TOO_LARGE, UNSAFE, read_all, zipped


@pytest.mark.parametrize("method", METHODS)
def test_member_that_unpacks_to_more_than_it_says_is_cut_off(method: int) -> None:
    packed = bytearray(zipped({"bad.dcm": bytes(10_000_000), "good.dcm": SLICE}, method))
    struct.pack_into("<I", packed, packed.index(b"PK\x01\x02") + 24, 1000)

    files, refusals = read_all(bytes(packed))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [CORRUPT]


def test_member_larger_than_allowed_is_refused_and_the_rest_is_kept() -> None:
    packed = zipped({"bad.dcm": SLICE * 2, "good.dcm": SLICE})

    files, refusals = read_all(packed, ArchiveLimits(max_member_bytes=4000))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [TOO_LARGE]


def test_member_that_is_a_bomb_is_refused_and_the_rest_is_kept() -> None:
    packed = zipped({"bad.dcm": bytes(2_000_000), "good.dcm": SLICE})

    files, refusals = read_all(packed, ArchiveLimits(ratio_free_bytes=1_000_000))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [UNSAFE]


def test_blank_slices_are_no_bomb() -> None:
    files, refusals = read_all(zipped({f"IM{n}": bytes(524_288) for n in range(20)}))

    assert len(files) == 20
    assert refusals == []


def test_bomb_made_of_many_members_is_refused_whole() -> None:
    packed = zipped({f"{n}": bytes(400_000) for n in range(10)})

    with pytest.raises(Rejected) as refused:
        iter_members(io.BytesIO(packed), ArchiveLimits(ratio_free_bytes=1_000_000))

    assert refused.value.code is UNSAFE


def test_bomb_made_of_nested_archives_is_refused_and_the_rest_is_kept() -> None:
    bomb = zipped({f"{n}.zip": zipped({"0": bytes(900_000)}) for n in range(10)})

    files, refusals = read_all(zipped({"bomb.zip": bomb, "good.dcm": SLICE}), ArchiveLimits(ratio_free_bytes=1_000_000))

    assert set(files) == {"bomb.zip/0.zip/0", "good.dcm"}
    assert [refusal.code for refusal in refusals] == [UNSAFE] * 9


def test_archive_larger_than_allowed_is_refused_whole() -> None:
    with pytest.raises(Rejected) as refused:
        iter_members(io.BytesIO(zipped({"a": SLICE, "b": SLICE})), ArchiveLimits(max_total_bytes=5999))

    assert refused.value.code is TOO_LARGE


def test_archive_of_too_many_files_is_refused_whole() -> None:
    with pytest.raises(Rejected) as refused:
        iter_members(io.BytesIO(zipped({f"{n}": b"x" for n in range(11)})), ArchiveLimits(max_files=10))

    assert refused.value.code is TOO_LARGE


def test_files_in_nested_archives_count_too() -> None:
    packed = zipped({"inner.zip": zipped({f"{n}": b"x" for n in range(8)}), "a": b"a", "b": b"b"})

    files, refusals = read_all(packed, ArchiveLimits(max_files=10))

    assert set(files) == {"a", "b"}
    assert [(refusal.path, refusal.code) for refusal in refusals] == [("inner.zip", TOO_LARGE)]


def test_directory_too_large_for_its_files_is_refused_before_it_is_in_memory() -> None:
    packed = zipped({f"{n:05}": b"" for n in range(20_000)})

    tracemalloc.start()
    with pytest.raises(Rejected) as refused:
        iter_members(io.BytesIO(packed), ArchiveLimits(max_files=100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert refused.value.code is TOO_LARGE
    assert peak < 1_000_000


def test_overlapping_entries_are_refused_whole() -> None:
    packed = bytearray(zipped({"a": SLICE, "b": SLICE}))
    second = packed.index(b"PK\x01\x02", packed.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", packed, second + 42, 0)  # both begin where the first does
    quoted = bytearray(zipped({"a": zipped({"x": SLICE}), "b": SLICE}, zipfile.ZIP_STORED))
    last = quoted.rindex(b"PK\x01\x02")
    struct.pack_into("<I", quoted, last + 42, 31 + 4)  # within what the first quotes

    for archive in (packed, quoted):
        with pytest.raises(Rejected) as refused:
            iter_members(io.BytesIO(archive))
        assert refused.value.code is UNSAFE


def test_local_extra_field_cannot_move_content_over_the_next_entry() -> None:
    packed = bytearray(zipped({"bad.dcm": b"x" * 50, "good.dcm": SLICE}, zipfile.ZIP_STORED))
    struct.pack_into("<H", packed, 28, 60)

    files, refusals = read_all(bytes(packed))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [UNSAFE]


def test_lzma_dictionary_of_4_gib_is_refused() -> None:
    packed = bytearray(zipped({"bad.dcm": SLICE, "good.dcm": SLICE}, zipfile.ZIP_LZMA))
    struct.pack_into("<I", packed, 30 + len("bad.dcm") + 5, 0xFFFFFFFF)

    files, refusals = read_all(bytes(packed))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [UNSAFE]


@pytest.mark.parametrize("cut", [10, 1000, 3000, -1])
def test_archive_cut_short_is_refused_whole(cut: int) -> None:
    with pytest.raises(Rejected) as refused:
        iter_members(io.BytesIO(zipped({"a": SLICE})[:cut]))

    assert refused.value.code is CORRUPT
