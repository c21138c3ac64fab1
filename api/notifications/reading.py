"""See one's own notifications, of cases that one may still see, and how many comments one has not read."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, exists, false, func, or_, select
from sqlmodel import col

from api.notifications.kinds import NotificationKind
from api.permissions import Action, Actor, is_conceivable
from api.persistence import cases as case_rows
from api.persistence.audiences import unread
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.tables import Case, Comment, Notification, Release
from api.unit_of_work import UnitOfWork

NEWEST = [
    SortKey(col(Notification.at), datetime, descending=True),
    SortKey(col(Notification.key), UUID, descending=True),
]


def visible(actor: Actor) -> Select[Notification]:
    """What was told of a case that may no longer be seen, or of a result that was withdrawn, is not there."""
    shown = [action.value for action in Action if is_conceivable(actor, action)]
    stands = exists().where(
        col(Release.review_key) == col(Notification.subject_key), col(Release.withdrawn_at).is_(None)
    )
    return (
        select(Notification)
        .join(Case, col(Case.key) == col(Notification.case_key))
        .where(
            col(Notification.user_key) == actor.user_key,
            col(Notification.shown_by).in_(shown),
            case_rows.visible(actor),
            or_(col(Notification.kind) != NotificationKind.RESULT_RELEASED.value, stands),
        )
    )


async def list_notifications(uow: UnitOfWork, page: PageRequest, unread_only: bool) -> Page[Notification]:
    """Newest first; of an application none."""
    statement = visible(uow.actor) if uow.actor else select(Notification).where(false())
    if unread_only:
        statement = statement.where(col(Notification.read_at).is_(None))
    return await list_page(uow.session, statement, NEWEST, page)


async def count_unread(uow: UnitOfWork) -> int:
    if uow.actor is None:
        return 0
    statement = visible(uow.actor).where(col(Notification.read_at).is_(None))
    return int(await uow.session.scalar(select(func.count()).select_from(statement.subquery())) or 0)


async def find_many(uow: UnitOfWork, notification_keys: Iterable[UUID]) -> dict[UUID, Notification]:
    """Those of the actor that they may still see."""
    if uow.actor is None:
        return {}
    statement = visible(uow.actor).where(col(Notification.key).in_(list(notification_keys)))
    return {row.key: row for row in (await uow.session.execute(statement)).scalars()}


async def unread_comments(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, int]:
    """How many there are in each case; those without any are left out."""
    if uow.actor is None:
        return {}
    statement = (
        select(col(Comment.case_key), func.count())
        .join(Case, and_(col(Case.key) == col(Comment.case_key), case_rows.visible(uow.actor)))
        .where(col(Comment.case_key).in_(list(case_keys)), unread(uow.actor))
        .group_by(col(Comment.case_key))
    )
    return {row[0]: int(row[1]) for row in await uow.session.execute(statement)}
