"""The master key file of the embedded profile."""

import asyncio
import base64
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from api.storage.data_keys import KeyUnwrapFailed
from api.storage.local_keys import LOOK_SECONDS, LocalKeys, MasterKeyUnusable, add_master


def _first_line(path: Path) -> bytes:
    LocalKeys(path)
    return path.read_bytes()


def test_key_file_is_made_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"

    LocalKeys(path)
    made = path.read_bytes()
    LocalKeys(path)

    assert path.read_bytes() == made
    assert len(base64.b64decode(made)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        read = pool.map(_first_line, [tmp_path / "master.key"] * 9, chunksize=1)

    assert len(set(read)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_key_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    LocalKeys(path)
    os.chmod(path, mode)

    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        LocalKeys(path)


@pytest.mark.parametrize("content", [b"", b"no base64!", base64.b64encode(bytes(31))])
def test_damaged_key_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.touch(mode=0o600)
    path.write_bytes(content)

    with pytest.raises(MasterKeyUnusable, match="backup"):
        LocalKeys(path)

    assert path.read_bytes() == content


async def test_rotated_master_key_still_unwraps_what_the_old_one_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    old = await LocalKeys(path).generate({"object": "a"})
    path.write_bytes(base64.b64encode(os.urandom(32)) + b"\n" + path.read_bytes())

    rotated = LocalKeys(path)
    new = await rotated.generate({"object": "a"})

    assert await rotated.unwrap(old.wrapped, {"object": "a"}) == old.plaintext
    assert new.wrapped[1:5] != old.wrapped[1:5]


async def test_key_of_another_installation_does_not_unwrap(tmp_path: Path) -> None:
    key = await LocalKeys(tmp_path / "one.key").generate({"object": "a"})

    with pytest.raises(KeyUnwrapFailed, match="not in the key file"):
        await LocalKeys(tmp_path / "two.key").unwrap(key.wrapped, {"object": "a"})


async def test_a_new_master_key_is_noticed_and_the_old_ones_stay(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    running, late = LocalKeys(path), LocalKeys(path)
    old = await running.generate({"object": "a"})
    before = path.read_bytes()

    add_master(path)
    await asyncio.sleep(LOOK_SECONDS + 0.1)
    new = await running.generate({"object": "a"})

    assert path.read_bytes().endswith(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [path.name]
    assert new.wrapped[1:5] != old.wrapped[1:5]
    for keys in (running, late, LocalKeys(path)):
        assert await keys.unwrap(new.wrapped, {"object": "a"}) == new.plaintext
        assert await keys.unwrap(old.wrapped, {"object": "a"}) == old.plaintext


async def test_keys_that_were_read_are_kept_where_the_file_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    keys = LocalKeys(path)

    path.unlink()
    key = await keys.generate({})

    assert await keys.unwrap(key.wrapped, {}) == key.plaintext
    assert not path.exists()
