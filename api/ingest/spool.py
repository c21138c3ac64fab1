"""A place for what was unpacked: small in memory, large in a sealed temporary file. Blocking: for threads.

Patient data lies nowhere in the clear: the file has no name, and its key is nowhere but in memory.
"""

import io
import os
import secrets
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO

from api.storage.encryption import Header, SealedReader, SealedWriter

READ_BUFFER_BYTES = 64 * 1024
_NAME = "spool"


class Spool:
    """Write, then `finish`, then `open` as often as wanted, in any thread. Closed by `close` or with its last user."""

    def __init__(self, memory_bytes: int, folder: Path | None = None) -> None:
        """memory_bytes: what grows beyond goes to a file in `folder`, or else the system's temporary one."""
        self.size = 0
        self._memory_bytes = memory_bytes
        self._folder = folder
        self._held = bytearray()
        self._content = b""
        self._file: _SealedTemporary | None = None

    def write(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._file is None and self.size > self._memory_bytes:
            self._file = _SealedTemporary(self._folder)
            self._file.writer.write(self._held)
            self._held = bytearray()
        if self._file is None:
            self._held += piece
        else:
            self._file.writer.write(piece)

    def finish(self) -> None:
        if self._file is None:
            self._content, self._held = bytes(self._held), bytearray()
        else:
            self._file.writer.finish()

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content) if self._file is None else self._file.open()

    def close(self) -> None:
        self._content, self._held = b"", bytearray()
        if self._file is not None:
            self._file.close()


class _SealedTemporary:
    def __init__(self, folder: Path | None) -> None:
        descriptor, path = tempfile.mkstemp(dir=folder)
        os.unlink(path)
        self._descriptor = descriptor
        self.close = weakref.finalize(self, os.close, descriptor)
        self._key, self._header = secrets.token_bytes(32), Header.make(b"")
        self.writer = SealedWriter(io.FileIO(descriptor, "wb", closefd=False), self._key, self._header, _NAME)

    def open(self) -> BinaryIO:
        size = os.fstat(self._descriptor).st_size
        return io.BufferedReader(SealedReader(self._read_at, size, self._key, self._header, _NAME), READ_BUFFER_BYTES)

    def _read_at(self, offset: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, offset)
