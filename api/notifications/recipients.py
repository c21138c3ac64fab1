"""Who is told what of something that happened: a table of topics, and behind each row one question."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from api.notifications.kinds import SHOWN_BY, Kind, NotificationKind
from api.permissions import Action, Actor, CaseSubject, Role, is_allowed
from api.persistence import audiences
from api.persistence.audiences import Audience
from api.persistence.notices import Topic
from api.persistence.tables import Analysis, Case, Comment, Export, Notice, Participant, Release, Review, User
from api.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Telling:
    kind: NotificationKind
    shown_by: Action


@dataclass(frozen=True)
class Person:
    """Somebody who may be told, as permissions see them. takes_part: in the case at hand."""

    actor: Actor
    subject: CaseSubject

    @property
    def takes_part(self) -> bool:
        return self.subject.access is not None


async def recipients(uow: UnitOfWork, notice: Notice) -> dict[UUID, Telling]:
    """By user; never whoever did it, and nobody who may not see it. None where it is no longer so."""
    case = await uow.session.get(Case, notice.case_key)
    if case is None or case.deleted_at is not None:
        return {}
    found = await CONCERNED[Topic(notice.topic)](uow, case, notice.subject_key)
    return {
        person.actor.user_key: telling
        for person, telling in found
        if person.actor.user_key != notice.actor_key and is_allowed(person.actor, telling.shown_by, person.subject)
    }


Found = list[tuple[Person, Telling]]
TAKES_PART = col(Participant.key).is_not(None)


async def _analysis_ended(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    """Those who take part, and whoever asked for it or sent the images."""
    analysis = await uow.session.get(Analysis, key)
    if analysis is None or analysis.status not in ("SUCCEEDED", "FAILED", "UNSUITABLE"):
        return []
    kind = Kind.ANALYSIS_FINISHED if analysis.status == "SUCCEEDED" else Kind.ANALYSIS_FAILED
    asked = [user for user in (analysis.requested_by, case.created_by) if user is not None]
    concerned = await _people(uow, case, or_(TAKES_PART, col(User.key).in_(asked)))
    return [(person, _telling(kind)) for person in concerned]


async def _analysis_made_urgent(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    """The clinicians who take part; where there is none yet, all of the organization. To the others it has ended."""
    is_clinician = col(User.role) == Role.CLINICIAN.value
    concerned = await _people(uow, case, TAKES_PART, is_clinician)
    if not concerned:
        concerned = await _people(uow, case, col(User.organization_key) == case.organization_key, is_clinician)
    urgent = {person.actor.user_key: (person, _telling(Kind.URGENT_FINDING)) for person in concerned}
    ended = {person.actor.user_key: (person, telling) for person, telling in await _analysis_ended(uow, case, key)}
    return list({**ended, **urgent}.values())


async def _comment_added(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    """Whom it names; and who wrote what it answers, or answered that too."""
    comment = await uow.session.get(Comment, key)
    if comment is None or comment.deleted_at is not None:
        return []
    named = {UUID(user) for user in comment.mentions}
    talking: set[UUID] = set()
    if comment.reply_to_key is not None:
        of_thread = or_(col(Comment.key) == comment.reply_to_key, col(Comment.reply_to_key) == comment.reply_to_key)
        statement = select(col(Comment.author_key)).where(of_thread, col(Comment.case_key) == case.key)
        talking = set((await uow.session.execute(statement)).scalars()) - {comment.author_key}
    shown_by = audiences.SHOWN_BY[Audience(comment.audience)]
    return [
        (person, Telling(Kind.MENTION if person.actor.user_key in named else Kind.REPLY, shown_by))
        for person in await _people(uow, case, col(User.key).in_(named | talking))
    ]


async def _case_shared(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    chosen = col(Participant.key) == key
    return [(person, _telling(Kind.CASE_SHARED)) for person in await _people(uow, case, chosen)]


async def _review_signed(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    if await uow.session.get(Review, key) is None:
        return []
    return [(person, _telling(Kind.REVIEW_SIGNED)) for person in await _people(uow, case, TAKES_PART)]


async def _result_released(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    stands = select(col(Release.key)).where(col(Release.review_key) == key, col(Release.withdrawn_at).is_(None))
    if await uow.session.scalar(stands.limit(1)) is None:
        return []
    patients = await _people(uow, case, TAKES_PART, col(User.role) == Role.PATIENT.value)
    return [(person, _telling(Kind.RESULT_RELEASED)) for person in patients]


async def _export_ready(uow: UnitOfWork, case: Case, key: UUID) -> Found:
    export = await uow.session.get(Export, key)
    if export is None or export.status != "READY":
        return []
    return [
        (person, _telling(Kind.EXPORT_READY)) for person in await _people(uow, case, col(User.key) == export.user_key)
    ]


CONCERNED: dict[Topic, Callable[[UnitOfWork, Case, UUID], Awaitable[Found]]] = {
    Topic.ANALYSIS_ENDED: _analysis_ended,
    Topic.ANALYSIS_MADE_URGENT: _analysis_made_urgent,
    Topic.COMMENT_ADDED: _comment_added,
    Topic.CASE_SHARED: _case_shared,
    Topic.REVIEW_SIGNED: _review_signed,
    Topic.RESULT_RELEASED: _result_released,
    Topic.EXPORT_READY: _export_ready,
}


def _telling(kind: NotificationKind) -> Telling:
    return Telling(kind, SHOWN_BY[kind])


async def _people(uow: UnitOfWork, case: Case, *chosen: ColumnElement[bool]) -> list[Person]:
    """Accounts in use, with what they are to the case."""
    of_case = and_(col(Participant.case_key) == case.key, col(Participant.user_key) == col(User.key))
    statement = (
        select(col(User.key), col(User.organization_key), col(User.role), col(Participant.access))
        .select_from(User)
        .join(Participant, of_case, isouter=True)
        .where(col(User.disabled).is_(False), *chosen)
        .order_by(col(User.key))
        .limit(uow.settings.notification_people)
    )
    return [
        Person(Actor(row[0], row[1], Role(row[2])), CaseSubject(case.key, case.organization_key, row[3]))
        for row in await uow.session.execute(statement)
    ]
