"""The end of an ingest: stacks, the cases' new status, the analyses they get; then the parts are let go."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.errors import RejectionCode
from api.events.append import analysis_progressed, case_changed, upload_progressed
from api.inference.active import active_model
from api.ingest.stacking import stack_series, touched_series
from api.persistence import analyses as analysis_rows
from api.persistence import cases as case_rows
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Case, CaseStudy, Series, Upload, UploadCase, UploadFile, UploadInstance
from api.unit_of_work import House, UnitOfWork


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
        begun = select(col(UploadInstance.file_key)).where(col(UploadInstance.upload_key) == upload_key)
        files = select(UploadFile).where(col(UploadFile.upload_key) == upload_key, col(UploadFile.key).not_in(begun))
        for file in (await uow.session.execute(files)).scalars():
            uow.session.add(
                UploadInstance(
                    upload_key=upload_key,
                    file_key=file.key,
                    path=file.name,
                    outcome="REJECTED",
                    code=RejectionCode.CORRUPT.value,
                    message="It could not be taken in after several tries. Send it alone, or ask the operator.",
                )
            )
    await finish(house, upload_key)


async def release_parts(house: House, upload_key: UUID) -> None:
    """Delete what was sent; the instances have their own objects now."""
    async with house.sessions() as session:
        statement = select(col(UploadFile.key)).where(col(UploadFile.upload_key) == upload_key)
        keys = (await session.execute(statement)).scalars().all()
    for key in keys:
        await house.store.discard_parts(str(key))


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
    model = active_model(await uow.house.predictor.models())
    if model is None:
        return  # images can be read without; an analysis can be asked for once a model is installed
    analysis = await analysis_rows.queue(uow.session, case, (model.name, model.version), None, upload.user_key)
    await uow.defer(jobs.ANALYZE, analysis_key=str(analysis.key))
    uow.tell(analysis_progressed(case.key, analysis.key))
