"""Rows of analyses that more than one feature writes: queue one, follow what it means for the case."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.persistence.tables import Analysis, Case


async def queue(
    session: AsyncSession, case: Case, model: tuple[str, str], stack_key: UUID | None, requested_by: UUID | None
) -> Analysis:
    """A new analysis that waits; its job is the caller's to leave in the same transaction. model: name, version."""
    analysis = Analysis(
        organization_key=case.organization_key,
        case_key=case.key,
        stack_key=stack_key,
        model_name=model[0],
        model_version=model[1],
        status="QUEUED",
        stage="WAITING",
        requested_by=requested_by,
    )
    session.add(analysis)
    await session.flush()
    return analysis


async def count(session: AsyncSession, case_key: UUID) -> int:
    return int(await session.scalar(select(func.count()).where(col(Analysis.case_key) == case_key)) or 0)
