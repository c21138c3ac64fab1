"""The parts of a file, read as the one file they are. Blocking: for threads."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from api.storage.encryption import SealedReader
from api.storage.sealed_files import SealedFile


@dataclass(frozen=True, slots=True)
class SealedPart:
    """size: bytes of content."""

    path: Path
    name: str
    key: bytes = field(repr=False)
    size: int

    def open(self) -> SealedReader:
        return SealedFile(self.path, self.name).reader(self.key)


class PartReader(io.RawIOBase):
    """Seekable; keeps one part open, and of it one chunk. Raises: ObjectMissing, ObjectDamaged."""

    def __init__(self, parts: Sequence[SealedPart]) -> None:
        super().__init__()
        self._parts = [part for part in parts if part.size]
        self._ends = list(accumulate(part.size for part in self._parts))
        self._size = self._ends[-1] if self._ends else 0
        self._at = 0
        self._number = -1
        self._open: SealedReader | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("negative seek position")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed's Buffer is private before 3.12
        """Fills the buffer unless the file ends."""
        with memoryview(buffer).cast("B") as target:
            done = 0
            while done < len(target) and self._at < self._size:
                number = bisect_right(self._ends, self._at)
                part = self._part(number)
                part.seek(self._at - (self._ends[number] - self._parts[number].size))
                read = part.readinto(target[done:])
                done += read
                self._at += read
            return done

    def close(self) -> None:
        if not self.closed and self._open is not None:
            self._open.close()
        super().close()

    def _part(self, number: int) -> SealedReader:
        if self._open is None or number != self._number:
            if self._open is not None:
                self._open.close()
            self._open = self._parts[number].open()
            self._number = number
        return self._open
