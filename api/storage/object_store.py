"""Where bytes lie: objects by name, and the parts of files on their way up.

`ObjectStore` is the interface, `filesystem` its embedded part. Everything is encrypted at rest, a data key an object.
Not for: rows, or anything that is asked by content.
"""

import re
from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal, Protocol, TypeAlias
from uuid import UUID

from api.permissions import Actor

MAX_NAME = 512
_NAME = re.compile(r"[a-z0-9_.-]+(?:/[a-z0-9_.-]+)*", re.ASCII)
_FILE_ID = re.compile(r"[a-z0-9_-]{1,64}", re.ASCII)

FrameKind = Literal["frames", "previews"]

ObjectReader: TypeAlias = BinaryIO
"""A seekable, blocking, read-only file that holds one chunk at a time: for threads, closed by its reader."""


class ObjectMissing(Exception):
    """There is no object (or part) of that name."""


class ObjectDamaged(Exception):
    """The object is there but not as it was stored: altered, cut short, or put in another's place."""


class ObjectRetained(Exception):
    """The object must be kept as it is for some time yet."""


@dataclass(frozen=True, slots=True)
class PartedFile:
    """A file that comes up in parts. part_count 1 lets a store take it in one request."""

    file_id: str
    part_count: int


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a client sends to put one part, with exactly these headers."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """size: bytes of content. etag: changes whenever the part is sent again; without quotes."""

    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class OverlayFrames:
    """What an analysis draws over a stack; index by frame. frames: those where there is something, of frame_count."""

    analysis_key: UUID
    rows: int
    columns: int
    frame_count: int
    frames: tuple[int, ...]

    def fields(self) -> tuple[str, ...]:
        numbers = (self.rows, self.columns, self.frame_count, *self.frames)
        return str(self.analysis_key), ",".join(map(str, numbers))

    @classmethod
    def of_fields(cls, analysis_key: str, numbers: str) -> "OverlayFrames":
        rows, columns, frame_count, *frames = map(int, numbers.split(","))
        return cls(UUID(analysis_key), rows, columns, frame_count, tuple(frames))


class ObjectStore(Protocol):
    """Encrypted objects by name, and parted files by id.

    Names: lower-case letters, digits, `_ . -`, segments between single slashes, no `..`; no patient data.
    Every method may be run twice without harm. What a method has acknowledged outlives the process.
    """

    async def put(self, name: str, content: bytes | AsyncIterable[bytes]) -> None:
        """Store whole or not at all; replaces what was there. Raises: ObjectRetained."""
        ...

    async def put_retained(self, name: str, content: bytes, until: datetime) -> None:
        """Store what nobody may replace or delete before `until`, which has a time zone; for small objects.

        Raises: ObjectRetained where an earlier one of that name is kept still; it stays as it is.
        """
        ...

    async def read(self, name: str) -> bytes:
        """The whole content, for small objects. Raises: ObjectMissing, ObjectDamaged."""
        ...

    async def open(self, name: str) -> ObjectReader:
        """Raises: ObjectMissing, ObjectDamaged; reading raises ObjectDamaged where a chunk is not as it was stored."""
        ...

    async def exists(self, name: str) -> bool: ...

    async def size(self, name: str) -> int:
        """Bytes of content. Raises: ObjectMissing."""
        ...

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Names that begin with `prefix` (text, not folders), sorted."""
        ...

    async def delete(self, name: str) -> None:
        """No error where there is none. Raises: ObjectRetained."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Raises: ObjectRetained where one of them is; then none is deleted."""
        ...

    async def begin_files(self, file_ids: Sequence[str]) -> None:
        """Take parts for these files from now on. A file that was closed stays closed."""
        ...

    async def sign_part(
        self, file: PartedFile, number: int, size: int, sha256_base64: str | None, expires_at: datetime, actor: Actor
    ) -> SignedRequest:
        """number: from 1. size: bytes of this part; the store takes no other. sha256_base64: checked when given.

        actor: who asks, here and below. Served by our own process the address ends with their session or API key.
        """
        ...

    async def received_parts(self, file_id: str) -> Mapping[int, ReceivedPart]:
        """Parts that are there whole, by number; none for a file that was never begun, or discarded."""
        ...

    async def received_parts_of(self, file_ids: Sequence[str]) -> Mapping[str, Mapping[int, ReceivedPart]]:
        """`received_parts` of many files in one go; every id asked for is a key."""
        ...

    async def close_files(self, file_ids: Sequence[str]) -> None:
        """Take no more parts for these files; those received stay until `discard_parts`."""
        ...

    async def open_parts(self, file_id: str, sizes: Sequence[int]) -> ObjectReader:
        """All parts in order as one file; sizes: bytes of part 1, 2, …

        Raises: ObjectMissing where a part is not there, ObjectDamaged where one has another size.
        """
        ...

    async def discard_parts(self, file_id: str) -> None:
        """Forget a file and its parts; a part sent later is refused."""
        ...

    async def sign_read(
        self, name: str, media_type: str, expires_at: datetime, actor: Actor, case_key: UUID | None = None
    ) -> str:
        """An address that serves the object as `media_type` to whoever has it, until it expires.

        case_key: of the case that the actor must still see.
        """
        ...

    async def sign_frames(self, kind: FrameKind, stack_key: UUID, expires_at: datetime, actor: Actor) -> str:
        """RFC 6570 template with `{index}` from 0; its one signature is good for every frame of the stack."""
        ...

    async def sign_overlay(self, overlay: OverlayFrames, expires_at: datetime, actor: Actor) -> str:
        """The same for every frame of an overlay, whose objects are `overlays/<analysis>/<index>`."""
        ...


class PartReceiver(Protocol):
    """A store whose parts come through our own server instead of going straight to a cloud's."""

    async def receive_part(
        self, file_id: str, number: int, size: int, sha256_base64: str | None, content: AsyncIterable[bytes]
    ) -> ReceivedPart:
        """Keep a part whole or not at all; it may be sent again.

        Raises: Conflict when the file takes no parts, TooLarge or Invalid when the content is not `size` bytes,
        Invalid when its checksum is another.
        """
        ...


def check_name(name: str) -> str:
    """The name, when it is one. Raises: ValueError."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name) or ".." in name or "." in name.split("/"):
        raise ValueError(f"not an object name: {name!r}")
    return name


def check_prefix(prefix: str) -> str:
    """The prefix, when a name can begin with it. Raises: ValueError."""
    check_name(prefix + "x")
    return prefix


def check_file_id(file_id: str) -> str:
    """The id, when it is one. Raises: ValueError."""
    if not _FILE_ID.fullmatch(file_id):
        raise ValueError(f"not the id of a file: {file_id!r}")
    return file_id
