"""Archives: what is given, what is refused, and the known attacks, each built here."""

import io
import os
import random
import stat
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.errors import Rejected
from api.ingest.archive import ArchiveLimits, Member, is_zip, iter_members
from tests.api.ingest.archives import CORRUPT, METHODS, SLICE, TOO_LARGE, UNSAFE, named, read_all, with_entry, zipped


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [0, 1, 65_536, 262_144, 700_001])
def test_every_packing_method_gives_the_bytes_that_went_in(method: int, size: int) -> None:
    content = random.Random(size).randbytes(size // 2) + bytes(size - size // 2)

    files, refusals = read_all(zipped({"a/b/c.dcm": content}, method))

    assert files == {"a/b/c.dcm": content}
    assert refusals == []


def test_folders_of_any_depth_are_walked_and_litter_is_left_out() -> None:
    deep = "/".join("abcdefghij" * 3) + "/IM0001"
    litter = ["__MACOSX/._IM1", "x/.DS_Store", "Thumbs.db", "y/desktop.ini", "y/._IM1"]

    files, refusals = read_all(
        zipped({deep: SLICE, "DICOMDIR": b"media", "empty/": b"", **dict.fromkeys(litter, b"?")})
    )

    assert set(files) == {deep, "DICOMDIR"}
    assert refusals == []


def test_archives_within_archives_are_opened() -> None:
    inner = zipped({"IM1": SLICE})
    packed = zipped({"patient/disc.zip": zipped({"second.zip": inner}), "IM0": b"zero"})

    files, refusals = read_all(packed)

    assert files == {"patient/disc.zip/second.zip/IM1": SLICE, "IM0": b"zero"}
    assert refusals == []


def test_archive_nested_too_deep_is_refused_and_the_rest_is_kept() -> None:
    packed = zipped({"1.zip": zipped({"2.zip": zipped({"3.zip": zipped({"IM1": SLICE})})}), "IM0": SLICE})

    files, refusals = read_all(packed, ArchiveLimits(max_depth=2))

    assert set(files) == {"IM0"}
    assert [(refusal.path, refusal.code) for refusal in refusals] == [("1.zip/2.zip/3.zip", UNSAFE)]


def test_names_in_utf8_are_shown_whether_or_not_the_packer_says_so() -> None:
    said = zipped({"Müller/Ä.dcm": SLICE})
    unsaid = zipped({"Mxxller": SLICE}).replace(b"Mxxller", "Müller".encode())
    old = zipped({"Mxller": SLICE}).replace(b"Mxller", b"M\x81ller")

    assert set(read_all(said)[0]) == {"Müller/Ä.dcm"}
    assert set(read_all(unsaid)[0]) == {"Müller"}
    assert set(read_all(old)[0]) == {"Müller"}


def test_shown_path_has_no_control_or_direction_signs() -> None:
    files, _ = read_all(zipped({"a/./b//\x1b[31m\u202emcd.x\\y": SLICE}))

    assert set(files) == {"a/b/[31mmcd.x/y"}


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../up.dcm",
        "a/../../up.dcm",
        "C:/x.dcm",
        "c:x.dcm",
        "\\\\host\\x.dcm",
        "a\\..\\..\\x",
        "a\0.dcm",
        "..",
    ],
)
def test_path_that_leads_out_is_refused_and_the_rest_is_kept(name: str) -> None:
    files, refusals = read_all(named(name))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [UNSAFE]
    assert "\0" not in refusals[0].path


def test_too_long_path_is_refused() -> None:
    files, refusals = read_all(named("d/" * 600 + "x"))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [UNSAFE]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_link_or_device_is_refused_and_the_rest_is_kept(kind: int) -> None:
    packed = with_entry(lambda entry: setattr(entry, "external_attr", (kind | 0o777) << 16), b"/etc/passwd")

    files, refusals = read_all(packed)

    assert files == {"good.dcm": SLICE}
    assert [(refusal.path, refusal.code) for refusal in refusals] == [("bad.dcm", UNSAFE)]


def test_encrypted_member_is_refused_and_the_rest_is_kept() -> None:
    packed = bytearray(zipped({"bad.dcm": SLICE, "good.dcm": SLICE}))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1

    files, refusals = read_all(bytes(packed))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [UNSAFE]
    assert "password" in refusals[0].message


