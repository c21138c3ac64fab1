"""Ask the audit trail of one's organization: page by page, newest first, filtered. Reading it is itself recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from api.permissions import Action, require
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.tables import AuditChain, AuditEntry, AuditVerification
from api.unit_of_work import UnitOfWork

ORDER = [
    SortKey(col(AuditEntry.at), datetime, descending=True),
    SortKey(col(AuditEntry.number), int, descending=True),
]


@dataclass(frozen=True)
class AuditFilter:
    """All that is given must hold. An actor is a person or a service by actor_key, an application by api_key_key."""

    actor_key: UUID | None = None
    api_key_key: UUID | None = None
    subject_key: UUID | None = None
    subject_kind: str | None = None
    action: str | None = None
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class LastWord:
    """Of the last verification of a chain."""

    intact: bool
    verified_at: datetime


async def list_entries(uow: UnitOfWork, chosen: AuditFilter, request: PageRequest) -> Page[AuditEntry]:
    """Of the actor's own organization. Raises Unauthenticated, NotPermitted, Invalid.

    The total of all entries is the number of the newest, for there are no gaps; of a filtered list it is counted.
    """
    actor = require(uow.actor, Action.AUDIT_READ)
    conditions = _conditions(chosen)
    statement = select(AuditEntry).where(col(AuditEntry.organization_key) == actor.organization_key, *conditions)
    page = await list_page(uow.session, statement, ORDER, request)
    uow.audit(Action.AUDIT_READ, actor.organization_key, kind="Organization")
    if conditions:
        return page

    async def total() -> int:
        newest = select(col(AuditChain.last_number)).where(col(AuditChain.organization_key) == actor.organization_key)
        return int(await uow.session.scalar(newest) or 0)

    return replace(page, total=total)


async def last_word(uow: UnitOfWork) -> LastWord | None:
    """None before the first verification. Raises Unauthenticated, NotPermitted."""
    actor = require(uow.actor, Action.AUDIT_READ)
    of_chain = select(AuditVerification).where(col(AuditVerification.organization_key) == actor.organization_key)
    newest = await uow.session.scalar(of_chain.order_by(col(AuditVerification.at).desc()).limit(1))
    return LastWord(newest.intact, newest.at) if newest is not None else None


def _conditions(chosen: AuditFilter) -> Sequence[ColumnElement[bool]]:
    equal = {
        AuditEntry.actor_key: chosen.actor_key,
        AuditEntry.api_key_key: chosen.api_key_key,
        AuditEntry.subject_key: chosen.subject_key,
        AuditEntry.subject_kind: chosen.subject_kind,
        AuditEntry.action: chosen.action,
    }
    conditions = [col(column) == value for column, value in equal.items() if value is not None]
    if chosen.after is not None:
        conditions.append(col(AuditEntry.at) > chosen.after)
    if chosen.before is not None:
        conditions.append(col(AuditEntry.at) < chosen.before)
    return conditions
