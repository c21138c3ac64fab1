"""Whom comments are meant for, which right shows them, and which of them somebody has not read."""

from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from api.permissions import Action, Actor, is_conceivable
from api.persistence.tables import CaseRead, Comment


class Audience(StrEnum):
    CLINICIANS = "CLINICIANS"
    EVERYONE = "EVERYONE"


SHOWN_BY = {
    Audience.EVERYONE: Action.CASE_SEE_COMMENTS,
    Audience.CLINICIANS: Action.CASE_SEE_CLINICIANS_COMMENTS,
}


def readable(actor: Actor) -> ColumnElement[bool]:
    """Comments, of cases that the actor sees, which are there for them.

    Whoever sees a case sees all of it that their role sees of any (a test of the permission table holds that).
    """
    shown = [audience.value for audience, action in SHOWN_BY.items() if is_conceivable(actor, action)]
    return and_(col(Comment.audience).in_(shown), col(Comment.deleted_at).is_(None))


def unread(actor: Actor) -> ColumnElement[bool]:
    """Of these, others' comments written after the last one that the actor has read."""
    mark = select(col(CaseRead.read_at)).where(
        col(CaseRead.user_key) == actor.user_key, col(CaseRead.case_key) == col(Comment.case_key)
    )
    is_newer = func.coalesce(col(Comment.created_at) > mark.correlate(Comment).scalar_subquery(), True)
    return and_(readable(actor), col(Comment.author_key) != actor.user_key, is_newer)