def test_unknown_packing_method_is_refused_and_the_rest_is_kept() -> None:
    packed = bytearray(zipped({"bad.dcm": SLICE, "good.dcm": SLICE}))
    packed[8] = packed[packed.index(b"PK\x01\x02") + 10] = 9  # deflate64

    files, refusals = read_all(bytes(packed))

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [CORRUPT]


@pytest.mark.parametrize("method", METHODS)
def test_flipped_byte_is_found_and_the_rest_is_kept(method: int) -> None:
    packed = bytearray(zipped({"bad.dcm": SLICE, "good.dcm": SLICE}, method))
    packed[200] ^= 0x10

    files, refusals = read_all(bytes(packed))

    assert files == {"good.dcm": SLICE}
    assert [(refusal.path, refusal.code) for refusal in refusals] == [("bad.dcm", CORRUPT)]


def test_local_header_that_contradicts_the_directory_is_refused() -> None:
    packed = zipped({"bad.dcm": SLICE, "good.dcm": SLICE}).replace(b"bad.dcm", b"mad.dcm", 1)

    files, refusals = read_all(packed)

    assert files == {"good.dcm": SLICE}
    assert [refusal.code for refusal in refusals] == [CORRUPT]


def test_damaged_archive_within_an_archive_is_refused_and_the_rest_is_kept() -> None:
    packed = zipped({"inner.zip": zipped({"a": SLICE})[:-30], "good.dcm": SLICE})

    files, refusals = read_all(packed)

    assert files == {"good.dcm": SLICE}
    assert [(refusal.path, refusal.code) for refusal in refusals] == [("inner.zip", CORRUPT)]


def test_zip64_and_streamed_archives_are_read() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: int) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a", "w", force_zip64=True) as file:
            file.write(SLICE)
        archive.writestr("b", SLICE)

    files, refusals = read_all(pipe.getvalue())

    assert files == {"a": SLICE, "b": SLICE}
    assert refusals == []


def test_large_member_waits_sealed_and_memory_stays_small(tmp_path: Path) -> None:
    path, marker = tmp_path / "large.zip", b"PATIENT^NAME" * 10_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive, archive.open("volume.dcm", "w") as file:
        for _ in range(200):
            file.write(marker * 3)
    spool = tmp_path / "spool"
    spool.mkdir()

    tracemalloc.start()
    with path.open("rb") as packed:
        (member,) = iter_members(packed, spool_folder=spool)
    assert isinstance(member, Member)
    with member, member.open() as content:
        crc = 0
        while piece := content.read(1 << 20):
            crc = zlib.crc32(piece, crc)
        content.seek(-12, os.SEEK_END)
        end = content.read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert member.size == 72_000_000
    assert crc == zlib.crc32(marker * 600)
    assert end == b"PATIENT^NAME"
    assert list(spool.iterdir()) == []  # no name
    assert peak < 16 << 20


def test_what_waits_on_the_disk_cannot_be_read_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "unlink", lambda path: None)
    packed = io.BytesIO(zipped({"a": b"PATIENT" * 1000}))

    (member,) = iter_members(packed, ArchiveLimits(memory_bytes=100), tmp_path)

    (spooled,) = tmp_path.iterdir()
    assert spooled.stat().st_size > 7000
    assert b"PATIENT" not in spooled.read_bytes()
    assert isinstance(member, Member)
    member.close()


def test_zip_is_told_by_its_first_bytes() -> None:
    assert is_zip(zipped({"a": b"a"}))
    assert is_zip(zipped({}))
    assert not is_zip(bytes(128) + b"DICM")
    assert not is_zip(b"PK")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_altered_archive_is_read_or_refused_but_never_crashes(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(METHODS))
    packed = bytearray(zipped({"a/b.dcm": SLICE[:300], "c.zip": zipped({"d": SLICE[:200]})}, method))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))

    try:
        files, refusals = read_all(bytes(packed), ArchiveLimits(max_files=100, max_total_bytes=1 << 20))
    except Rejected:
        return

    assert all(content in (SLICE[:300], SLICE[:200]) or len(content) < 600 for content in files.values())
    assert all(refusal.code in (UNSAFE, CORRUPT, TOO_LARGE) for refusal in refusals)
