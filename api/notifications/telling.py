"""The job that tells people: a notice becomes notifications, their news, and pushes to be sent.

May run twice: the notice goes in the same transaction, and without it there is nothing to tell.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from api.events.append import notification_arrived
from api.notifications.recipients import Telling, recipients
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Notice, Notification, PushSubscription
from api.unit_of_work import House, UnitOfWork


async def tell(house: House, notice_key: UUID) -> None:
    async with house.unit_of_work() as uow:
        notice = await uow.session.get(Notice, notice_key, with_for_update=True)
        if notice is None:
            return
        told = await recipients(uow, notice)
        if told:
            await _write(uow, notice, told)
        await uow.session.delete(notice)


async def sweep(house: House) -> None:
    """Notifications that have had their time, and browsers that have not registered for long."""
    async with house.unit_of_work() as uow:
        too_old = now() - timedelta(days=uow.settings.notification_days)
        await uow.session.execute(delete(Notification).where(col(Notification.at) < too_old))
        too_old = now() - timedelta(days=uow.settings.push_days)
        await uow.session.execute(delete(PushSubscription).where(col(PushSubscription.registered_at) < too_old))


async def _write(uow: UnitOfWork, notice: Notice, told: dict[UUID, Telling]) -> None:
    """Into the unread row of its kind and case where there is one. By user, lest two jobs wait for each other."""
    rows = [
        {
            "key": uuid4(),
            "user_key": user_key,
            "case_key": notice.case_key,
            "kind": telling.kind.value,
            "shown_by": telling.shown_by.value,
            "subject_key": notice.subject_key,
            "count": 1,
            "at": notice.at,
        }
        for user_key, telling in sorted(told.items())
    ]
    statement = insert(Notification).values(rows)
    grouped = statement.on_conflict_do_update(
        index_elements=["user_key", "case_key", "kind", "shown_by"],
        index_where=col(Notification.read_at).is_(None),
        set_={
            "count": col(Notification.count) + 1,
            "at": func.greatest(col(Notification.at), statement.excluded.at),
            "subject_key": statement.excluded.subject_key,
        },
    )
    written = await uow.session.execute(grouped.returning(col(Notification.user_key), col(Notification.key)))
    uow.tell(*(notification_arrived(row[0], row[1]) for row in written))
    if uow.house.push is not None:
        browsers = select(col(PushSubscription.key)).where(col(PushSubscription.user_key).in_(told))
        for key in (await uow.session.execute(browsers)).scalars():
            await uow.defer(jobs.PUSH, subscription_key=str(key))
