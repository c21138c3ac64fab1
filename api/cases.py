"""The worklist: find a case, list and search them, rename, archive, delete."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from api.errors import Invalid, Unauthenticated
from api.events.append import case_changed
from api.permissions import Action, Actor, CaseSubject, is_conceivable
from api.persistence import case_search
from api.persistence import cases as case_rows
from api.persistence.audiences import unread
from api.persistence.columns import is_storable, now
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.sealing.folding import words
from api.persistence.tables import Case, CaseStudy, Comment, Participant, Series, User
from api.unit_of_work import UnitOfWork

TITLE_LENGTH = 200
TEXT_LENGTH = 200
TEXT_WORDS = 16
REASON_LENGTH = 1000
ARCHIVED = "ARCHIVED"


class CaseOrder(StrEnum):
    MOST_URGENT = "MOST_URGENT"
    NEWEST = "NEWEST"
    LAST_ACTIVITY = "LAST_ACTIVITY"


@dataclass(frozen=True)
class CaseFilter:
    """All that is given must hold; of the values of one list, any."""

    status: Sequence[str] | None = None
    urgency: Sequence[str] | None = None
    modality: Sequence[str] | None = None
    text: str | None = None  # see `api.persistence.case_search`
    created_after: datetime | None = None
    created_before: datetime | None = None
    unread_only: bool = False  # cases with comments that the actor has not read


async def find(uow: UnitOfWork, case_key: UUID) -> Case | None:
    return (await find_many(uow, [case_key])).get(case_key)


async def find_many(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, Case]:
    """Those of the cases that the actor may see."""
    if uow.actor is None:
        return {}
    statement = case_rows.visible_cases(uow.actor).where(col(Case.key).in_(list(case_keys)))
    return {row.key: row for row in (await uow.session.execute(statement)).scalars()}


async def find_with_subjects(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, tuple[Case, CaseSubject]]:
    """As `find_many`, and what each is to the actor: one statement, since whoever shows a case asks both."""
    if uow.actor is None:
        return {}
    mine = aliased(Participant)
    is_mine = and_(col(mine.case_key) == col(Case.key), col(mine.user_key) == uow.actor.user_key)
    statement = (
        select(Case, col(mine.access))
        .join(mine, is_mine, isouter=True)
        .where(col(Case.key).in_(list(case_keys)), case_rows.visible(uow.actor, mine))
    )
    rows = await uow.session.execute(statement)
    return {row[0].key: (row[0], CaseSubject(row[0].key, row[0].organization_key, row[1])) for row in rows}


async def subjects(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, CaseSubject]:
    """What each case is to the actor, for `permissions.is_allowed`."""
    return await case_rows.subjects(uow.session, uow.actor, case_keys) if uow.actor else {}


async def participants_of(uow: UnitOfWork, case_keys: Iterable[UUID]) -> list[tuple[Participant, User | None]]:
    """Of cases the actor sees; longest-standing first."""
    statement = (
        select(Participant, User)
        .join(User, col(User.key) == col(Participant.user_key), isouter=True)
        .where(col(Participant.case_key).in_(list(case_keys)))
        .order_by(col(Participant.since), col(Participant.key))
    )
    return [(row[0], row[1]) for row in await uow.session.execute(statement)]


async def list_cases(
    uow: UnitOfWork,
    chosen: CaseFilter,
    order: CaseOrder,
    page: PageRequest,
    upload_cases: ColumnElement[bool] | None = None,
) -> Page[Case]:
    """The actor's worklist. Raises Unauthenticated, Invalid."""
    if uow.actor is None:
        raise Unauthenticated()
    sees_urgency = is_conceivable(uow.actor, Action.CASE_SEE_ANALYSES)
    statement = case_rows.every_case(uow.actor).where(*_conditions(chosen, uow))
    if chosen.text is not None and chosen.text.strip():
        statement = statement.where(await _matches(uow, uow.actor, chosen.text.strip()))
    if chosen.status is None and upload_cases is None:
        statement = statement.where(col(Case.status) != ARCHIVED)
    if upload_cases is not None:
        statement = statement.where(upload_cases)
    if order is CaseOrder.MOST_URGENT and not sees_urgency:
        order = CaseOrder.NEWEST  # the order would tell what the field hides
    return await list_page(uow.session, statement, ORDERS[order], page)


