"""See annotations of cases one may see; a patient sees none."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.permissions import Action, is_allowed
from api.persistence import cases as case_rows
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.tables import Annotation
from api.unit_of_work import UnitOfWork

OLDEST_FIRST = [SortKey(col(Annotation.created_at), datetime), SortKey(col(Annotation.key), UUID)]


async def find(uow: UnitOfWork, annotation_key: UUID) -> Annotation | None:
    return (await find_many(uow, [annotation_key])).get(annotation_key)


async def find_many(uow: UnitOfWork, annotation_keys: Iterable[UUID]) -> dict[UUID, Annotation]:
    """Those that the actor may see."""
    statement = select(Annotation).where(col(Annotation.key).in_(list(annotation_keys)))
    rows = list((await uow.session.execute(statement)).scalars())
    readable = await _readable(uow, {row.case_key for row in rows})
    return {row.key: row for row in rows if row.case_key in readable}


async def list_annotations(uow: UnitOfWork, case_key: UUID, page: PageRequest) -> Page[Annotation]:
    """Oldest first, those deleted too; none for whoever may not see annotations of this case."""
    readable = await _readable(uow, [case_key])
    statement = select(Annotation).where(col(Annotation.case_key).in_(readable))
    return await list_page(uow.session, statement, OLDEST_FIRST, page)


async def _readable(uow: UnitOfWork, case_keys: Iterable[UUID]) -> set[UUID]:
    if uow.actor is None:
        return set()
    actor, subjects = uow.actor, await case_rows.subjects(uow.session, uow.actor, case_keys)
    return {key for key, subject in subjects.items() if is_allowed(actor, Action.CASE_SEE_ANNOTATIONS, subject)}
