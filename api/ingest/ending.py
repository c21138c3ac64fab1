"""The end of an ingest: stacks, the cases' new status, the analyses they get; then the parts are let go."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from api.errors import RejectionCode
from api.events.append import analysis_progressed, case_changed, upload_progressed
from api.inference.active import model_for_case
from api.ingest.stacking import stack_series, touched_series
from api.persistence import analyses as analysis_rows
from api.persistence import cases as case_rows
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Case, CaseStudy, Series, Upload, UploadCase, UploadFile, UploadInstance
from api.unit_of_work import House, UnitOfWork

log = logging.getLogger(__name__)

GIVEN_UP = "Not everything could be taken in after several tries. The list of what was refused says what is missing."
REST_MISSING = "The rest of it could not be taken in after several tries. Send it again, or ask the operator."
ALL_MISSING = "It could not be taken in after several tries. Send it alone, or ask the operator."


async def finish(house: House, upload_key: UUID) -> None:
    """One transaction; run twice, the second finds the upload complete."""
    async with house.unit_of_work() as uow:
        upload = await uow.session.get_one(Upload, upload_key, with_for_update=True)
        if upload.status != "INGESTING":
            return
        cases = await _cases(uow, upload_key)  # cases before series: the order in which instances are filed
        changed = [key for key in await touched_series(uow.session, upload_key) if await stack_series(uow.session, key)]
        for case in cases:
            await _settle(uow, case, upload, await _holds_any(uow, case, changed))
        upload.status, upload.progress = "COMPLETE", 1.0
        uow.audit("upload:ingest", upload.key)
        uow.tell(upload_progressed(upload.user_key, upload.key))
    await release_parts(house, upload_key)


async def give_up(house: House, upload_key: UUID) -> None:
    """Where the job failed, or its workers died, again and again: keep what was filed, say what was not."""
    async with house.unit_of_work() as uow:
        upload = await uow.session.get_one(Upload, upload_key, with_for_update=True)
        if upload.status == "INGESTING":
            await _say_what_is_missing(uow, upload)
    await finish(house, upload_key)


async def abandon(house: House, upload_key: UUID) -> None:
    """Where even giving up fails: the upload ends, in as few steps as can be."""
    async with house.unit_of_work() as uow:
        upload = await uow.session.get_one(Upload, upload_key, with_for_update=True)
        if upload.status != "INGESTING":
            return
        try:
            async with uow.session.begin_nested():
                await _say_what_is_missing(uow, upload)
        except Exception as error:  # the last resort: that it has ended is more than what is missing
            log.error("what is missing of an upload could not be written: %s", type(error).__name__)
        upload.status, upload.progress, upload.failure = "COMPLETE", 1.0, GIVEN_UP
        upload.parts_kept_until = now() + timedelta(hours=uow.settings.upload_hours)
        cases = select(col(UploadCase.case_key)).where(col(UploadCase.upload_key) == upload_key)
        receiving = update(Case).where(col(Case.key).in_(cases), col(Case.status) == "RECEIVING")
        await uow.session.execute(receiving.values(status="FAILED"))
        uow.audit("upload:ingest", upload.key, "failed")
        uow.tell(upload_progressed(upload.user_key, upload.key))


async def _say_what_is_missing(uow: UnitOfWork, upload: Upload) -> None:
    """A rejection for every file that was not read to its end; then what was sent is kept for a while."""
    statement = select(UploadFile).where(col(UploadFile.upload_key) == upload.key, col(UploadFile.taken_in).is_(False))
    files = (await uow.session.execute(statement)).scalars().all()
    for file in files:
        rows = select(col(UploadInstance.path)).where(col(UploadInstance.file_key) == file.key)
        begun = set((await uow.session.execute(rows)).scalars())
        row = {
            "upload_key": upload.key,
            "file_key": file.key,
            "path": f"{file.name} (rest)" if file.name in begun else file.name,
            "outcome": "REJECTED",
            "code": RejectionCode.CORRUPT.value,
            "message": REST_MISSING if begun else ALL_MISSING,
        }
        await uow.session.execute(insert(UploadInstance).values(**row).on_conflict_do_nothing())
    if files:
        upload.failure = GIVEN_UP
        upload.parts_kept_until = now() + timedelta(hours=uow.settings.upload_hours)


async def release_parts(house: House, upload_key: UUID) -> None:
    """Delete what was sent, since the instances have their own objects now; unless something was not taken in."""
    async with house.sessions() as session:
        upload = await session.get_one(Upload, upload_key)
        if upload.parts_kept_until is not None and upload.parts_kept_until > now():
            return
        statement = select(col(UploadFile.key)).where(col(UploadFile.upload_key) == upload_key)
        keys = (await session.execute(statement)).scalars().all()
    for key in keys:
        await house.store.discard_parts(str(key))


async def release_kept(house: House) -> None:
    """Delete what was kept of uploads that were given up, when it has had its time."""
    async with house.sessions() as session:
        overdue = select(col(Upload.key)).where(col(Upload.parts_kept_until) <= now())
        keys = (await session.execute(overdue)).scalars().all()
    for key in keys:
        await release_parts(house, key)
        async with house.sessions() as session, session.begin():
            await session.execute(update(Upload).where(col(Upload.key) == key).values(parts_kept_until=None))


async def _cases(uow: UnitOfWork, upload_key: UUID) -> Sequence[Case]:
    statement = (
        select(Case)
        .join(UploadCase, col(UploadCase.case_key) == col(Case.key))
        .where(col(UploadCase.upload_key) == upload_key)
        .order_by(col(Case.key))
    )
    return (await uow.session.execute(statement.with_for_update(of=Case))).scalars().all()


async def _holds_any(uow: UnitOfWork, case: Case, series_keys: Sequence[UUID]) -> bool:
    statement = (
        select(col(Series.key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(CaseStudy.case_key) == case.key, col(Series.key).in_(series_keys))
    )
    return await uow.session.scalar(statement.limit(1)) is not None


async def _settle(uow: UnitOfWork, case: Case, upload: Upload, has_new_stacks: bool) -> None:
    """A case with new images gets a new analysis where one was asked for; one that never had any likewise."""
    wanted = upload.analyze and (has_new_stacks or await analysis_rows.count(uow.session, case.key) == 0)
    if wanted and await analysis_rows.count(uow.session, case.key) < uow.settings.analyses_per_case:
        await _analyze(uow, case, upload)
    if case.status == "RECEIVING":
        case.status = "READY"
    await case_rows.settle(uow.session, case)
    case.updated_at = now()
    uow.tell(*case_changed(case.key, case.organization_key))


async def _analyze(uow: UnitOfWork, case: Case, upload: Upload) -> None:
    model = await model_for_case(uow.house.predictor, uow.session, case)
    if model is None:
        return  # images can be read without; an analysis can be asked for once a model is installed
    analysis = await analysis_rows.queue(uow.session, case, (model.name, model.version), None, upload.user_key)
    await uow.defer(jobs.ANALYZE, analysis_key=str(analysis.key))
    uow.tell(analysis_progressed(case.key, analysis.key))
