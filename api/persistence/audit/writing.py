"""Write entries: the last statement of a transaction, since it locks the chains that it adds to."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.persistence.audit.entries import NewEntry
from api.persistence.engine import Connection
from api.persistence.tables import AuditBurst

APPEND = text("select audit_append(cast(:entries as jsonb))")


async def append(session: AsyncSession, entries: Sequence[NewEntry]) -> None:
    """Number, hash and insert the entries in one statement; each keeps its place among those of its chain."""
    await session.execute(APPEND, {"entries": _told(entries)})


async def append_alone(connection: Connection, entries: Sequence[NewEntry]) -> None:
    """The same, on a connection where each statement is a transaction."""
    await connection.execute("select audit_append(%s::jsonb)", [_told(entries)])


async def is_first_of_burst(
    session: AsyncSession, actor_key: UUID, action: str, subject: str, minute: datetime
) -> bool:
    """Whether nobody recorded the same for this minute; of two processes one is told so."""
    statement = insert(AuditBurst).values(actor_key=actor_key, action=action, subject=subject, minute=minute)
    fresh = await session.execute(statement.on_conflict_do_nothing().returning(col(AuditBurst.minute)))
    return fresh.first() is not None


def _told(entries: Sequence[NewEntry]) -> str:
    return json.dumps([_as_json(place, entry) for place, entry in enumerate(entries)], separators=(",", ":"))


def _as_json(place: int, entry: NewEntry) -> dict[str, object]:
    told = {
        "place": place,
        "organization": entry.organization_key,
        "actor": entry.actor_key,
        "api_key": entry.api_key_key,
        "action": entry.action,
        "kind": entry.subject_kind,
        "subject": entry.subject_key,
        "outcome": entry.outcome.value,
        "sought": entry.is_sought,
        "address": entry.address,
        "trace": entry.trace_id,
    }
    return {name: str(value) if isinstance(value, UUID) else value for name, value in told.items() if value is not None}
