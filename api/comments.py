"""Comments on a case, at a place in its images or on the whole, for clinicians or for everyone who takes part."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlmodel import col

from api.errors import Conflict, Invalid, NotFound, NotPermitted, TooLarge
from api.events.append import case_changed, comment_added
from api.permissions import Action, CaseSubject, is_allowed
from api.persistence import cases as case_rows
from api.persistence.columns import is_storable, now
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.places import Place, require_stack
from api.persistence.tables import Case, Comment, Participant, User
from api.unit_of_work import UnitOfWork

MENTION = re.compile(r"@\[([A-Za-z0-9_-]{1,200})\]")
MOST_MENTIONS = 50
OLDEST_FIRST = [SortKey(col(Comment.created_at), datetime), SortKey(col(Comment.key), UUID)]


class Audience(StrEnum):
    CLINICIANS = "CLINICIANS"
    EVERYONE = "EVERYONE"


# Which right shows comments meant for whom, and which lets one write them.
SHOWN_BY = {
    Audience.EVERYONE: Action.CASE_SEE_COMMENTS,
    Audience.CLINICIANS: Action.CASE_SEE_CLINICIANS_COMMENTS,
}
WRITTEN_BY = {
    Audience.EVERYONE: Action.CASE_COMMENT,
    Audience.CLINICIANS: Action.CASE_COMMENT_TO_CLINICIANS,
}


async def add(
    uow: UnitOfWork,
    case_key: UUID,
    body: str,
    audience: Audience,
    *,
    mentions: Iterable[UUID] = (),
    reply_to: UUID | None = None,
    place: Place | None = None,
    idempotency_key: str | None = None,
) -> Comment:
    """mentions: keys of users that the body names; those who cannot see the case are left out.

    Raises NotFound (no such case, comment, stack or finding of the case), NotPermitted (whoever may not read what
    clinicians say may not say it to them alone), Invalid, TooLarge, Conflict.
    """
    actor = await case_rows.require_case(uow.session, uow.actor, case_key, Action.CASE_COMMENT)
    subject = (await case_rows.subjects(uow.session, actor, [case_key]))[case_key]
    if not is_allowed(actor, WRITTEN_BY[audience], subject):
        raise NotPermitted("Your role writes comments for everyone.", ["audience"])
    _check_body(uow, body)
    mentions = list(dict.fromkeys(mentions))
    once = await uow.once("addComment", idempotency_key, [case_key, body, audience, reply_to, place and asdict(place)])
    if once.answer is not None:
        return await uow.session.get_one(Comment, UUID(once.answer["comment"]))
    case = await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)
    await _check_count(uow, case_key)
    if reply_to is not None:
        await _check_reply(uow, subject, reply_to, audience)
    if place is not None:
        await require_stack(uow.session, actor, subject, place)
    comment = Comment(
        organization_key=case.organization_key,
        case_key=case_key,
        author_key=actor.user_key,
        audience=audience.value,
        body=body,
        mentions=[str(key) for key in await _who_sees(uow, case, mentions, audience)],
        reply_to_key=reply_to,
        anchor=place.as_json() if place else {},
    )
    uow.session.add(comment)
    case.updated_at = now()
    await uow.session.flush()
    once.keep(comment=comment.key)
    uow.audit(Action.CASE_COMMENT, case_key)
    uow.tell(comment_added(case_key, comment.key), *case_changed(case_key, case.organization_key))
    return comment


async def find(uow: UnitOfWork, comment_key: UUID) -> Comment | None:
    return (await find_many(uow, [comment_key])).get(comment_key)


async def find_many(uow: UnitOfWork, comment_keys: Iterable[UUID]) -> dict[UUID, Comment]:
    """Those that the actor may read."""
    statement = select(Comment).where(col(Comment.key).in_(list(comment_keys)))
    rows = list((await uow.session.execute(statement)).scalars())
    if uow.actor is None or not rows:
        return {}
    subjects = await case_rows.subjects(uow.session, uow.actor, {row.case_key for row in rows})
    return {row.key: row for row in rows if _is_shown(uow, subjects.get(row.case_key), row)}


async def list_comments(uow: UnitOfWork, case_key: UUID, page: PageRequest) -> Page[Comment]:
    """Oldest first; of a case that may not be seen, none."""
    subjects = await case_rows.subjects(uow.session, uow.actor, [case_key]) if uow.actor else {}
    statement = select(Comment).where(col(Comment.case_key) == case_key, _shown(uow, subjects.get(case_key)))
    return await list_page(uow.session, statement, OLDEST_FIRST, page)


def mentioned(body: str) -> list[str]:
    """The global ids that a body names, each once, as they stand: `@[id]`. Raises TooLarge."""
    found = list(dict.fromkeys(MENTION.findall(body)))
    if len(found) > MOST_MENTIONS:
        raise TooLarge(f"A comment mentions at most {MOST_MENTIONS} people.", ["body"])
    return found


def _shown(uow: UnitOfWork, subject: CaseSubject | None) -> ColumnElement[bool]:
    if uow.actor is None or subject is None:
        return false()
    shown = [audience for audience, action in SHOWN_BY.items() if is_allowed(uow.actor, action, subject)]
    return or_(col(Comment.audience).in_(shown), false())


def _is_shown(uow: UnitOfWork, subject: CaseSubject | None, comment: Comment) -> bool:
    action = SHOWN_BY[Audience(comment.audience)]
    return uow.actor is not None and subject is not None and is_allowed(uow.actor, action, subject)


def _check_body(uow: UnitOfWork, body: str) -> None:
    if not body.strip() or not is_storable(body):
        raise Invalid("A comment has at least one character, all of them printable.", ["body"])
    if len(body) > uow.settings.comment_characters:
        raise TooLarge(f"A comment has at most {uow.settings.comment_characters:,} characters.", ["body"])


async def _check_count(uow: UnitOfWork, case_key: UUID) -> None:
    most = uow.settings.comments_per_case
    if (await uow.session.scalar(select(func.count()).where(col(Comment.case_key) == case_key)) or 0) >= most:
        raise Conflict(f"A case has at most {most} comments.", ["caseId"])


async def _check_reply(uow: UnitOfWork, subject: CaseSubject, reply_to: UUID, audience: Audience) -> None:
    answered = await uow.session.get(Comment, reply_to)
    is_there = answered is not None and answered.case_key == subject.case_key and answered.deleted_at is None
    if not is_there or answered is None or not _is_shown(uow, subject, answered):
        raise NotFound("There is no such comment, or you may not see it.", ["replyToId"])
    if answered.audience == Audience.CLINICIANS and audience is Audience.EVERYONE:
        raise Invalid("An answer to what was written for clinicians is for clinicians too.", ["audience"])


async def _who_sees(uow: UnitOfWork, case: Case, user_keys: list[UUID], audience: Audience) -> list[UUID]:
    """Of the users, those who take part, and the case's organization's own people who see all its cases.

    audience: whoever may not read the comment is not told that it names them.
    """
    if not user_keys:
        return []
    takes_part = select(col(Participant.user_key)).where(col(Participant.case_key) == case.key)
    statement = select(col(User.key)).where(
        col(User.key).in_(user_keys),
        col(User.disabled).is_(False),
        col(User.role).in_(case_rows.roles_with(SHOWN_BY[audience])),
        or_(
            col(User.key).in_(takes_part),
            and_(col(User.organization_key) == case.organization_key, col(User.role).in_(case_rows.SEEING_ALL)),
        ),
    )
    there = set((await uow.session.execute(statement)).scalars())
    return [key for key in user_keys if key in there]
