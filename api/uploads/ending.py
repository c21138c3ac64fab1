"""End an upload: complete it when every part is there, abort it, or let it expire."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.errors import Conflict, Expired, NotFound
from api.events.append import upload_progressed
from api.permissions import Action, require
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Upload, UploadFile
from api.storage.object_store import ObjectStore
from api.unit_of_work import House, UnitOfWork
from api.uploads.reading import received_files

NAMED_FILES = 3  # an error names so many of the files that are missing
SWEPT = timedelta(days=2)  # so long after its end leftovers of an upload are looked for


async def complete(uow: UnitOfWork, upload_key: UUID, analyze: bool) -> Upload:
    """Hand the upload to ingestion. Told twice it happens once.

    Raises NotFound, Expired, Conflict (aborted, or parts are missing: the message says of which files).
    """
    upload = await _get(uow, upload_key)
    if upload.status in ("INGESTING", "COMPLETE"):
        return upload
    _refuse_ended(upload)
    statement = select(UploadFile).where(col(UploadFile.upload_key) == upload.key).order_by(col(UploadFile.index))
    files = (await uow.session.execute(statement)).scalars().all()
    there = await received_files(uow, files)
    missing = [file for file in files if file.key not in there]
    if missing:
        places = ", ".join(str(file.index) for file in missing[:NAMED_FILES])
        more = f" and {len(missing) - NAMED_FILES} more" if len(missing) > NAMED_FILES else ""
        raise Conflict(
            f"Parts of file {places}{more} (counted from 0) have not arrived. Send the pending parts.", ["uploadId"]
        )
    upload.status, upload.analyze, upload.completed_at = "INGESTING", analyze, now()
    await uow.store.close_files([str(file.key) for file in files])
    await uow.defer(jobs.INGEST, upload_key=str(upload.key))
    uow.audit("upload:complete", upload.key)
    uow.tell(upload_progressed(upload.user_key, upload.key))
    return upload


async def abort(uow: UnitOfWork, upload_key: UUID) -> Upload:
    """Forget an unfinished upload and what was sent of it."""
    upload = await _get(uow, upload_key)
    if upload.status in ("ABORTED", "EXPIRED"):
        return upload
    if upload.status != "OPEN":
        raise Conflict("The upload is complete; delete the case instead.", ["uploadId"])
    await _discard(uow, upload, "ABORTED")
    uow.audit("upload:abort", upload.key)
    return upload


async def expire(house: House) -> int:
    """Job: forget uploads that were not completed in time, and what aborted ones left; how many there were."""
    await _sweep(house)
    async with house.unit_of_work() as uow:
        overdue = select(Upload).where(col(Upload.status) == "OPEN", col(Upload.expires_at) <= now())
        uploads = (await uow.session.execute(overdue.with_for_update(skip_locked=True))).scalars().all()
        for upload in uploads:
            await _discard(uow, upload, "EXPIRED")
            uow.audit("upload:expire", upload.key)
        return len(uploads)


async def _discard(uow: UnitOfWork, upload: Upload, status: str) -> None:
    upload.status = status
    statement = select(col(UploadFile.key)).where(col(UploadFile.upload_key) == upload.key)
    files = [str(key) for key in (await uow.session.execute(statement)).scalars()]
    # Not before the commit: were that to fail, the upload would be open and its parts gone.
    uow.after_commit(lambda: _discard_parts(uow.store, files))
    uow.tell(upload_progressed(upload.user_key, upload.key))


async def _discard_parts(store: ObjectStore, files: Sequence[str]) -> None:
    for file_id in files:
        await store.discard_parts(file_id)


async def _sweep(house: House) -> None:
    """Discard parts of ended uploads that are still there: the process died after the commit, or the disk failed."""
    statement = (
        select(col(UploadFile.key))
        .join(Upload, col(Upload.key) == col(UploadFile.upload_key))
        .where(col(Upload.status).in_(("ABORTED", "EXPIRED")), col(Upload.expires_at) > now() - SWEPT)
    )
    async with house.sessions() as session:
        files = [str(key) for key in (await session.execute(statement)).scalars()]
    received = await house.store.received_parts_of(files)
    await _discard_parts(house.store, [file_id for file_id, parts in received.items() if parts])


async def _get(uow: UnitOfWork, upload_key: UUID) -> Upload:
    actor = require(uow.actor, Action.UPLOAD_CREATE)
    statement = select(Upload).where(col(Upload.key) == upload_key, col(Upload.user_key) == actor.user_key)
    upload = await uow.session.scalar(statement.with_for_update())
    if upload is None:
        raise NotFound("There is no such upload, or it is not yours.", ["uploadId"])
    return upload


def _refuse_ended(upload: Upload) -> None:
    if upload.status == "ABORTED":
        raise Conflict("The upload was aborted. Begin a new one.", ["uploadId"])
    if upload.status == "EXPIRED" or upload.expires_at <= now():
        raise Expired("The upload has expired. Begin a new one.", ["uploadId"])
