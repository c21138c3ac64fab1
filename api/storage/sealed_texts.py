"""Short secrets in the database: each sealed by AES-256-GCM under a data key of its own.

    version 1 (1 byte), length of the wrapped key (1), wrapped key, nonce (12), sealed text and tag (16)

Not for: objects (`encryption`), or what is searched for.
"""

import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.storage.data_keys import DataKeys, KeyUnwrapFailed

VERSION = b"\x01"
NONCE_BYTES = 12


class SealedTexts:
    """purpose: authenticated; what is sealed for one purpose opens for no other. It may not be secret."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def seal(self, text: str, purpose: Mapping[str, str]) -> bytes:
        key = await self._keys.generate(purpose)
        nonce = secrets.token_bytes(NONCE_BYTES)
        header = VERSION + bytes([len(key.wrapped)]) + key.wrapped
        return header + nonce + AESGCM(key.plaintext).encrypt(nonce, text.encode(), header)

    async def open(self, sealed: bytes, purpose: Mapping[str, str]) -> str:
        """Raises: KeyUnwrapFailed where it was altered, or sealed for something else."""
        length = 2 + sealed[1] if len(sealed) > 2 and sealed[:1] == VERSION else 0
        header, nonce, text = sealed[:length], sealed[length : length + NONCE_BYTES], sealed[length + NONCE_BYTES :]
        key = await self._keys.unwrap(header[2:], purpose)
        try:
            return AESGCM(key).decrypt(nonce, text, header).decode()
        except (InvalidTag, ValueError):
            raise KeyUnwrapFailed("The sealed text was altered, or belongs to something else.") from None
