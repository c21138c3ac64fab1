"""See analyses and findings of cases one may see."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from api.permissions import Action, CaseSubject, is_allowed
from api.persistence import cases as case_rows
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.tables import Analysis, Finding
from api.unit_of_work import UnitOfWork

NEWEST = [SortKey(col(Analysis.queued_at), datetime, descending=True), SortKey(col(Analysis.key), UUID)]


async def find(uow: UnitOfWork, analysis_key: UUID) -> Analysis | None:
    analysis = await uow.session.get(Analysis, analysis_key)
    if analysis is None or not await _readable(uow, [analysis.case_key]):
        return None
    return analysis


async def find_finding(uow: UnitOfWork, finding_key: UUID) -> Finding | None:
    finding = await uow.session.get(Finding, finding_key)
    return finding if finding is not None and await find(uow, finding.analysis_key) is not None else None


async def list_analyses(uow: UnitOfWork, case_key: UUID, page: PageRequest) -> Page[Analysis]:
    """Newest first; none for whoever may not see analyses of this case."""
    readable = await _readable(uow, [case_key])
    statement = select(Analysis).where(col(Analysis.case_key).in_(readable))
    return await list_page(uow.session, statement, NEWEST, page)


async def latest_of_cases(
    uow: UnitOfWork, case_keys: Iterable[UUID], known: Mapping[UUID, CaseSubject] | None = None
) -> dict[UUID, Analysis]:
    """The newest analysis of each case whose analyses the actor may see.

    known: what each case is to the actor, where that was asked already.
    """
    readable = await _readable(uow, case_keys, known)
    statement = (
        select(Analysis)
        .where(col(Analysis.case_key).in_(readable))
        .order_by(col(Analysis.case_key), col(Analysis.queued_at).desc(), col(Analysis.key))
        .ext(distinct_on(col(Analysis.case_key)))
    )
    return {row.case_key: row for row in (await uow.session.execute(statement)).scalars()}


async def findings_of(uow: UnitOfWork, analysis_keys: Iterable[UUID]) -> dict[UUID, list[Finding]]:
    """Of analyses the actor sees; most probable first."""
    statement = select(Finding).where(col(Finding.analysis_key).in_(list(analysis_keys)))
    found: dict[UUID, list[Finding]] = defaultdict(list)
    for row in (await uow.session.execute(statement.order_by(col(Finding.ordinal)))).scalars():
        found[row.analysis_key].append(row)
    return found


async def _readable(
    uow: UnitOfWork, case_keys: Iterable[UUID], known: Mapping[UUID, CaseSubject] | None = None
) -> list[UUID]:
    if uow.actor is None:
        return []
    subjects = known if known is not None else await case_rows.subjects(uow.session, uow.actor, case_keys)
    return [key for key, subject in subjects.items() if is_allowed(uow.actor, Action.CASE_SEE_ANALYSES, subject)]
