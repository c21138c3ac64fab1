"""Write down how an analysis goes: that it began, and how it ended, with its findings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from api.analyses.states import URGENT, is_legal, urgency
from api.events.append import analysis_progressed, case_changed
from api.inference.findings import DetectedFinding
from api.persistence import cases as case_rows
from api.persistence.columns import now
from api.persistence.notices import Topic
from api.persistence.tables import Analysis, Case, Finding
from api.unit_of_work import House, UnitOfWork


@dataclass(frozen=True)
class Result:
    """How an analysis ended. scores: (label, probability)."""

    status: str
    stack_key: UUID | None = None
    findings: Sequence[DetectedFinding] = ()
    scores: Sequence[tuple[str, float]] = ()
    uncertainty: float | None = None
    failure: str | None = None
    warnings: Sequence[dict[str, str]] = field(default_factory=tuple)
    overlays: Sequence[dict[str, Any]] = ()
    timing: dict[str, Any] | None = None


async def start(house: House, analysis_key: UUID) -> Analysis | None:
    """RUNNING from now on; None where it has ended, or its case is gone."""
    async with house.unit_of_work() as uow:
        found = await get_with_case(uow, analysis_key)
        if found is None:
            return None
        analysis, case = found
        if not is_legal(analysis.status, "RUNNING"):
            return None
        if case.deleted_at is not None:
            analysis.status, analysis.stage, analysis.finished_at = "CANCELLED", "DONE", now()
            return None
        analysis.status, analysis.stage, analysis.progress = "RUNNING", "PREPARING", 0.0
        if analysis.warnings:  # that it waits for its model
            analysis.warnings = []
            uow.tell(*case_changed(case.key, case.organization_key))
        analysis.started_at = analysis.started_at or now()
        uow.audit("analysis:run", analysis.key)  # from here on a job reads the images
        uow.tell(analysis_progressed(case.key, analysis.key))
        return analysis


async def end(house: House, analysis_key: UUID, result: Result) -> None:
    """Findings, state, urgency and event in one transaction; nothing where it has ended meanwhile."""
    async with house.unit_of_work() as uow:
        found = await get_with_case(uow, analysis_key)
        if found is None or not is_legal(found[0].status, result.status):
            return
        analysis, case = found
        topic = Topic.ANALYSIS_ENDED
        analysis.status, analysis.stage, analysis.finished_at = result.status, "DONE", now()
        analysis.stack_key = analysis.stack_key or result.stack_key
        analysis.failure, analysis.warnings = result.failure, list(result.warnings)
        if result.status == "SUCCEEDED":
            analysis.progress, analysis.uncertainty = 1.0, result.uncertainty
            analysis.scores = [{"label": label, "probability": chance} for label, chance in result.scores]
            analysis.overlays, analysis.timing = list(result.overlays), result.timing
            await _write_findings(uow, analysis, result.findings)
            if case.urgency_by is None and await _is_newest(uow, analysis):
                case.urgency = urgency(f.diameter_mm for f in result.findings if f.above_threshold)
                topic = Topic.ANALYSIS_MADE_URGENT if case.urgency == URGENT else topic
        await uow.session.flush()
        await case_rows.settle(uow.session, case)
        case.updated_at = now()
        await uow.notify(topic, case.key, analysis.key)
        uow.audit("analysis:end", analysis.key, "ok" if result.status == "SUCCEEDED" else "failed")
        uow.tell(analysis_progressed(case.key, analysis.key), *case_changed(case.key, case.organization_key))


async def get_with_case(uow: UnitOfWork, analysis_key: UUID) -> tuple[Analysis, Case] | None:
    """Case first, then analysis: the order in which everybody locks them."""
    case_key = await uow.session.scalar(select(col(Analysis.case_key)).where(col(Analysis.key) == analysis_key))
    if case_key is None:
        return None
    case = await uow.session.get_one(Case, case_key, with_for_update=True)
    return await uow.session.get_one(Analysis, analysis_key, with_for_update=True), case


async def _is_newest(uow: UnitOfWork, analysis: Analysis) -> bool:
    statement = select(col(Analysis.key)).where(
        col(Analysis.case_key) == analysis.case_key, col(Analysis.queued_at) > analysis.queued_at
    )
    return await uow.session.scalar(statement.limit(1)) is None


async def _write_findings(uow: UnitOfWork, analysis: Analysis, findings: Sequence[DetectedFinding]) -> None:
    assert analysis.stack_key is not None
    await uow.session.execute(delete(Finding).where(col(Finding.analysis_key) == analysis.key))
    for ordinal, found in enumerate(findings):
        uow.session.add(
            Finding(
                analysis_key=analysis.key,
                stack_key=analysis.stack_key,
                ordinal=ordinal,
                label=found.label,
                probability=found.probability,
                above_threshold=found.above_threshold,
                frame_index=found.frame_index,
                left=found.box.left,
                top=found.box.top,
                width=found.box.width,
                height=found.box.height,
                diameter_mm=found.diameter_mm,
                x=found.position.x,
                y=found.position.y,
                z=found.position.z,
            )
        )
