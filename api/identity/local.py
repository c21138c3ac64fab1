"""The directory in our own tables: argon2id hashes (RFC 9106) beside the users."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col

from api.errors import Unavailable, WeakPassword
from api.persistence.columns import is_storable, now
from api.persistence.tables import LocalCredential, User

SHORTEST = 12  # NIST SP 800-63B
LONGEST = 256  # hashing is made slow on purpose: a megabyte of password would be an attack
CONCURRENT_HASHES = 2  # each takes 64 MiB and a core
WAITING_HASHES = 16  # some 30 ms each: who comes after so many had better ask again

Result = TypeVar("Result")


class LocalDirectory:
    """Hashes in a thread: one takes some 30 ms and 64 MiB, and the event loop must not wait for it."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(CONCURRENT_HASHES)
        self._waiting = 0
        # Checked where no such user exists, so that the answer takes as long.
        self._nobody = self._hasher.hash("nobody has this password")

    async def authenticate(self, sessions: async_sessionmaker[AsyncSession], email: str, password: str) -> UUID | None:
        if not (is_storable(email) and is_storable(password)):
            email = password = ""  # nobody's
        statement = (
            select(User, LocalCredential)
            .join(LocalCredential, col(LocalCredential.user_key) == col(User.key))
            .where(col(User.email) == email.strip().lower())
        )
        async with sessions() as session:
            found = (await session.execute(statement)).first()
        stored = found[1].password_hash if found else self._nobody
        if len(password) > LONGEST or not await self._hashed(self._matches, stored, password) or found is None:
            return None
        user, credential = found
        if user.disabled:
            return None
        if self._hasher.check_needs_rehash(credential.password_hash):
            await self._rehash(sessions, credential, password)
        return UUID(str(user.key))

    async def set_password(self, session: AsyncSession, user_key: UUID, password: str) -> None:
        if not SHORTEST <= len(password) <= LONGEST or not is_storable(password):
            raise WeakPassword(f"A password has {SHORTEST} to {LONGEST} characters, none of them NUL.", ["password"])
        hashed = await self._hashed(self._hasher.hash, password)
        credential = await session.get(LocalCredential, user_key)
        if credential is None:
            session.add(LocalCredential(user_key=user_key, password_hash=hashed))
        else:
            credential.password_hash, credential.changed_at = hashed, now()

    async def _rehash(
        self, sessions: async_sessionmaker[AsyncSession], checked: LocalCredential, password: str
    ) -> None:
        hashed = await self._hashed(self._hasher.hash, password)
        unchanged = (
            col(LocalCredential.user_key) == checked.user_key,
            col(LocalCredential.password_hash) == checked.password_hash,
        )
        async with sessions() as session, session.begin():
            await session.execute(update(LocalCredential).where(*unchanged).values(password_hash=hashed))

    async def _hashed(self, work: Callable[..., Result], *arguments: str) -> Result:
        if self._waiting >= WAITING_HASHES:
            raise Unavailable("Too many people sign in at this moment. Try again in a few seconds.", retry_after=2.0)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            return await asyncio.to_thread(work, *arguments)
        finally:
            self._turns.release()

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
