"""Mark as read: a case with its comments, or single notifications."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from api.errors import Invalid, NotFound
from api.notifications.reading import find_many
from api.permissions import Action, require
from api.persistence import cases as case_rows
from api.persistence.audiences import readable
from api.persistence.columns import now
from api.persistence.tables import CaseRead, Comment, Notification
from api.unit_of_work import UnitOfWork

MOST_AT_ONCE = 100


async def mark_case(uow: UnitOfWork, case_key: UUID) -> None:
    """Its comments up to the newest, and what was told of it. Raises NotFound, NotPermitted.

    The mark is when the newest comment was written: comments of a case are written one after another, under its lock,
    so that none appears later which is older.
    """
    actor = require(uow.actor, Action.NOTIFICATION_MANAGE)
    await case_rows.require_case(uow.session, actor, case_key, Action.CASE_SEE)
    newest = await uow.session.scalar(
        select(func.max(col(Comment.created_at))).where(col(Comment.case_key) == case_key, readable(actor))
    )
    if newest is not None:
        row = insert(CaseRead).values(user_key=actor.user_key, case_key=case_key, read_at=newest)
        later = func.greatest(col(CaseRead.read_at), row.excluded.read_at)
        await uow.session.execute(
            row.on_conflict_do_update(index_elements=["user_key", "case_key"], set_={"read_at": later})
        )
    await _mark(uow, actor.user_key, col(Notification.case_key) == case_key)


async def mark_notifications(uow: UnitOfWork, keys: Sequence[UUID | None]) -> None:
    """All or, where one of them is not there, none. Raises NotFound, NotPermitted, Invalid."""
    actor = require(uow.actor, Action.NOTIFICATION_MANAGE)
    if len(keys) > MOST_AT_ONCE:
        raise Invalid(f"Mark at most {MOST_AT_ONCE} notifications at once.", ["notificationIds"])
    named = [key for key in keys if key is not None]
    found = await find_many(uow, named)
    if len(named) < len(keys) or any(key not in found for key in named):
        raise NotFound("There is no such notification, or you may not see it.", ["notificationIds"])
    await _mark(uow, actor.user_key, col(Notification.key).in_(named))


async def _mark(uow: UnitOfWork, user_key: UUID, chosen: ColumnElement[bool]) -> None:
    unread = col(Notification.user_key) == user_key, col(Notification.read_at).is_(None)
    await uow.session.execute(update(Notification).where(*unread, chosen).values(read_at=now()))
