"""All candidates of an upload, file after file, in waves that are worked on at once."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID

from api.errors import Rejected, RejectionCode
from api.ingest.candidates import (
    UNREADABLE,
    Candidate,
    Refused,
    archive_limits,
    iter_candidates,
    spool_folder,
    unreadable,
)
from api.ingest.faults import is_passing
from api.persistence.tables import UploadFile
from api.settings import MIB, Settings
from api.storage.object_store import ObjectStore
from api.storage.parts import part_sizes

log = logging.getLogger(__name__)

HASH_BYTES = MIB
WAVE_BYTES = 64 * MIB  # of members that are kept at once

Found = Candidate | Refused


@dataclass
class Wave:
    """consumed: bytes of the upload that are read when it is done. ended: files that it is the last of."""

    found: list[Found] = field(default_factory=list)
    consumed: int = 0
    ended: list[UUID] = field(default_factory=list)
    held: int = 0  # bytes


async def waves(
    store: ObjectStore, files: Sequence[UploadFile], done: set[tuple[UUID, str]], settings: Settings
) -> AsyncIterator[Wave]:
    """Candidates that are not `done`, at most `ingest_batch` a wave."""
    wave = Wave()
    before = 0
    for file in files:
        async for found, consumed in _candidates(store, file, settings):
            if (found.file_key, found.path) in done:
                if isinstance(found, Candidate):
                    found.close()
                continue
            if len(wave.found) >= settings.ingest_batch or wave.held >= WAVE_BYTES:
                yield wave  # only now, so that a file's end is told with its last candidate
                wave = Wave()
            wave.found.append(found)
            wave.held += found.size if isinstance(found, Candidate) else 0
            wave.consumed = before + consumed
        before += file.size
        wave.ended.append(file.key)
        wave.consumed = before
    yield wave


async def _candidates(store: ObjectStore, file: UploadFile, settings: Settings) -> AsyncIterator[tuple[Found, int]]:
    try:
        content = await store.open_parts(str(file.key), part_sizes(file.size))
        await _check_digest(file, content)
        found = iter_candidates(file, content, archive_limits(settings), spool_folder(settings))
    except Rejected as reason:
        yield Refused(file.key, file.name, file.size, reason), file.size
        return
    except UNREADABLE:
        yield Refused(file.key, file.name, file.size, unreadable()), file.size
        return
    while True:
        try:
            candidate = await asyncio.to_thread(_next, found)
        except Exception as error:
            if is_passing(error):
                raise
            log.error("an archive could not be read on: %s", type(error).__name__)
            yield Refused(file.key, f"{file.name} (rest)", file.size, unreadable()), file.size
            return
        if candidate is None:
            return
        yield candidate, candidate.consumed


async def _check_digest(file: UploadFile, content: BinaryIO) -> None:
    """Raises Rejected(CHECKSUM_MISMATCH) where the file is not what was announced."""
    if file.sha256 is not None and await asyncio.to_thread(_sha256, content) != file.sha256:
        content.close()
        raise Rejected(
            RejectionCode.CHECKSUM_MISMATCH,
            "The file's SHA-256 is not the one announced. Send the file again in a new upload.",
        )


def _sha256(content: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(HASH_BYTES):
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()


def _next(found: Iterator[Found]) -> Found | None:
    return next(found, None)
