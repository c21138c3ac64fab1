"""Ask for an export; let those that have had their time go."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from api.errors import Conflict
from api.permissions import Action
from api.persistence import cases as case_rows
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Case, Export
from api.unit_of_work import House, UnitOfWork

OPEN = ("WAITING", "READY")


async def request(uow: UnitOfWork, case_key: UUID, with_identity: bool, idempotency_key: str | None) -> Export:
    """Raises NotFound, NotPermitted (also where identity is asked for that may not be seen), Conflict."""
    actor = await case_rows.require_case(uow.session, uow.actor, case_key, Action.CASE_DOWNLOAD)
    if with_identity:
        await case_rows.require_case(uow.session, actor, case_key, Action.CASE_SEE_IDENTITY)
    once = await uow.once("exportCase", idempotency_key, [case_key, with_identity])
    if once.answer is not None:
        return await uow.session.get_one(Export, UUID(once.answer["export"]))
    mine = (col(Export.user_key) == actor.user_key, col(Export.status).in_(OPEN))
    if (await uow.session.scalar(select(func.count()).where(*mine)) or 0) >= uow.settings.open_exports:
        raise Conflict(f"You have {uow.settings.open_exports} exports already. Wait until one has gone.", ["caseId"])
    case = await uow.session.get_one(Case, case_key)
    export = Export(
        organization_key=case.organization_key, case_key=case_key, user_key=actor.user_key, with_identity=with_identity
    )
    uow.session.add(export)
    await uow.session.flush()
    await uow.defer(jobs.EXPORT, export_key=str(export.key))
    once.keep(export=export.key)
    uow.audit(Action.CASE_DOWNLOAD, case_key)
    return export


async def expire(house: House) -> None:
    """Archives that have had their time are deleted: first the object, then the word that it was there."""
    due = select(Export).where(col(Export.status) == "READY", col(Export.expires_at) <= now())
    async with house.unit_of_work() as uow:
        for export in (await uow.session.execute(due.with_for_update(skip_locked=True))).scalars():
            await house.store.delete(object_name(export))
            export.status = "EXPIRED"


def object_name(export: Export) -> str:
    return f"exports/{export.key}"