async def update(uow: UnitOfWork, case_key: UUID, title: str | None, archived: bool | None) -> Case:
    row = await _get(uow, case_key, Action.CASE_UPDATE)
    if title is not None:
        row.title = checked_title(title)
    if archived is not None and archived is not (row.status == ARCHIVED):
        row.archived = archived
        row.status = ARCHIVED
        if not archived:
            is_read = await case_rows.is_reviewed(uow.session, row.key)
            row.status = "REVIEWED" if is_read else "READY"
            await case_rows.settle(uow.session, row)
    row.updated_at = now()
    uow.audit(Action.CASE_UPDATE, row.key)
    uow.tell(*case_changed(row.key, row.organization_key))
    return row


async def set_urgency(uow: UnitOfWork, case_key: UUID, urgency: str) -> Case:
    """By a reader; analyses that end later do not change it."""
    row = await _get(uow, case_key, Action.CASE_SET_URGENCY)
    assert uow.actor is not None
    row.urgency, row.urgency_by, row.updated_at = urgency, uow.actor.user_key, now()
    uow.audit(Action.CASE_SET_URGENCY, row.key)
    uow.tell(*case_changed(row.key, row.organization_key))
    return row


async def delete(uow: UnitOfWork, case_key: UUID, reason: str) -> None:
    """The case is gone for everybody; its rows stay for the audit and for retention."""
    row = await _get(uow, case_key, Action.CASE_DELETE)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LENGTH or not is_storable(reason):
        raise Invalid(f"Say why in 1 to {REASON_LENGTH} characters, all of them printable.", ["reason"])
    assert uow.actor is not None
    row.deleted_at, row.deleted_by, row.deletion_reason, row.updated_at = now(), uow.actor.user_key, reason, now()
    uow.audit(Action.CASE_DELETE, row.key)
    uow.tell(*case_changed(row.key, row.organization_key))


def checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not 1 <= len(title) <= TITLE_LENGTH or not is_storable(title):
        raise Invalid(f"A title has 1 to {TITLE_LENGTH} characters, all of them printable.", ["title"])
    return title


async def _get(uow: UnitOfWork, case_key: UUID, action: Action) -> Case:
    await case_rows.require_case(uow.session, uow.actor, case_key, action)
    return await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)


URGENCY_RANK = case({"URGENT": 3, "PRIORITY": 2, "ROUTINE": 1}, value=col(Case.urgency), else_=0)
UNIQUE = SortKey(col(Case.key), UUID)
ORDERS: dict[CaseOrder, list[SortKey]] = {
    CaseOrder.MOST_URGENT: [
        SortKey(URGENCY_RANK, int, descending=True), SortKey(col(Case.created_at), datetime, descending=True), UNIQUE,
    ],
    CaseOrder.NEWEST: [SortKey(col(Case.created_at), datetime, descending=True), UNIQUE],
    CaseOrder.LAST_ACTIVITY: [SortKey(col(Case.updated_at), datetime, descending=True), UNIQUE],
}  # fmt: skip


def _conditions(chosen: CaseFilter, uow: UnitOfWork) -> list[ColumnElement[bool]]:
    assert uow.actor is not None
    conditions: list[ColumnElement[bool]] = []
    if chosen.status is not None:
        conditions.append(col(Case.status).in_(chosen.status))
    if chosen.urgency is not None:
        # What a patient may not see, a filter may not tell.
        shown = chosen.urgency if is_conceivable(uow.actor, Action.CASE_SEE_ANALYSES) else []
        conditions.append(col(Case.urgency).in_(shown))
    if chosen.created_after is not None:
        conditions.append(col(Case.created_at) > chosen.created_after)
    if chosen.created_before is not None:
        conditions.append(col(Case.created_at) < chosen.created_before)
    if chosen.unread_only:
        of_this = select(col(Comment.key)).where(col(Comment.case_key) == col(Case.key), unread(uow.actor))
        conditions.append(of_this.correlate(Case).exists())
    # Told to correlate, for it stands two queries deep, where nothing but the nearest one is looked at.
    of_case = select(col(CaseStudy.study_key)).where(col(CaseStudy.case_key) == col(Case.key)).correlate(Case)
    if chosen.modality is not None:
        conditions.append(exists().where(col(Series.study_key).in_(of_case), col(Series.modality).in_(chosen.modality)))
    return conditions


async def _matches(uow: UnitOfWork, actor: Actor, text: str) -> ColumnElement[bool]:
    if len(text) > TEXT_LENGTH or not is_storable(text):
        raise Invalid(f"A search text has at most {TEXT_LENGTH} characters, all of them printable.", ["filter", "text"])
    if len(words(text)) > TEXT_WORDS:
        raise Invalid(f"A search text has at most {TEXT_WORDS} words.", ["filter", "text"])
    # A search by name tells a name.
    by_identity = is_conceivable(actor, Action.CASE_SEE_IDENTITY)
    return case_search.matches(text, await case_search.organizations(uow.session, actor), by_identity=by_identity)
