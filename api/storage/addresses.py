"""Signed addresses of Hilum's own server: what may be done, to what, by whom, until when.

All of that lies sealed in one opaque token (AES-SIV, RFC 5297), so that an address names nobody and nothing, and
nothing in it can be exchanged for another. SIV is deterministic: the same leave gives the same address, under which a
browser finds what it kept. The form of each address is stated here once, for the store that gives it out and for the
route that takes it. Decision 13.

Not for: sessions and access tokens (`api.identity`), or addresses that a cloud's store signs itself.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from api.errors import Expired, NotPermitted
from api.permissions import Actor
from api.storage.leaves import FrameLeave, ObjectLeave, OverlayLeave, PartLeave, ReportLeave, packed, unpacked
from api.storage.object_store import FrameKind, OverlayFrames

PART_PATH: Final = "/parts/{token}"
FRAME_PATH: Final = "/frames/{token}/{index}"
OVERLAY_PATH: Final = "/overlays/{token}/{index}"
OBJECT_PATH: Final = "/objects/{token}"
REPORT_PATH: Final = "/reports/{token}"
KEY_BYTES: Final = 32
SIV_KEY_BYTES: Final = 64  # AES-256-SIV: one half authenticates, the other encrypts
TAG_BYTES: Final = 16
LONGEST_TOKEN: Final = 2048
# Alike for what was never ours, what ended with its session, and what may no longer be seen.
NOT_VALID: Final = "This address is not valid, or no longer. Ask for a new one."


class Permit(StrEnum):
    """What a token allows; authenticated with it, so that one kind is never taken for another."""

    PUT_PART = "put-part"
    READ_OBJECT = "read-object"
    READ_FRAMES = "read-frames"
    READ_OVERLAY = "read-overlay"
    READ_REPORT = "read-report"


class SignedAddresses:
    """Gives out and opens addresses.

    signing_key: secret, at least 32 bytes, the same in every process. public_url: where browsers reach the server,
    without a slash at the end; a callable where it is known only later.

    The `open_…` methods take the token of a request and raise NotPermitted, or Expired for one of ours that is too old.
    """

    def __init__(self, signing_key: bytes, public_url: str | Callable[[], str]) -> None:
        if len(signing_key) < KEY_BYTES:
            raise ValueError(f"the signing key has {len(signing_key)} bytes, not {KEY_BYTES}")
        self._seal = AESSIV(_derived(signing_key, b"hilum addresses", SIV_KEY_BYTES))
        self._tag_key = _derived(signing_key, b"hilum entity tags", KEY_BYTES)
        self._public_url = public_url

    def part(
        self, actor: Actor, file_id: str, number: int, size: int, sha256_base64: str | None, expires_at: datetime
    ) -> str:
        fields = (file_id, str(number), str(size), sha256_base64 or "")
        return self._address(PART_PATH, Permit.PUT_PART, actor, expires_at, fields)

    def open_part(self, token: str) -> PartLeave:
        actor, expires_at, (file_id, number, size, sha256) = self._open(Permit.PUT_PART, token)
        return PartLeave(actor, expires_at, file_id, int(number), int(size), sha256 or None)

    def object(
        self, actor: Actor, name: str, media_type: str, expires_at: datetime, case_key: UUID | None = None
    ) -> str:
        fields = (name, media_type, str(case_key or ""))
        return self._address(OBJECT_PATH, Permit.READ_OBJECT, actor, expires_at, fields)

    def open_object(self, token: str) -> ObjectLeave:
        actor, expires_at, (name, media_type, case) = self._open(Permit.READ_OBJECT, token)
        return ObjectLeave(actor, expires_at, name, media_type, UUID(case) if case else None)

    def frames(self, actor: Actor, kind: FrameKind, stack_key: UUID, expires_at: datetime) -> str:
        """RFC 6570 template with `{index}`."""
        return self._address(FRAME_PATH, Permit.READ_FRAMES, actor, expires_at, (kind, str(stack_key)))

    def open_frames(self, token: str) -> FrameLeave:
        actor, expires_at, (kind, stack) = self._open(Permit.READ_FRAMES, token)
        return FrameLeave(actor, expires_at, cast(FrameKind, kind), UUID(stack))

    def overlay(self, actor: Actor, overlay: OverlayFrames, expires_at: datetime) -> str:
        """RFC 6570 template with `{index}`."""
        return self._address(OVERLAY_PATH, Permit.READ_OVERLAY, actor, expires_at, overlay.fields())

    def open_overlay(self, token: str) -> OverlayLeave:
        actor, expires_at, (analysis, numbers) = self._open(Permit.READ_OVERLAY, token)
        return OverlayLeave(actor, expires_at, OverlayFrames.of_fields(analysis, numbers))

    def report(self, actor: Actor, noun: str, key: UUID, format: str, expires_at: datetime) -> str:
        return self._address(REPORT_PATH, Permit.READ_REPORT, actor, expires_at, (noun, str(key), format))

    def open_report(self, token: str) -> ReportLeave:
        actor, expires_at, (noun, key, format) = self._open(Permit.READ_REPORT, token)
        return ReportLeave(actor, expires_at, noun, UUID(key), format)

    def entity_tag(self, *names: str | int | UUID) -> str:
        """Of something that never changes; tells nothing of its names. With quotes, RFC 9110 section 8.8.3."""
        text = "/".join(str(name) for name in names).encode()
        return f'"{hashlib.blake2b(text, key=self._tag_key, digest_size=TAG_BYTES).hexdigest()}"'

    def _address(self, path: str, permit: Permit, actor: Actor, expires_at: datetime, fields: Sequence[str]) -> str:
        content = packed(actor, unix_seconds(expires_at), fields)
        token = _text(self._seal.encrypt(content, [permit.encode()]))
        base = self._public_url if isinstance(self._public_url, str) else self._public_url()
        return f"{base.rstrip('/')}{path.replace('{token}', token)}"

    def _open(self, permit: Permit, token: str) -> tuple[Actor, int, list[str]]:
        try:
            content = self._seal.decrypt(_bytes(token), [permit.encode()])
        except (InvalidTag, ValueError):
            raise NotPermitted(NOT_VALID) from None
        actor, expires_at, fields = unpacked(content)
        if expires_at <= time.time():
            raise Expired("This address is too old; ask for a new one.")
        return actor, expires_at, fields


def unix_seconds(moment: datetime) -> int:
    """Raises: ValueError when the moment has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return int(moment.timestamp())


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, None, purpose).derive(key)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(token: str) -> bytes:
    """Raises: ValueError for what is no token; one token has one spelling."""
    if not TAG_BYTES < len(token) <= LONGEST_TOKEN:
        raise ValueError("no token has this length")
    try:
        content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error
    if _text(content) != token:
        raise ValueError("another spelling")
    return content
