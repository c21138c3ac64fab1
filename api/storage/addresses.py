"""Signed addresses of Hilum's own server: what may be done, to what, until when.

An HMAC covers the kind of request and every field of it, so none can be exchanged for another. The form of each address
is stated here once, for the store that gives it out and for the route that takes it.
Not for: sessions and access tokens (`api.identity`), or addresses that a cloud's store signs itself.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode

from api.errors import Expired, NotPermitted
from api.storage.object_store import FrameKind

PART_PATH: Final = "/uploads/{file_id}/parts/{number}"
FRAME_PATH: Final = "/stacks/{stack_id}/{kind}/{index}"
OBJECT_PATH: Final = "/objects/{name}"
KEY_BYTES: Final = 32


class Permit(StrEnum):
    """What a signature allows."""

    PUT_PART = "put-part"
    READ_OBJECT = "read-object"
    READ_FRAMES = "read-frames"


class SignedAddresses:
    """Gives out and verifies addresses.

    signing_key: secret, at least 32 bytes, the same in every process. public_url: where browsers reach the server,
    without a slash at the end; a callable where it is known only later.

    The `verify_…` methods take the query of a request, return the seconds of life that are left, and raise NotPermitted
    or Expired.
    """

    def __init__(self, signing_key: bytes, public_url: str | Callable[[], str]) -> None:
        if len(signing_key) < KEY_BYTES:
            raise ValueError(f"the signing key has {len(signing_key)} bytes, not {KEY_BYTES}")
        self._mac = hmac.new(signing_key, digestmod=hashlib.sha256)
        self._public_url = public_url

    def part(self, file_id: str, number: int, size: int, sha256_base64: str | None, expires_at: datetime) -> str:
        query = {"size": str(size)} | ({"sha256": sha256_base64} if sha256_base64 is not None else {})
        fields = (file_id, str(number), str(size), sha256_base64 or "")
        path = PART_PATH.format(file_id=file_id, number=number)
        return self._address(path, query, Permit.PUT_PART, fields, expires_at)

    def verify_part(self, file_id: str, number: str, query: Mapping[str, str]) -> float:
        fields = (file_id, number, query.get("size", ""), query.get("sha256", ""))
        return self._verify(Permit.PUT_PART, fields, query)

    def object(self, name: str, media_type: str, expires_at: datetime) -> str:
        path = OBJECT_PATH.format(name=quote(name))
        return self._address(path, {"type": media_type}, Permit.READ_OBJECT, (name, media_type), expires_at)

    def verify_object(self, name: str, query: Mapping[str, str]) -> float:
        return self._verify(Permit.READ_OBJECT, (name, query.get("type", "")), query)

    def frames(self, kind: FrameKind, stack_id: str, expires_at: datetime) -> str:
        """RFC 6570 template with `{index}`."""
        path = FRAME_PATH.format(stack_id=quote(stack_id, safe=""), kind=kind, index="{index}")
        return self._address(path, {}, Permit.READ_FRAMES, (kind, stack_id), expires_at)

    def verify_frames(self, kind: str, stack_id: str, query: Mapping[str, str]) -> float:
        return self._verify(Permit.READ_FRAMES, (kind, stack_id), query)

    def _address(
        self, path: str, query: Mapping[str, str], permit: Permit, fields: tuple[str, ...], expires_at: datetime
    ) -> str:
        expires = str(unix_seconds(expires_at))
        signed = {**query, "expires": expires, "signature": self._sign(permit, *fields, expires)}
        base = self._public_url if isinstance(self._public_url, str) else self._public_url()
        return f"{base.rstrip('/')}{path}?{urlencode(signed)}"

    def _verify(self, permit: Permit, fields: tuple[str, ...], query: Mapping[str, str]) -> float:
        expires = query.get("expires", "")
        try:
            wanted = self._sign(permit, *fields, expires).encode()
            genuine = hmac.compare_digest(wanted, query.get("signature", "").encode())
        except UnicodeEncodeError:  # a lone surrogate, which no address of ours holds
            genuine = False
        if not genuine:
            raise NotPermitted("This address was not signed by this server, or was altered.")
        left = int(expires) - datetime.now(UTC).timestamp()
        if left <= 0:
            raise Expired("This address is too old; ask for a new one.")
        return left

    def _sign(self, permit: Permit, *fields: str) -> str:
        mac = self._mac.copy()
        for value in (permit, *fields):
            text = value.encode()
            mac.update(len(text).to_bytes(4, "big") + text)  # with lengths no two lists of fields look alike
        return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def unix_seconds(moment: datetime) -> int:
    """Raises: ValueError when the moment has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return int(moment.timestamp())
