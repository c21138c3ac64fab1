"""Encrypted files in a folder: the embedded `ObjectStore`.

    objects/      see `object_folders`
    parts/        see `part_folders`
    temporary/    drafts; those older than a day are cleared away at the start

Any number of processes may share the folder.
What was acknowledged outlives a killed process; a power cut only with `fsync`.
"""

import asyncio
import base64
import binascii
import hashlib
import io
import shutil
import time
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID

from api.errors import Conflict, Invalid, TooLarge
from api.permissions import Actor
from api.storage.addresses import SignedAddresses, unix_seconds
from api.storage.data_keys import DataKeys, KeyUnwrapFailed
from api.storage.encryption import HEADER_BYTES, Header, open_sealed
from api.storage.object_folders import ObjectFolders
from api.storage.object_store import (
    FrameKind,
    ObjectDamaged,
    ObjectReader,
    ObjectRetained,
    OverlayFrames,
    PartedFile,
    ReceivedPart,
    SignedRequest,
    check_name,
    check_prefix,
)
from api.storage.part_folders import PartFolders, part_name, received_part
from api.storage.part_reader import PartReader, SealedPart
from api.storage.sealed_files import Draft, SealedFile, is_retained

P = ParamSpec("P")
T = TypeVar("T")

GATHERED_BYTES = 1 << 20  # written at one go: few hops to a thread, little memory
READ_BUFFER_BYTES = 64 * 1024
DRAFT_LIFE_SECONDS = 86_400
THREADS = 8


