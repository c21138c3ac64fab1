"""The directory of accounts: who somebody is, never what they may do."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class UserDirectory(Protocol):
    """Proves that somebody is who they say."""

    async def authenticate(self, sessions: async_sessionmaker[AsyncSession], email: str, password: str) -> UUID | None:
        """The user's key, or None where address or password is wrong; takes as long either way.

        Raises: Unavailable where too many are being checked already. Holds no connection while it checks.
        """
        ...

    async def set_password(self, session: AsyncSession, user_key: UUID, password: str) -> None:
        """Set the password of a user that exists. Raises Invalid where it is too weak."""
        ...
