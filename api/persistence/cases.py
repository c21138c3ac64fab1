"""Which cases somebody may see, as a query; and what a case is to them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import NotFound, Unauthenticated
from api.permissions import (
    TABLE,
    Action,
    Actor,
    CaseSubject,
    Relation,
    is_allowed,
    is_conceivable,
    require,
    sees_all_cases,
)
from api.persistence.tables import Analysis, Case, CaseStudy, Participant, Review

# Roles whose people see every case of their organization.
SEEING_ALL = [role.value for role in TABLE if Relation.COLLEAGUE in TABLE[role].get(Action.CASE_SEE, frozenset())]


def visible(actor: Actor, mine: type[Participant] | None = None) -> ColumnElement[bool]:
    """The condition that every list of cases carries. mine: see `known_to`."""
    return and_(col(Case.deleted_at).is_(None), known_to(actor, mine))


def known_to(actor: Actor, mine: type[Participant] | None = None) -> ColumnElement[bool]:
    """Cases that the actor may see, or might, were they not deleted. None for a key without the scope.

    mine: the actor's own participation, where the statement joins it anyway; else it is looked for.
    """
    if not is_conceivable(actor, Action.CASE_SEE):
        return false()
    takes_part = (
        exists().where(col(Participant.case_key) == col(Case.key), col(Participant.user_key) == actor.user_key)
        if mine is None
        else col(mine.key).is_not(None)
    )
    own = col(Case.organization_key) == actor.organization_key if sees_all_cases(actor) else None
    return takes_part if own is None else or_(own, takes_part)


def visible_cases(actor: Actor) -> Select[Case]:
    return select(Case).where(visible(actor))


def every_case(actor: Actor) -> Select[Case]:
    """The same, to be listed: PostgreSQL finds them by indexes, and need not look through everybody's cases."""
    if not is_conceivable(actor, Action.CASE_SEE):
        return select(Case).where(false())
    theirs = select(col(Participant.case_key)).where(col(Participant.user_key) == actor.user_key)
    takes_part = col(Case.key) == any_(func.array(theirs.scalar_subquery()))
    own = col(Case.organization_key) == actor.organization_key if sees_all_cases(actor) else None
    return select(Case).where(col(Case.deleted_at).is_(None), takes_part if own is None else or_(own, takes_part))


def visible_study_keys(actor: Actor) -> Select[UUID]:
    """Keys of studies that belong to a visible case."""
    return select(col(CaseStudy.study_key)).join(Case, col(Case.key) == col(CaseStudy.case_key)).where(visible(actor))


async def subjects(session: AsyncSession, actor: Actor, case_keys: Iterable[UUID]) -> dict[UUID, CaseSubject]:
    """What each case is to the actor; cases that are deleted or never were are left out."""
    statement = _subjects(actor).where(col(Case.key).in_(list(case_keys)))
    return {row[0]: CaseSubject(*row) for row in await session.execute(statement)}


async def subjects_of_studies(
    session: AsyncSession, actor: Actor, study_keys: Iterable[UUID]
) -> dict[UUID, list[CaseSubject]]:
    """What the cases that hold each study are to the actor."""
    statement = (
        _subjects(actor, col(CaseStudy.study_key))
        .join(CaseStudy, col(CaseStudy.case_key) == col(Case.key))
        .where(col(CaseStudy.study_key).in_(list(study_keys)))
    )
    found: dict[UUID, list[CaseSubject]] = defaultdict(list)
    for *subject, study_key in await session.execute(statement):
        found[study_key].append(CaseSubject(*subject))
    return found


def _subjects(actor: Actor, *also: Any) -> Select[*tuple[Any, ...]]:
    mine = and_(col(Participant.case_key) == col(Case.key), col(Participant.user_key) == actor.user_key)
    columns = select(col(Case.key), col(Case.organization_key), col(Participant.access), *also)
    return columns.select_from(Case).join(Participant, mine, isouter=True).where(col(Case.deleted_at).is_(None))


async def require_case(
    session: AsyncSession,
    actor: Actor | None,
    case_key: UUID,
    action: Action,
    field: str = "caseId",
    shown_by: Action = Action.CASE_SEE,
) -> Actor:
    """The actor, who may take `action` on the case. field: of the input, for the error.

    shown_by: what shows the thing that the input names, where that is not the case itself.
    Raises Unauthenticated, NotFound (the same for what is not there and for what may not be seen), NotPermitted.
    """
    if actor is None:
        raise Unauthenticated()
    subject = (await subjects(session, actor, [case_key])).get(case_key)
    # A key may have the scope to act without the one to see.
    if subject is None or not any(is_allowed(actor, asked, subject) for asked in (shown_by, action)):
        missing = NotFound(f"There is no such {field.removesuffix('Id')}, or you may not see it.", [field])
        missing.action = action
        raise missing
    return require(actor, action, subject)


def roles_with(action: Action) -> list[str]:
    """Roles whose people may do this to some case."""
    return [role.value for role in TABLE if TABLE[role].get(action)]


async def is_reviewed(session: AsyncSession, case_key: UUID) -> bool:
    """Whether anybody signed a reading of it."""
    return await session.scalar(select(col(Review.key)).where(col(Review.case_key) == case_key).limit(1)) is not None


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
