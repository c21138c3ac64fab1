"""Analyses as the tests ask for them, run them and look at them."""

from collections.abc import Mapping
from io import BytesIO
from uuid import UUID

import numpy as np
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from api import analyses
from api.analyses import running
from api.events.append import EventKind
from api.permissions import Actor
from api.persistence.tables import Analysis, Case, Event, Finding
from api.unit_of_work import House
from tests.deliveries import take_in


async def request(house: House, actor: Actor, case_key: UUID, model: tuple[str, str] | None = None) -> UUID:
    async with house.unit_of_work(actor) as uow:
        return (await analyses.request(uow, case_key, None, model, None)).key


async def latest_of(house: House, case_key: UUID) -> Analysis:
    statement = select(Analysis).where(col(Analysis.case_key) == case_key).order_by(col(Analysis.queued_at).desc())
    async with house.sessions() as session:
        return (await session.execute(statement.limit(1))).scalars().one()


async def get(house: House, analysis_key: UUID) -> Analysis:
    async with house.sessions() as session:
        return await session.get_one(Analysis, analysis_key)


async def get_case(house: House, case_key: UUID) -> Case:
    async with house.sessions() as session:
        return await session.get_one(Case, case_key)


async def analyse(house: House, actor: Actor, case_key: UUID, model: tuple[str, str] | None = None) -> Analysis:
    key = await request(house, actor, case_key, model)
    await running.run(house, key)
    return await get(house, key)


async def analyse_files(house: House, actor: Actor, files: Mapping[str, bytes]) -> Analysis:
    return await analyse(house, actor, (await take_in(house, actor, files)).case.key)


async def findings_of(house: House, actor: Actor, analysis: Analysis) -> list[Finding]:
    async with house.unit_of_work(actor) as uow:
        return (await analyses.findings_of(uow, [analysis.key]))[analysis.key]


async def progress_events(house: House, analysis: Analysis) -> int:
    statement = select(col(Event.number)).where(
        col(Event.subject_key) == analysis.key, col(Event.kind) == EventKind.ANALYSIS_PROGRESSED.value
    )
    async with house.sessions() as session:
        return len((await session.execute(statement)).all())


def picture() -> bytes:
    target = BytesIO()
    Image.fromarray(np.zeros((30, 30, 3), np.uint8)).save(target, "PNG")
    return target.getvalue()
