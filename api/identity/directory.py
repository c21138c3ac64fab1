"""The directory of accounts: who somebody is, never what they may do."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class UserDirectory(Protocol):
    """Proves that somebody is who they say."""

    async def authenticate(self, session: AsyncSession, email: str, password: str) -> UUID | None:
        """The user's key, or None where address or password is wrong; takes as long either way."""
        ...

    async def set_password(self, session: AsyncSession, user_key: UUID, password: str) -> None:
        """Set the password of a user that exists. Raises Invalid where it is too weak."""
        ...
