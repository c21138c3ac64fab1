"""Ask for an analysis, and call one off."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.analyses.models import get_active_model, get_model
from api.analyses.states import ENDED
from api.errors import Conflict, NotFound
from api.events.append import analysis_progressed, case_changed
from api.permissions import Action
from api.persistence import analyses as analysis_rows
from api.persistence import cases as case_rows
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Analysis, Case, CaseStudy, Series, Stack
from api.unit_of_work import UnitOfWork


async def request(
    uow: UnitOfWork, case_key: UUID, stack_key: UUID | None, model: tuple[str, str] | None, idempotency_key: str | None
) -> Analysis:
    """Queue an analysis. stack_key: None takes the stack that suits best; model (name, version): None the active one.

    Raises NotFound, NotPermitted, Conflict (limit of analyses, images still coming in).
    """
    case = await _get_case(uow, case_key, Action.ANALYSIS_START)
    once = await uow.once("startAnalysis", idempotency_key, [case_key, stack_key, model])
    if once.answer is not None:
        return await uow.session.get_one(Analysis, UUID(once.answer["analysis"]))
    if case.status == "RECEIVING":
        raise Conflict("The images are still coming in. Wait until they are there.", ["caseId"])
    if await analysis_rows.count(uow.session, case.key) >= uow.settings.analyses_per_case:
        raise Conflict(f"A case has at most {uow.settings.analyses_per_case} analyses.", ["caseId"])
    if stack_key is not None:
        await _check_stack(uow, case.key, stack_key)
    chosen = await get_model(uow, *model) if model is not None else await get_active_model(uow, case)
    assert uow.actor is not None
    analysis = await analysis_rows.queue(
        uow.session, case, (chosen.name, chosen.version), stack_key, uow.actor.user_key
    )
    await uow.defer(jobs.ANALYZE, analysis_key=str(analysis.key))
    await _follow(uow, case, analysis)
    once.keep(analysis=analysis.key)
    uow.audit(Action.ANALYSIS_START, analysis.key)
    return analysis


async def cancel(uow: UnitOfWork, analysis_key: UUID) -> Analysis:
    """It has ended when this returns; its worker notices within a second and lets go."""
    analysis = await uow.session.get(Analysis, analysis_key)
    if analysis is None:
        raise NotFound("There is no such analysis, or you may not see it.", ["analysisId"])
    case = await _get_case(
        uow, analysis.case_key, Action.ANALYSIS_CANCEL, field="analysisId", shown_by=Action.CASE_SEE_ANALYSES
    )
    await uow.session.refresh(analysis, with_for_update=True)
    if analysis.status == "CANCELLED":
        return analysis
    if analysis.status in ENDED:
        raise Conflict("The analysis has ended already.", ["analysisId"])
    analysis.status, analysis.stage, analysis.finished_at = "CANCELLED", "DONE", now()
    analysis.warnings = []  # that it waits for its model
    await _follow(uow, case, analysis)
    uow.audit(Action.ANALYSIS_CANCEL, analysis.key)
    return analysis


async def _get_case(
    uow: UnitOfWork, case_key: UUID, action: Action, field: str = "caseId", shown_by: Action = Action.CASE_SEE
) -> Case:
    await case_rows.require_case(uow.session, uow.actor, case_key, action, field, shown_by)
    return await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)


async def _check_stack(uow: UnitOfWork, case_key: UUID, stack_key: UUID) -> None:
    statement = (
        select(col(Stack.key))
        .join(Series, col(Series.key) == col(Stack.series_key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(Stack.key) == stack_key, col(CaseStudy.case_key) == case_key)
    )
    if await uow.session.scalar(statement) is None:
        raise NotFound("The case has no such stack.", ["stackId"])


async def _follow(uow: UnitOfWork, case: Case, analysis: Analysis) -> None:
    """What a new state of an analysis means for its case, and for those who watch."""
    await uow.session.flush()
    await case_rows.settle(uow.session, case)
    case.updated_at = now()
    uow.tell(analysis_progressed(case.key, analysis.key), *case_changed(case.key, case.organization_key))
