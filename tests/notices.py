"""Word of what happened, told as the worker would; and what is in somebody's inbox then."""

from sqlalchemy import select
from sqlmodel import col

from api.notifications import telling
from api.permissions import Actor
from api.persistence.tables import Notice, Notification
from api.unit_of_work import House


async def tell_all(house: House) -> int:
    """How many notices there were."""
    async with house.sessions() as session:
        keys = list((await session.execute(select(col(Notice.key)).order_by(col(Notice.at)))).scalars())
    for key in keys:
        await telling.tell(house, key)
    return len(keys)


async def inbox(house: House, actor: Actor) -> list[Notification]:
    """Every row, whether it may still be seen or not, oldest first."""
    statement = select(Notification).where(col(Notification.user_key) == actor.user_key)
    async with house.sessions() as session:
        return list((await session.execute(statement.order_by(col(Notification.at), col(Notification.key)))).scalars())


async def kinds(house: House, actor: Actor) -> list[str]:
    return [row.kind for row in await inbox(house, actor)]
