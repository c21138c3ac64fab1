"""Which files of a disk are sent."""

import os
from pathlib import Path

import pytest

from api.client.errors import NothingToSend
from api.client.source_files import idempotency_key, list_source_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ct"
    for name in ("b.dcm", "a.dcm", "deep/er/c.dcm", ".DS_Store", ".hidden/d.dcm"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (folder / "empty.dcm").touch()
    return folder


def names(*paths: Path) -> list[str]:
    return [file.name for file in list_source_files(paths)]


def test_a_folder_is_walked_without_hidden_and_empty_files(folder: Path) -> None:
    assert names(folder) == ["a.dcm", "b.dcm", "deep/er/c.dcm"]


def test_a_single_file_is_sent_by_its_name_alone(folder: Path) -> None:
    assert names(folder / "deep" / "er" / "c.dcm") == ["c.dcm"]


def test_files_of_several_folders_are_told_apart(folder: Path) -> None:
    other = folder.parent / "prior"
    other.mkdir()
    (other / "a.dcm").write_bytes(b"a")

    assert names(other, folder / "deep") == ["prior/a.dcm", "deep/er/c.dcm"]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingToSend, match=r"There is no .*/nowhere\."):
        list_source_files([tmp_path / "nowhere"])


def test_a_folder_without_anything_to_send_says_so(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_bytes(b"x")

    with pytest.raises(NothingToSend, match="nothing to send"):
        list_source_files([tmp_path])


def test_a_name_that_is_no_utf8_can_still_be_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.dcm")).write_bytes(b"x")

    (name,) = names(tmp_path)

    assert name.encode("utf-8") == b"caf?.dcm"


def test_the_same_files_give_the_same_key_and_changed_ones_another(folder: Path) -> None:
    first = idempotency_key(list_source_files([folder]), None)

    same = idempotency_key(list_source_files([folder]), None)
    titled = idempotency_key(list_source_files([folder]), "A title")
    os.utime(folder / "a.dcm", ns=(1, 1))
    touched = idempotency_key(list_source_files([folder]), None)

    assert first == same
    assert len({first, titled, touched}) == 3
    assert len(first) < 200
