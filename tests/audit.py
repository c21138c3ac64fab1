"""The audit trail as tests look at it, and as somebody alters it who owns the database."""

from uuid import UUID

from sqlalchemy import select, text
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
    async with house.sessions() as session, session.begin():
        await session.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            await session.execute(text(statement), given)
