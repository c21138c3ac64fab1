"""What a house holds after an ingest: rows and objects."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.permissions import Actor
from api.persistence.tables import CaseStudy, Instance, Series, Stack
from api.unit_of_work import House


async def stacks_of(house: House, case_key: UUID) -> list[Stack]:
    """Every stack of a case, oldest first."""
    statement = (
        select(Stack)
        .join(Series, col(Series.key) == col(Stack.series_key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(CaseStudy.case_key) == case_key)
        .order_by(col(Stack.created_at))
    )
    async with house.sessions() as session:
        return list((await session.execute(statement)).scalars())


async def instances_of(house: House, actor: Actor) -> list[Instance]:
    """Of the actor's organization, by SOP Instance UID."""
    statement = select(Instance).where(col(Instance.organization_key) == actor.organization_key)
    async with house.sessions() as session:
        return sorted((await session.execute(statement)).scalars(), key=lambda row: row.sop_instance_uid)


async def objects_of(house: House, instances: Sequence[Instance]) -> list[str]:
    keys = {str(instance.key) for instance in instances}
    return [name for name in await house.store.list() if name.split("/")[1] in keys]
