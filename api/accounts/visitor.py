"""Whoever asks before it is known who they are.

Such a request opens several short transactions of its own, one after the other: nothing holds a database connection
while a password is checked or a directory far away is asked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.permissions import Actor, Role
from api.persistence.columns import is_storable
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import User
from api.settings import Settings
from api.unit_of_work import House, UnitOfWork


@dataclass(frozen=True)
class Visitor:
    """actor: whoever is signed in already. address, user_agent: of the client, as far as they are known."""

    house: House
    address: str | None = None
    user_agent: str | None = None
    actor: Actor | None = None

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @asynccontextmanager
    async def recording(self, user: User | None = None) -> AsyncIterator[UnitOfWork]:
        """A transaction whose audit names `user`, where one is known, else the actor."""
        actor = actor_of(user) if user is not None else self.actor
        async with self.house.unit_of_work(actor, self.address) as uow:
            yield uow

    async def find_user(self, email: str) -> User | None:
        """For the audit; email: folded."""
        if not is_storable(email):
            return None
        async with self.house.unit_of_work() as uow:
            found: User | None = await uow.session.scalar(
                select(User).where(is_blind(User, "email_blind", None, email))
            )
            return found

    async def note(self, action: str, user: User | None, outcome: str, subject_key: UUID | None = None) -> None:
        """An audit entry that stands, whatever becomes of the request."""
        async with self.recording(user) as uow:
            kind = "User" if subject_key is None else None
            uow.audit(action, subject_key or (user.key if user else None), outcome, kind=kind)


def folded(email: str) -> str:
    """As addresses are kept and compared: lower case, without outer blanks."""
    return email.strip().lower()


def actor_of(user: User, session_key: UUID | None = None) -> Actor:
    return Actor(user.key, user.organization_key, Role(user.role), session_key)


async def user_of(session: AsyncSession, subject: str) -> User | None:
    """The user whose account in the directory this is."""
    found: User | None = await session.scalar(select(User).where(col(User.subject) == subject))
    return found
