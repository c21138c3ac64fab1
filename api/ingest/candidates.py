"""What an upload may hold: each file, and each member of an archive, in order. Blocking: runs in a thread."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from api.errors import Rejected, RejectionCode
from api.ingest.archive import ArchiveLimits, Refusal, is_zip, iter_members
from api.persistence.tables import UploadFile
from api.settings import MIB, Settings
from api.storage.object_store import ObjectDamaged, ObjectMissing

HEAD_BYTES = 4
UNREADABLE = (ObjectMissing, ObjectDamaged)  # what reading stored parts may end with, at any byte
MEMBER_MEMORY = 4 * MIB  # larger members go to a sealed temporary file; a batch keeps several at once


@dataclass(frozen=True)
class Candidate:
    """Something that may be an instance. path: within the archive, or the file's name."""

    file_key: UUID
    path: str
    size: int
    consumed: int  # bytes of the uploaded file that are read when this one is
    open: Callable[[], BinaryIO]
    close: Callable[[], None]


@dataclass(frozen=True)
class Refused:
    file_key: UUID
    path: str
    consumed: int
    reason: Rejected


def archive_limits(settings: Settings) -> ArchiveLimits:
    return ArchiveLimits(
        max_files=settings.archive_files,
        max_member_bytes=settings.upload_file_bytes,
        max_total_bytes=settings.archive_bytes,
        max_ratio=settings.archive_ratio,
        max_depth=settings.archive_depth,
        memory_bytes=MEMBER_MEMORY,
    )


def unreadable() -> Rejected:
    return Rejected(RejectionCode.CORRUPT, "Its stored parts cannot be read. Send the file again in a new upload.")


def spool_folder(settings: Settings) -> Path:
    """Where large members wait, sealed: beside the data, since the system's folder may be small, or memory."""
    folder = settings.data / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def iter_candidates(
    file: UploadFile, content: BinaryIO, limits: ArchiveLimits, spool: Path
) -> Iterator[Candidate | Refused]:
    """Members of an archive, or the file itself. An archive that cannot be read at all is one refusal.

    content: is closed by the last one who needs it.
    """
    try:
        head = content.read(HEAD_BYTES)
        content.seek(0)
    except UNREADABLE:
        content.close()
        yield Refused(file.key, file.name, file.size, unreadable())
        return
    if not is_zip(head):
        yield Candidate(file.key, file.name, file.size, file.size, lambda: content, content.close)
        return
    taken: set[str] = set()
    with content:
        try:
            for member in iter_members(content, limits, spool):
                read = min(file.size, content.tell())
                path = _untaken(member.path, taken)
                if isinstance(member, Refusal):
                    yield Refused(file.key, path, read, Rejected(member.code, member.message))
                else:
                    yield Candidate(file.key, path, member.size, read, member.open, member.close)
        except Rejected as reason:
            yield Refused(file.key, _untaken(file.name, taken), file.size, reason)
        except UNREADABLE:
            yield Refused(file.key, _untaken(file.name, taken), file.size, unreadable())


def _untaken(path: str, taken: set[str]) -> str:
    """An archive may hold a path twice; what is known by its path needs one of its own, the same in every run."""
    chosen, number = path, 1
    while chosen in taken:
        number += 1
        chosen = f"{path} ({number})"
    taken.add(chosen)
    return chosen
