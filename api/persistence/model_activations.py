"""Reads which versions organizations chose."""

from collections import Counter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.persistence.tables import ModelActivation


async def chosen_versions(session: AsyncSession, organization_key: UUID) -> dict[str, str]:
    """By model; nothing of those that nobody chose a version of."""
    latest = (
        select(col(ModelActivation.model_name), col(ModelActivation.model_version))
        .where(col(ModelActivation.organization_key) == organization_key)
        .ext(distinct_on(col(ModelActivation.model_name)))
        .order_by(col(ModelActivation.model_name), col(ModelActivation.chosen_at).desc(), col(ModelActivation.key))
    )
    return {row[0]: row[1] for row in await session.execute(latest)}


async def count_choices(session: AsyncSession) -> Counter[tuple[str, str]]:
    """How many organizations chose a version, by name and version."""
    of_one = col(ModelActivation.organization_key), col(ModelActivation.model_name)
    latest = (
        select(col(ModelActivation.model_name), col(ModelActivation.model_version))
        .ext(distinct_on(*of_one))
        .order_by(*of_one, col(ModelActivation.chosen_at).desc(), col(ModelActivation.key))
    )
    return Counter((row[0], row[1]) for row in await session.execute(latest))
