"""The content of one entry of a zip archive, unpacked as a stream that holds less than 1 MiB (LZMA: its dictionary)."""

import bz2
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from api.errors import Rejected, RejectionCode
from api.ingest.archive_directory import ENCRYPTED, LOCAL_HEADER_BYTES, Entry

PACKED_BYTES = 64 * 1024
UNPACKED_BYTES = 256 * 1024
MAX_LZMA_DICTIONARY = 32 << 20  # its header may ask for 4 GiB
_DAMAGED = "The file is damaged in the archive, or cut short; pack and send it again."


class _Unpacker(Protocol):
    """As the decompressors of `bz2` and `lzma`: gives no more than it is asked for."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def unpack(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Pieces of at most 256 KiB, checked to the end by size and CRC-32.

    Raises: Rejected with CORRUPT; no byte beyond the size that the directory states is ever given.
    """
    info = entry.info
    start = _content_start(file, entry)
    left, size, crc = info.compress_size, 0, 0
    unpacker = _unpacker(file, entry, start)
    if info.compress_type == zipfile.ZIP_LZMA:
        left -= file.tell() - start
        start = file.tell()
    while not unpacker.eof and size < info.file_size:
        packed = b""
        if unpacker.needs_input:
            file.seek(start)  # the caller may have read elsewhere meanwhile
            packed = file.read(min(PACKED_BYTES, left))
            if not packed:
                raise _corrupt()
            start, left = start + len(packed), left - len(packed)
        try:
            piece = unpacker.decompress(packed, min(UNPACKED_BYTES, info.file_size - size + 1))
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            raise _corrupt() from error
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        if size > info.file_size:
            raise _corrupt()
        if piece:
            yield piece
    if size != info.file_size or crc != info.CRC:
        raise _corrupt()


def _content_start(file: BinaryIO, entry: Entry) -> int:
    """Offset of the packed bytes. The local header must tell what the directory tells, or readers could be fooled."""
    file.seek(entry.info.header_offset)
    header = file.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise _corrupt()
    flags, method = struct.unpack_from("<HH", header, 6)
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    if file.read(name_length) != entry.raw_name or method != entry.info.compress_type or flags & ENCRYPTED:
        raise _corrupt()
    start: int = entry.info.header_offset + LOCAL_HEADER_BYTES + name_length + extra_length
    if start + entry.info.compress_size > entry.end:
        raise Rejected(RejectionCode.UNSAFE_ARCHIVE, "The archive's entries lie over one another here.")
    return start


def _unpacker(file: BinaryIO, entry: Entry, start: int) -> _Unpacker:
    method = entry.info.compress_type
    if method == zipfile.ZIP_DEFLATED:
        return _Inflater()
    if method == zipfile.ZIP_BZIP2:
        return bz2.BZ2Decompressor()
    if method == zipfile.ZIP_LZMA:
        file.seek(start)
        return _lzma_unpacker(file, entry.info.compress_size)
    return _Stored()


def _lzma_unpacker(file: BinaryIO, packed_size: int) -> _Unpacker:
    """APPNOTE 5.8: version (2 bytes), length of what follows (2), lc + 9 × (lp + 5 × pb) (1), dictionary size (4)."""
    header = file.read(9) if packed_size >= 9 else b""
    if len(header) < 9 or header[2:4] != b"\x05\x00" or header[4] >= 9 * 5 * 5:
        raise _corrupt()
    rest, literal_context = divmod(header[4], 9)
    position, literal_position = divmod(rest, 5)
    dictionary = int.from_bytes(header[5:9], "little")
    if dictionary > MAX_LZMA_DICTIONARY:
        raise Rejected(
            RejectionCode.UNSAFE_ARCHIVE, "The file needs too much memory to be unpacked; pack it by deflate."
        )
    kind = {"id": lzma.FILTER_LZMA1, "lc": literal_context, "lp": literal_position, "pb": position}
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{**kind, "dict_size": max(dictionary, 4096)}])
    except (lzma.LZMAError, ValueError) as error:
        raise _corrupt() from error


class _Stored:
    eof = False
    needs_input = True

    def __init__(self) -> None:
        self._rest = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._rest + data
        self._rest = data[max_length:]
        self.needs_input = not self._rest
        return data[:max_length]


class _Inflater:
    needs_input = True

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        # A full piece may leave more behind although the input is used up.
        self.needs_input = len(piece) < max_length and not self._inflate.unconsumed_tail
        return piece


def _corrupt() -> Rejected:
    return Rejected(RejectionCode.CORRUPT, _DAMAGED)
