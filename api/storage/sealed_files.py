"""Sealed files on a disk: written whole or not at all, read anywhere. Blocking: call from threads."""

import os
import secrets
import time
from io import FileIO
from pathlib import Path
from threading import Lock

from api.storage.data_keys import DataKey
from api.storage.encryption import HEADER_BYTES, Header, SealedReader, SealedWriter, content_size
from api.storage.object_store import ObjectMissing

READ_ONLY = 0o400


class Draft:
    """A sealed file that is still being written, in the temporary folder; nobody sees it until `commit`.

    Made without touching the disk, so that it may be made on the event loop. Locked, since a request that is cancelled
    abandons its draft while a thread may still be writing it.
    """

    def __init__(self, temporary: Path, key: DataKey, name: str, *, fsync: bool) -> None:
        self._path = temporary / secrets.token_hex(16)
        self._key = key
        self._name = name
        self._fsync = fsync
        self._lock = Lock()
        self._ended = False
        self._file: FileIO | None = None
        self._writer: SealedWriter | None = None

    def write(self, content: bytes | bytearray) -> None:
        with self._lock:
            self._begun()[1].write(content)

    def commit(self, target: Path, retained_until: float | None = None) -> os.stat_result:
        """Put the file in its place, over what was there. Raises: FileNotFoundError when the folder is gone.

        retained_until: see `is_retained`, seconds of Unix time.
        """
        with self._lock:
            file, writer = self._begun()
            writer.finish()
            if retained_until is not None:
                os.fchmod(file.fileno(), READ_ONLY)
                os.utime(file.fileno(), (retained_until, retained_until))
            status = os.fstat(file.fileno())
            if self._fsync:
                os.fsync(file.fileno())
            file.close()
            os.replace(self._path, target)  # outlives a killed process; a power cut only with fsync
            self._ended = True
            if self._fsync:
                self._sync_folders(target)
            return status

    def abandon(self) -> None:
        """Leave nothing behind; no effect after `commit`."""
        with self._lock:
            if self._file is not None and not self._ended:
                self._file.close()
                self._path.unlink(missing_ok=True)
            self._ended = True

    def _sync_folders(self, target: Path) -> None:
        """All up to the store's, since any of them may be new."""
        store = self._path.parent.parent
        for folder in target.parents:
            sync_folder(folder)
            if folder == store:
                break

    def _begun(self) -> tuple[FileIO, SealedWriter]:
        if self._ended:
            raise RuntimeError("the draft was committed or abandoned")
        if self._file is None or self._writer is None:
            self._file = FileIO(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            self._writer = SealedWriter(self._file, self._key.plaintext, Header.make(self._key.wrapped), self._name)
        return self._file, self._writer


class SealedFile:
    """An open sealed file whose key is still wrapped. Raises: ObjectMissing, ObjectDamaged."""

    def __init__(self, path: Path, name: str) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise ObjectMissing(name) from None
        try:
            self.sealed_size = os.fstat(self._descriptor).st_size
            self.header = Header.parse(os.pread(self._descriptor, HEADER_BYTES, 0))
        except BaseException:
            self.close()
            raise
        self._name = name

    @property
    def size(self) -> int:
        """Bytes of content."""
        return content_size(self.sealed_size)

    def reader(self, key: bytes) -> SealedReader:
        """Takes over the open file: closing the reader closes it."""
        try:
            return SealedReader(self._read_at, self.sealed_size, key, self.header, self._name, self.close)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _read_at(self, offset: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, offset)


def is_retained(path: Path) -> bool:
    """Whether the file must stay: read-only, and of a time of change that is still to come."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return not status.st_mode & 0o222 and status.st_mtime > time.time()


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
