"""Data keys wrapped by a master key in a local file.

The file holds one key a line, base64, the newest first: the first wraps, all unwrap. So a master key is rotated by
putting a new line on top (`add_master`); processes that run notice. Older lines stay: stored objects are wrapped by
them. Whoever has the file can read every object, and without it nobody can: back it up, apart
from the data.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.storage.data_keys import DataKey, KeyUnwrapFailed
from api.storage.sealed_files import sync_folder

KEY_BYTES = 32
NONCE_BYTES = 12  # random; NIST SP 800-38D 8.3 allows 2**32 wraps under one master key
KEY_ID_BYTES = 4
VERSION = b"\x01"
READABLE_BY_OTHERS = 0o077
LOOK_SECONDS = 1.0  # so often a running process looks whether there is a new master key


class MasterKeyUnusable(Exception):
    """The master key file is damaged or not private; the message says what to do."""


class LocalKeys:
    """`DataKeys` by AES-256-GCM under a master key file, which is made when it is absent and never overwritten.

    A wrapped key is version (1 byte), key id (4), nonce (12), sealed key and tag (48): 65 bytes.
    """

    def __init__(self, path: Path) -> None:
        _make_once(path)
        self._path = path
        self._file: tuple[int, int] | None = None  # as it was read: inode, time of its last change
        self._look_at = 0.0
        self._masters: dict[bytes, AESGCM] = {}
        self._current = b""
        self._read()

    def _read(self) -> None:
        """Read the file unless it is as it was. Keys once read are kept, also where the file is gone."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        try:
            status = self._path.stat()
        except OSError:
            return
        if (changed := (status.st_ino, status.st_mtime_ns)) == self._file:
            return
        keys = _load(self._path)
        self._masters |= {_key_id(key): AESGCM(key) for key in keys}
        self._current = _key_id(keys[0])
        self._file = changed

    async def generate(self, context: Mapping[str, str]) -> DataKey:
        if time.monotonic() > self._look_at:
            self._read()
        plaintext, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        sealed = self._masters[self._current].encrypt(nonce, plaintext, _associated(self._current, context))
        return DataKey(plaintext, VERSION + self._current + nonce + sealed)

    async def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        if len(wrapped) != 1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + 16 or wrapped[:1] != VERSION:
            raise KeyUnwrapFailed("The wrapped data key is not in the form that local keys write.")
        key_id, rest = wrapped[1 : 1 + KEY_ID_BYTES], wrapped[1 + KEY_ID_BYTES :]
        if key_id not in self._masters:
            self._read()
        master = self._masters.get(key_id)
        if master is None:
            raise KeyUnwrapFailed(
                f"The data key was wrapped by master key {key_id.hex()}, which is not in the key file."
            )
        try:
            return master.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _associated(key_id, context))
        except InvalidTag:
            raise KeyUnwrapFailed("The wrapped data key was altered, or belongs to something else.") from None


def _associated(key_id: bytes, context: Mapping[str, str]) -> bytes:
    return VERSION + key_id + json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"hilum master key id" + key).digest()[:KEY_ID_BYTES]


def _make_once(path: Path) -> None:
    """Make the file unless it is there; of processes that start together one wins and the others read its key."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _written(path, [secrets.token_bytes(KEY_BYTES)])
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)  # unlike a rename, never replaces a key that came first
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def add_master(path: Path) -> None:
    """A new master key, which wraps from now on; those before it still unwrap. One caller at a time.

    Raises: MasterKeyUnusable.
    """
    _make_once(path)
    os.replace(_written(path, [secrets.token_bytes(KEY_BYTES), *_load(path)]), path)
    sync_folder(path.parent)


def _written(path: Path, keys: Sequence[bytes]) -> Path:
    """A private file beside `path`, on the disk when this returns."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(base64.b64encode(key) + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())  # always: everything sealed later is lost with this key
    return temporary


def _load(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if mode & READABLE_BY_OTHERS:
            raise MasterKeyUnusable(f"Others can read the master key {path}; make it private: chmod 600 {path}")
        lines = file.read().split()
    try:
        keys = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise MasterKeyUnusable(f"The master key {path} is damaged; put it back from your backup.")
    return keys


def secret_key(path: Path) -> bytes:
    """The key in a private file of its own, made when absent: for signing, where no object is sealed with it."""
    _make_once(path)
    return _load(path)[0]