class FilesystemStore:
    """addresses: gives out the signed ones. fsync: force every file to the disk before it is acknowledged."""

    def __init__(self, root: Path, keys: DataKeys, addresses: SignedAddresses, *, fsync: bool = False) -> None:
        self._temporary = root / "temporary"
        for folder in (root, root / "objects", root / "parts", self._temporary):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _clear_old_drafts(self._temporary)
        self._objects = ObjectFolders(root / "objects")
        self._parts = PartFolders(root / "parts", self._temporary)
        self._keys = keys
        self._addresses = addresses
        self._fsync = fsync
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")

    def close(self) -> None:
        self._threads.shutdown()

    # objects

    async def put(self, name: str, content: bytes | AsyncIterable[bytes]) -> None:
        target = self._objects.path(check_name(name))
        draft = await self._draft(name)
        try:
            if isinstance(content, bytes):
                await self._run(draft.write, content)
            else:
                async for gathered in _gather(content):
                    await self._run(draft.write, gathered)
            await self._run(_commit_making_folders, draft, target)
        except BaseException:
            await self._abandon(draft)
            raise

    async def put_retained(self, name: str, content: bytes, until: datetime) -> None:
        target, seconds = self._objects.path(check_name(name)), float(unix_seconds(until))
        draft = await self._draft(name)
        try:
            await self._run(draft.write, content)
            await self._run(_commit_making_folders, draft, target, seconds)
        except BaseException:
            await self._abandon(draft)
            raise

    async def read(self, name: str) -> bytes:
        sealed = await self._run(self._objects.read, check_name(name))
        key = await self._unwrap(Header.parse(sealed[:HEADER_BYTES]), name)
        if len(sealed) <= GATHERED_BYTES:
            return open_sealed(sealed, key, name)
        return await self._run(open_sealed, sealed, key, name)

    async def open(self, name: str) -> ObjectReader:
        file = await self._run(SealedFile, self._objects.path(check_name(name)), name)
        try:
            key = await self._unwrap(file.header, name)
        except BaseException:
            file.close()
            raise
        return io.BufferedReader(await self._run(file.reader, key), READ_BUFFER_BYTES)

    async def exists(self, name: str) -> bool:
        return await self._run(self._objects.path(check_name(name)).is_file)

    async def size(self, name: str) -> int:
        return await self._run(self._objects.size, check_name(name))

    async def list(self, prefix: str = "") -> Sequence[str]:
        return await self._run(self._objects.list, check_prefix(prefix))

    async def delete(self, name: str) -> None:
        await self._run(self._objects.delete, [check_name(name)])

    async def delete_prefix(self, prefix: str) -> None:
        await self._run(lambda: self._objects.delete(self._objects.list(check_prefix(prefix))))

    # parts

    async def begin_files(self, file_ids: Sequence[str]) -> None:
        await self._run(self._parts.begin, file_ids)

    async def receive_part(
        self, file_id: str, number: int, size: int, sha256_base64: str | None, content: AsyncIterable[bytes]
    ) -> ReceivedPart:
        """See `PartReceiver`. Holds about 1 MiB, whatever the size."""
        if not await self._run(self._parts.is_open, file_id):
            raise _closed()
        draft = await self._draft(part_name(file_id, number))
        digest = hashlib.sha256() if sha256_base64 else None
        received = 0

        def keep(gathered: bytearray) -> None:
            if digest:
                digest.update(gathered)
            draft.write(gathered)

        def finish(gathered: bytearray) -> ReceivedPart:
            keep(gathered)
            if digest and digest.digest() != _decoded(sha256_base64):
                raise Invalid(
                    "The checksum of this part differs from the one that was told; send it again.", ["sha256"]
                )
            try:
                return received_part(draft.commit(self._parts.target(file_id, number)))
            except FileNotFoundError:
                raise _closed() from None

        try:
            last = bytearray()
            async for gathered in _gather(content):
                received += len(gathered)
                if received > size:
                    raise TooLarge(f"The part has more than the {size} bytes that were signed.", ["size"])
                if received == size:  # with what follows in one go
                    last = gathered
                else:
                    await self._run(keep, gathered)
            if received != size:
                raise Invalid(f"The part has {received} bytes; {size} were signed.", ["size"])
            return await self._run(finish, last)
        except BaseException:
            await self._abandon(draft)
            raise

    async def received_parts(self, file_id: str) -> Mapping[int, ReceivedPart]:
        return await self._run(self._parts.received, file_id)

    async def received_parts_of(self, file_ids: Sequence[str]) -> Mapping[str, Mapping[int, ReceivedPart]]:
        return await self._run(lambda: {file_id: self._parts.received(file_id) for file_id in file_ids})

    async def close_files(self, file_ids: Sequence[str]) -> None:
        await self._run(self._parts.close, file_ids)

    async def open_parts(self, file_id: str, sizes: Sequence[int]) -> ObjectReader:
        files = await self._run(self._part_headers, file_id, sizes)
        parts = [SealedPart(path, name, await self._unwrap(header, name), size) for path, name, header, size in files]
        return io.BufferedReader(PartReader(parts), READ_BUFFER_BYTES)

    async def discard_parts(self, file_id: str) -> None:
        await self._run(self._parts.discard, file_id)

    # addresses

    async def sign_part(
        self, file: PartedFile, number: int, size: int, sha256_base64: str | None, expires_at: datetime, actor: Actor
    ) -> SignedRequest:
        url = self._addresses.part(actor, file.file_id, number, size, sha256_base64, expires_at)
        headers = (("content-type", "application/octet-stream"),)
        return SignedRequest("PUT", url, headers, datetime.fromtimestamp(unix_seconds(expires_at), UTC))

    async def sign_read(
        self, name: str, media_type: str, expires_at: datetime, actor: Actor, case_key: UUID | None = None
    ) -> str:
        return self._addresses.object(actor, check_name(name), media_type, expires_at, case_key)

    async def sign_frames(self, kind: FrameKind, stack_key: UUID, expires_at: datetime, actor: Actor) -> str:
        return self._addresses.frames(actor, kind, stack_key, expires_at)

    async def sign_overlay(self, overlay: OverlayFrames, expires_at: datetime, actor: Actor) -> str:
        return self._addresses.overlay(actor, overlay, expires_at)

    # inside

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))

    async def _draft(self, name: str) -> Draft:
        key = await self._keys.generate({"object": name})
        return Draft(self._temporary, key, name, fsync=self._fsync)

    async def _abandon(self, draft: Draft) -> None:
        """Not interrupted, when the request is cancelled."""
        await asyncio.shield(self._run(draft.abandon))

    async def _unwrap(self, header: Header, name: str) -> bytes:
        try:
            return await self._keys.unwrap(header.wrapped, {"object": name})
        except KeyUnwrapFailed as error:
            raise ObjectDamaged(f"{name}: {error}") from error

    def _part_headers(self, file_id: str, sizes: Sequence[int]) -> "Sequence[tuple[Path, str, Header, int]]":
        files = []
        for number, size in enumerate(sizes, start=1):
            path, name = self._parts.find(file_id, number), part_name(file_id, number)
            part = SealedFile(path, name)
            part.close()
            if part.size != size:
                raise ObjectDamaged(f"{name} has {part.size} bytes, not {size}.")
            files.append((path, name, part.header, size))
        return files


def _closed() -> Conflict:
    return Conflict("This upload takes no more parts: it was completed, aborted or has expired.")


def _decoded(sha256_base64: str | None) -> bytes:
    try:
        return base64.b64decode(sha256_base64 or "", validate=True)
    except binascii.Error:
        return b""


def _commit_making_folders(draft: Draft, target: Path, retained_until: float | None = None) -> None:
    """Raises: ObjectRetained."""
    if is_retained(target):
        raise ObjectRetained(target.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.commit(target, retained_until)


def _clear_old_drafts(temporary: Path) -> None:
    for path in temporary.iterdir():
        with suppress(FileNotFoundError):  # another process clears away too
            if path.stat().st_mtime < time.time() - DRAFT_LIFE_SECONDS:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


async def _gather(content: AsyncIterable[bytes]) -> "AsyncIterable[bytearray]":
    """The same bytes in pieces of at least `GATHERED_BYTES`, but for the last."""
    gathered = bytearray()
    async for piece in content:
        gathered += piece
        if len(gathered) >= GATHERED_BYTES:
            yield gathered
            gathered = bytearray()
    if gathered:
        yield gathered
