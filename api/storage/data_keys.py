"""Data keys: one for each object, wrapped by a master key that never leaves its keeper.

Not for: signing addresses (`signatures`), or passwords and tokens (`api.identity`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DataKey:
    """plaintext: 32 bytes for AES-256, never stored. wrapped: at most 240 bytes, stored beside what it seals."""

    plaintext: bytes = field(repr=False)
    wrapped: bytes


class KeyUnwrapFailed(Exception):
    """The wrapped key is no key of ours: it was altered, made by another master key, or for another context."""


class DataKeys(Protocol):
    """Makes and unwraps data keys.

    context: what the key is for, such as `{"object": name}`. It is authenticated, not encrypted: a key unwraps only
    under the very context it was made for, so what is swapped on the disk cannot be read. It may appear in the
    audit log of a cloud's key store and therefore holds no patient data.
    """

    async def generate(self, context: Mapping[str, str]) -> DataKey: ...

    async def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """The 32 bytes. Raises: KeyUnwrapFailed."""
        ...
