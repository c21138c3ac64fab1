"""The audit trail as tests look at it, and as somebody alters it who owns the database."""

from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col

from api.persistence.tables import AuditEntry
from api.unit_of_work import House


async def entries_of(house: House, chain: UUID) -> list[AuditEntry]:
    """Every entry of a chain, oldest first."""
    statement = select(AuditEntry).where(col(AuditEntry.organization_key) == chain).order_by(col(AuditEntry.number))
    async with house.sessions() as session:
        return list((await session.execute(statement)).scalars())


async def acts_of(house: House, chain: UUID, actor_key: UUID) -> list[tuple[str, UUID | None, str]]:
    """Action, subject and outcome of what one actor did, oldest first."""
    entries = await entries_of(house, chain)
    return [(entry.action, entry.subject_key, entry.outcome) for entry in entries if entry.actor_key == actor_key]


async def tamper(house: House, *statements: str, **given: object) -> None:
    """Statements that the triggers would refuse, as the owner of the database can run them."""
    owner = make_conninfo(house.hub.url, user="postgres")
    engine = create_async_engine("postgresql+psycopg://", async_creator=lambda: psycopg.AsyncConnection.connect(owner))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("set local session_replication_role = replica"))
            for statement in statements:
                await connection.execute(text(statement), given)
    finally:
        await engine.dispose()
