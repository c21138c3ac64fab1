"""Browsers that are registered, and news that are pushed to them as the worker would."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from api import comments, notifications
from api.comments import Audience
from api.notifications import Registration, pushing
from api.permissions import Actor
from api.persistence import jobs, tables
from api.persistence.columns import now
from api.unit_of_work import House
from tests.notices import tell_all
from tests.schema.rows import MadeCase, Rows


async def in_session(house: House, rows: Rows, who: str) -> Actor:
    session = tables.Session(user_key=rows.people[who].key, refresh_hash=str(now()), ends_at=now() + timedelta(hours=1))
    async with house.unit_of_work() as uow:
        uow.session.add(session)
    return replace(rows.actor(who), session_key=session.key)


async def register(house: House, actor: Actor, registration: Registration) -> None:
    async with house.unit_of_work(actor) as uow:
        await notifications.register(uow, registration)


async def subscriptions(house: House) -> list[tuple[UUID, UUID]]:
    """User and session of each, by when it was registered."""
    async with house.sessions() as session:
        found = await session.execute(
            text("select user_key, session_key from push_subscriptions order by registered_at")
        )
        return [(row[0], row[1]) for row in found]


async def mention(house: House, rows: Rows, made: MadeCase, whom: str = "colleague") -> None:
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        mentions = [rows.people[whom].key]
        await comments.add(uow, made.case.key, "Jane Doe has a nodule", Audience.EVERYONE, mentions=mentions)
    await tell_all(house)


async def push_all(house: House) -> None:
    """The jobs that are waiting, as a worker would."""
    async with house.sessions() as session:
        found = await session.execute(
            text("select args ->> 'subscription_key' from procrastinate_jobs where task_name = :task order by id"),
            {"task": jobs.PUSH},
        )
        keys = [UUID(key) for key in found.scalars()]
    for key in keys:
        await pushing.push(house, key)


async def pushed(house: House, rows: Rows, whom: str = "colleague") -> MadeCase:
    made = await rows.case()
    await mention(house, rows, made, whom)
    await push_all(house)
    return made
