"""A raw deflate stream (PS3.5 A.5) read forward as a file, a little at a time.

Not for: going back. Reading a deflated data set needs none, and so memory stays at one chunk.
"""

import zlib
from typing import BinaryIO

_CHUNK = 64 * 1024


class InflatedFile:
    """Forward-only reader over what `file` holds, deflated, from its present position."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._position = 0

    def tell(self) -> int:
        """Bytes of the inflated stream already read."""
        return self._position

    def read(self, size: int) -> bytes:
        """Up to `size` inflated bytes; fewer only at the end of the stream.

        Raises: ValueError when the stream is damaged.
        """
        pieces: list[bytes] = []
        missing = size
        while missing > 0:
            piece = self._next(missing)
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        self._position += size - missing
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        """Pass over `size` inflated bytes, or to the end."""
        while size > 0:
            piece = self.read(min(size, _CHUNK))
            if not piece:
                return
            size -= len(piece)

    def _next(self, size: int) -> bytes:
        try:
            while not self._inflater.eof:
                waiting = self._inflater.unconsumed_tail or self._file.read(_CHUNK)
                piece = self._inflater.decompress(waiting, size)
                if piece or not waiting:
                    return piece
        except zlib.error as error:
            raise ValueError("the deflated data set is damaged") from error
        return b""
