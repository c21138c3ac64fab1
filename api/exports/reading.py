"""See one's own exports, and where their archives are fetched."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from api.exports.requesting import object_name
from api.permissions import Action, is_allowed
from api.persistence import cases as case_rows
from api.persistence.columns import now
from api.persistence.tables import Export
from api.unit_of_work import UnitOfWork

MEDIA_TYPE = "application/zip"


@dataclass(frozen=True)
class Address:
    url: str
    media_type: str
    size: int | None
    expires_at: datetime


async def find(uow: UnitOfWork, export_key: UUID) -> Export | None:
    """Of whoever asked for it, while they may still take the case's images out."""
    if uow.actor is None:
        return None
    mine = select(Export).where(col(Export.key) == export_key, col(Export.user_key) == uow.actor.user_key)
    export = (await uow.session.execute(mine)).scalar_one_or_none()
    if export is None:
        return None
    subject = (await case_rows.subjects(uow.session, uow.actor, [export.case_key])).get(export.case_key)
    needed = [Action.CASE_DOWNLOAD, *([Action.CASE_SEE_IDENTITY] if export.with_identity else [])]
    if subject is None or not all(is_allowed(uow.actor, action, subject) for action in needed):
        return None
    return export


async def address(uow: UnitOfWork, export: Export) -> Address | None:
    """Of an export that `find` gave; None until it is ready and after it has gone."""
    moment = now().replace(microsecond=0)
    if export.status != "READY" or export.expires_at is None or export.expires_at <= moment:
        return None
    expires_at = min(moment + timedelta(seconds=uow.settings.frame_url_seconds), export.expires_at)
    assert uow.actor is not None
    uow.audit(Action.CASE_DOWNLOAD, export.case_key)
    url = await uow.store.sign_read(object_name(export), MEDIA_TYPE, expires_at, uow.actor, export.case_key)
    return Address(url, MEDIA_TYPE, export.size, expires_at)
