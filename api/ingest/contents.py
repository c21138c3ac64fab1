"""All candidates of an upload, file after file, in waves that are worked on at once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
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
from api.persistence.tables import UploadFile
from api.settings import MIB, Settings
from api.storage.object_store import ObjectStore
from api.storage.parts import part_sizes

HASH_BYTES = MIB
WAVE_BYTES = 64 * MIB  # of members that are kept at once

Found = Candidate | Refused
Wave = tuple[list[Found], int]  # and how many bytes of the upload are read when it is done


async def waves(
    store: ObjectStore, files: Sequence[UploadFile], done: set[tuple[UUID, str]], settings: Settings
) -> AsyncIterator[Wave]:
    """Candidates that are not `done`, at most `ingest_batch` a wave."""
    wave: list[Found] = []
    held = 0
    async for found, consumed in _candidates(store, files, settings):
        if (found.file_key, found.path) in done:
            if isinstance(found, Candidate):
                found.close()
            continue
        wave.append(found)
        held += found.size if isinstance(found, Candidate) else 0
        if len(wave) >= settings.ingest_batch or held >= WAVE_BYTES:
            yield wave, consumed
            wave, held = [], 0
    if wave:
        yield wave, sum(file.size for file in files)


async def _candidates(
    store: ObjectStore, files: Sequence[UploadFile], settings: Settings
) -> AsyncIterator[tuple[Found, int]]:
    before = 0
    for file in files:
        try:
            content = await store.open_parts(str(file.key), part_sizes(file.size))
            await _check_digest(file, content)
            found = iter_candidates(file, content, archive_limits(settings), spool_folder(settings))
        except Rejected as reason:
            yield Refused(file.key, file.name, file.size, reason), before + file.size
        except UNREADABLE:
            yield Refused(file.key, file.name, file.size, unreadable()), before + file.size
        else:
            while (candidate := await asyncio.to_thread(_next, found)) is not None:
                yield candidate, before + candidate.consumed
        before += file.size


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
