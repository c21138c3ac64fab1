"""Which cases somebody may see, as a query; and what a case is to them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.permissions import Actor, CaseSubject, sees_all_cases
from api.persistence.tables import Analysis, Case, CaseStudy, Participant


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition that every list of cases carries."""
    takes_part = exists().where(col(Participant.case_key) == col(Case.key), col(Participant.user_key) == actor.user_key)
    own = col(Case.organization_key) == actor.organization_key if sees_all_cases(actor.role) else None
    return and_(col(Case.deleted_at).is_(None), takes_part if own is None else or_(own, takes_part))


def visible_cases(actor: Actor) -> Select[Case]:
    return select(Case).where(visible(actor))


def visible_study_keys(actor: Actor) -> Select[UUID]:
    """Keys of studies that belong to a visible case."""
    return select(col(CaseStudy.study_key)).join(Case, col(Case.key) == col(CaseStudy.case_key)).where(visible(actor))


async def subjects(session: AsyncSession, actor: Actor, case_keys: Iterable[UUID]) -> dict[UUID, CaseSubject]:
    """What each case is to the actor; cases that are deleted or never were are left out."""
    statement = (
        select(col(Case.key), col(Case.organization_key), col(Participant.access))
        .join(
            Participant,
            and_(col(Participant.case_key) == col(Case.key), col(Participant.user_key) == actor.user_key),
            isouter=True,
        )
        .where(col(Case.key).in_(list(case_keys)), col(Case.deleted_at).is_(None))
    )
    return {row[0]: CaseSubject(*row) for row in await session.execute(statement)}


async def settle(session: AsyncSession, case: Case) -> None:
    """Derive the status from the newest analysis, unless a reading or the archive already says more."""
    if case.status in ("REVIEWED", "ARCHIVED"):
        return
    newest = select(Analysis).where(col(Analysis.case_key) == case.key)
    analysis = await session.scalar(newest.order_by(col(Analysis.queued_at).desc(), col(Analysis.key)).limit(1))
    if analysis is None:
        case.status = "READY"
    else:
        case.status = {"QUEUED": "ANALYZING", "RUNNING": "ANALYZING", "FAILED": "FAILED"}.get(analysis.status, "READY")
