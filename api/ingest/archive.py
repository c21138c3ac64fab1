"""A zip archive as a stream of its files, of any folder depth, with archives within it opened too.

Nothing is written under a path from the archive, and nothing in the clear. One bad member becomes a `Refusal` and the
others are kept. Memory: the archive's directory, one chunk, and members up to `ArchiveLimits.memory_bytes` for as long
as the caller keeps them.
Not for: what the files are; `ingest` finds that out by their content.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from api.errors import Rejected, RejectionCode
from api.ingest.archive_content import unpack
from api.ingest.archive_directory import ArchiveLimits, Entry, check_entry, read_directory
from api.ingest.spool import Spool

__all__ = ["ArchiveLimits", "Member", "Refusal", "is_zip", "iter_members"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """path: of the member, within the archive, to be shown."""

    path: str
    code: RejectionCode
    message: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive, unpacked and found whole. size: bytes. Close it, or let go of it, when it was read."""

    path: str
    size: int
    _spool: Spool = field(repr=False)

    def open(self) -> BinaryIO:
        """Seekable; may be opened again, and in other threads."""
        return self._spool.open()

    def close(self) -> None:
        self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_zip(head: bytes) -> bool:
    """head: the first four bytes of a file, or more."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def iter_members(
    file: BinaryIO, limits: ArchiveLimits | None = None, spool_folder: Path | None = None
) -> Iterator[Member | Refusal]:
    """file: seekable, blocking. spool_folder: for sealed temporary files, else the system's.

    Raises: Rejected, before anything is given, when the archive cannot be read at all or is refused as a whole.
    """
    limits = limits or ArchiveLimits()
    file.seek(0, 2)
    return _Unpacking(limits, file.tell(), spool_folder).members(file, "", depth=0)


class _Unpacking:
    """Counts over an archive and all archives in it: what entries promise, since none gives more than that."""

    def __init__(self, limits: ArchiveLimits, packed_bytes: int, spool_folder: Path | None) -> None:
        self._limits = limits
        self._spool_folder = spool_folder
        self._files_left = limits.max_files
        self._bytes = 0
        self._ratio_bytes = max(limits.ratio_free_bytes, limits.max_ratio * packed_bytes)

    def members(self, file: BinaryIO, folder: str, depth: int) -> Iterator[Member | Refusal]:
        judged = [(entry, self._refusal(entry, folder)) for entry in read_directory(file, self._files_left)]
        self._count([entry for entry, refusal in judged if refusal is None])
        return self._unpacked(file, judged, folder, depth)

    def _unpacked(
        self, file: BinaryIO, judged: list[tuple[Entry, Refusal | None]], folder: str, depth: int
    ) -> Iterator[Member | Refusal]:
        for entry, refusal in judged:
            if refusal is not None:
                yield refusal
                continue
            path = folder + entry.path
            spool = Spool(self._limits.memory_bytes, self._spool_folder)
            try:
                for piece in unpack(file, entry):
                    spool.write(piece)
            except Rejected as rejected:
                spool.close()
                yield Refusal(path, rejected.code, rejected.message)
                continue
            spool.finish()
            with spool.open() as content:
                is_archive = is_zip(content.read(4))
            if is_archive:
                yield from self._nested(spool, path, depth + 1)
            else:
                yield Member(path, spool.size, spool)

    def _nested(self, spool: Spool, path: str, depth: int) -> Iterator[Member | Refusal]:
        with closing(spool), spool.open() as file:
            if depth > self._limits.max_depth:
                message = f"Archives within archives are opened {self._limits.max_depth} deep; unpack this one first."
                yield Refusal(path, RejectionCode.UNSAFE_ARCHIVE, message)
                return
            try:
                members = self.members(file, f"{path}/", depth)
            except Rejected as rejected:
                yield Refusal(path, rejected.code, rejected.message)
                return
            yield from members

    def _refusal(self, entry: Entry, folder: str) -> Refusal | None:
        try:
            check_entry(entry, self._limits)
        except Rejected as rejected:
            return Refusal(folder + entry.path, rejected.code, rejected.message)
        return None

    def _count(self, entries: list[Entry]) -> None:
        self._files_left -= len(entries)
        self._bytes += sum(entry.info.file_size for entry in entries)
        if self._bytes > self._limits.max_total_bytes:
            message = f"The archive unpacks to more than {self._limits.max_total_bytes} bytes; send it in pieces."
            raise Rejected(RejectionCode.TOO_LARGE, message)
        if self._bytes > self._ratio_bytes:
            message = f"The archive unpacks to more than {self._limits.max_ratio} times its size; nothing was read."
            raise Rejected(RejectionCode.UNSAFE_ARCHIVE, message)
