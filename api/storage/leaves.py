"""What a signed address allows: whom, until when, and what; and its form as bytes, which `addresses` seals.

Values only. Whether the actor's session still lives, and whether they may still see what is named, is asked where the
address is used (`api.routes.admission`).
"""

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.permissions import Actor, Role, Scope
from api.storage.object_store import FrameKind, OverlayFrames

# Expiry (Unix seconds), user, organization, credential, its kind, role, scopes as bits.
_HEAD = struct.Struct(">Q16s16s16sBBB")
_LENGTH = struct.Struct(">H")
SESSION, API_KEY = range(2)
ROLES = list(Role)
SCOPES = list(Scope)


@dataclass(frozen=True, slots=True)
class Leave:
    """actor: for whom the address was made. expires_at: seconds of Unix time."""

    actor: Actor
    expires_at: int

    @property
    def seconds_left(self) -> float:
        return self.expires_at - time.time()


@dataclass(frozen=True, slots=True)
class PartLeave(Leave):
    """To put one part of a file; of this size, and where it was told with this checksum."""

    file_id: str
    number: int
    size: int
    sha256_base64: str | None


@dataclass(frozen=True, slots=True)
class FrameLeave(Leave):
    """To read every frame (or preview) of a stack."""

    kind: FrameKind
    stack_key: UUID


@dataclass(frozen=True, slots=True)
class OverlayLeave(Leave):
    """To read every frame of an overlay."""

    overlay: OverlayFrames


@dataclass(frozen=True, slots=True)
class ObjectLeave(Leave):
    """To read one object. case_key: of the case that must still be seen, where it is of one."""

    name: str
    media_type: str
    case_key: UUID | None


@dataclass(frozen=True, slots=True)
class ReportLeave(Leave):
    """To have one report made. noun: the GraphQL type of what it is of. format: the contract's `ReportFormat`."""

    noun: str
    key: UUID
    format: str


def packed(actor: Actor, expires_at: int, fields: Sequence[str]) -> bytes:
    """Raises: ValueError for an actor without a session and without an API key: the address would end with nothing."""
    kind, credential = (SESSION, actor.session_key) if actor.api_key_key is None else (API_KEY, actor.api_key_key)
    if credential is None:
        raise ValueError("an address is made for a session or an API key")
    scopes = sum(1 << place for place, scope in enumerate(SCOPES) if scope in (actor.scopes or ()))
    keys = (actor.user_key.bytes, actor.organization_key.bytes, credential.bytes)
    head = _HEAD.pack(expires_at, *keys, kind, ROLES.index(actor.role), scopes)
    texts = [field.encode() for field in fields]
    return head + b"".join(_LENGTH.pack(len(text)) + text for text in texts)


def unpacked(content: bytes) -> tuple[Actor, int, list[str]]:
    """Of bytes that `packed` made."""
    expires_at, user, organization, credential, kind, role, bits = _HEAD.unpack_from(content)
    credential_key = UUID(bytes=credential)
    actor = Actor(
        UUID(bytes=user),
        UUID(bytes=organization),
        ROLES[role],
        session_key=credential_key if kind == SESSION else None,
        api_key_key=credential_key if kind == API_KEY else None,
        scopes=frozenset(scope for place, scope in enumerate(SCOPES) if bits >> place & 1) if kind == API_KEY else None,
    )
    fields, at = [], _HEAD.size
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        fields.append(content[at : at + length].decode())
        at += length
    return actor, expires_at, fields
