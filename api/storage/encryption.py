"""The form of a sealed file: AES-256-GCM by chunks, so that it can be written as a stream and read anywhere.

    header (256 bytes)   "HILUM", version 1, length of the wrapped key, nonce prefix (7), zeros (2), wrapped key, zeros
    chunk 0, 1, …        256 KiB of content, the last one what is left (an empty object has one empty chunk); tag (16)

The chunks are STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015, https://eprint.iacr.org/2015/189): the nonce is the
prefix (7), the number of the chunk (4, big-endian), and 1 for the last chunk or 0 before it (1). So a chunk that was
altered, moved or repeated, and a file that was cut short or made longer, do not open. Header and name are
authenticated with every chunk: a file put in another's place does not open either. Reading costs only the chunks that
it touches, and the last one.

Not for: where files lie, or where keys come from.
"""

import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.storage.object_store import ObjectDamaged

HEADER_BYTES: Final = 256
CHUNK_BYTES: Final = 256 * 1024
TAG_BYTES: Final = 16
MAX_WRAPPED: Final = HEADER_BYTES - 16  # a KMS ciphertext blob of a 256-bit data key has 184
_SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES
_MAGIC = b"HILUM\x01"
_PREFIX_BYTES = 7


@dataclass(frozen=True, slots=True)
class Header:
    raw: bytes
    wrapped: bytes
    nonce_prefix: bytes

    @classmethod
    def make(cls, wrapped: bytes) -> "Header":
        if len(wrapped) > MAX_WRAPPED:
            raise ValueError(f"a wrapped key of {len(wrapped)} bytes does not fit the header")
        prefix = secrets.token_bytes(_PREFIX_BYTES)
        raw = _MAGIC + bytes([len(wrapped)]) + prefix + bytes(2) + wrapped
        return cls(raw.ljust(HEADER_BYTES, b"\0"), wrapped, prefix)

    @classmethod
    def parse(cls, raw: bytes) -> "Header":
        """Raises: ObjectDamaged."""
        if len(raw) != HEADER_BYTES or not raw.startswith(_MAGIC) or raw[6] > MAX_WRAPPED:
            raise ObjectDamaged("The file does not begin as a sealed file does.")
        return cls(raw, raw[16 : 16 + raw[6]], raw[7 : 7 + _PREFIX_BYTES])


def content_size(sealed_size: int) -> int:
    """Bytes of content in a sealed file of so many bytes. Raises: ObjectDamaged when no sealed file has that size."""
    body = sealed_size - HEADER_BYTES
    chunks = max(1, -(-body // _SEALED_CHUNK))
    size = body - chunks * TAG_BYTES
    if size < 0 or (chunks > 1 and size <= (chunks - 1) * CHUNK_BYTES):
        raise ObjectDamaged("The file was cut short.")
    return size


class _Chunks:
    """Seals and opens the chunks of one file."""

    def __init__(self, key: bytes, header: Header, name: str) -> None:
        self._aead = AESGCM(key)
        self._prefix = header.nonce_prefix
        self._associated = header.raw + name.encode()

    def seal(self, number: int, is_last: bool, content: bytearray | memoryview) -> bytes:
        return self._aead.encrypt(self._nonce(number, is_last), content, self._associated)

    def open(self, number: int, is_last: bool, sealed: bytes | memoryview) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(number, is_last), sealed, self._associated)
        except InvalidTag:
            raise ObjectDamaged(f"Chunk {number} is not as it was stored.") from None

    def _nonce(self, number: int, is_last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + (b"\x01" if is_last else b"\x00")


class Sink(Protocol):
    """Where a sealed file goes: a raw file writes some of the bytes and says how many."""

    def write(self, data: bytes, /) -> int | None: ...


class SealedWriter:
    """Seals what is written to it; holds at most one chunk back, since only `finish` knows which is the last."""

    def __init__(self, sink: Sink, key: bytes, header: Header, name: str) -> None:
        self._sink = sink
        self._chunks = _Chunks(key, header, name)
        self._number = 0
        self._held = bytearray()
        self._write_all(header.raw)

    def write(self, content: bytes | bytearray | memoryview) -> None:
        with memoryview(content) as view:
            start = 0
            while len(self._held) + len(view) - start > CHUNK_BYTES:
                end = start + CHUNK_BYTES - len(self._held)
                if self._held:
                    self._held += view[start:end]
                    self._write_chunk(self._held, is_last=False)
                    self._held.clear()
                else:
                    self._write_chunk(view[start:end], is_last=False)
                start = end
            self._held += view[start:]

    def finish(self) -> None:
        self._write_chunk(self._held, is_last=True)
        self._held.clear()

    def _write_chunk(self, content: bytearray | memoryview, *, is_last: bool) -> None:
        self._write_all(self._chunks.seal(self._number, is_last, content))
        self._number += 1

    def _write_all(self, data: bytes) -> None:
        written = self._sink.write(data)
        while written is not None and written < len(data):  # a raw file may take less than it is given
            data = data[written:]
            written = self._sink.write(data)


def open_sealed(sealed: bytes, key: bytes, name: str) -> bytes:
    """The content of a sealed file that is in memory whole. Raises: ObjectDamaged."""
    chunks = _Chunks(key, Header.parse(sealed[:HEADER_BYTES]), name)
    content_size(len(sealed))
    starts = range(HEADER_BYTES, len(sealed), _SEALED_CHUNK)
    with memoryview(sealed) as view:
        opened = [
            chunks.open(number, number == len(starts) - 1, view[start : start + _SEALED_CHUNK])
            for number, start in enumerate(starts)
        ]
    return opened[0] if len(opened) == 1 else b"".join(opened)


class SealedReader(io.RawIOBase):
    """A sealed file as a seekable one; holds one opened chunk. Raises: ObjectDamaged, when made and when read.

    read_at: (offset, size) -> bytes of the sealed file. close_source: called once.
    """

    def __init__(
        self,
        read_at: Callable[[int, int], bytes],
        sealed_size: int,
        key: bytes,
        header: Header,
        name: str,
        close_source: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._read_at = read_at
        self._close_source = close_source
        self._chunks = _Chunks(key, header, name)
        self.size = content_size(sealed_size)
        self._last = max(0, -(-self.size // CHUNK_BYTES) - 1)
        self._at = 0
        self._held_number = -1
        self._held = b""
        self._chunk(self._last)  # at once: a file cut short after a whole chunk is found before anything is believed

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("negative seek position")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed's Buffer is private before 3.12
        """Fills the buffer unless the content ends."""
        with memoryview(buffer).cast("B") as target:
            done = 0
            while done < len(target) and self._at < self.size:
                number, start = divmod(self._at, CHUNK_BYTES)
                piece = self._chunk(number)[start : start + len(target) - done]
                target[done : done + len(piece)] = piece
                done += len(piece)
                self._at += len(piece)
            return done

    def readall(self) -> bytes:
        content = bytearray(max(0, self.size - self._at))
        self.readinto(content)
        return bytes(content)

    def close(self) -> None:
        if not self.closed:
            self._held = b""
            self._close_source()
        super().close()

    def _chunk(self, number: int) -> bytes:
        if number != self._held_number:
            offset = HEADER_BYTES + number * _SEALED_CHUNK
            self._held = self._chunks.open(number, number == self._last, self._read_at(offset, _SEALED_CHUNK))
            self._held_number = number
        return self._held
