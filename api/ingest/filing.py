"""File stored instances under their patient, study and series, and in a case: rows of one batch, one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col

from api.errors import Rejected, RejectionCode
from api.events.append import case_changed, upload_progressed
from api.imaging.instance import Instance
from api.ingest.placing import Place, Places
from api.ingest.storing import ACCEPTED, DUPLICATE, REJECTED, Outcome, windows_of
from api.permissions import Action
from api.persistence.columns import now
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Frame, Series, Study, Upload, UploadCase, UploadInstance
from api.persistence.tables import Instance as InstanceRow
from api.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Filed:
    """orphans: of instances that were stored but not filed; their objects are to be deleted.

    unsettled: compared with such an orphan, so that nothing is known of them; they are to be worked on again.
    """

    orphans: tuple[Outcome, ...]
    unsettled: tuple[Outcome, ...]


async def file_batch(
    uow: UnitOfWork, upload: Upload, places: Places, outcomes: Sequence[Outcome], progress: float
) -> Filed:
    """Write down what became of each candidate. Safe to run twice: a path that has its row is left alone."""
    filed: list[Outcome] = []
    orphans: list[Outcome] = []
    unsettled: list[Outcome] = []
    # What was compared comes last: what with may be in this very batch.
    for outcome in sorted(outcomes, key=_was_compared):
        if _was_compared(outcome) and await _stored(uow, upload, outcome) is None:
            unsettled.append(outcome)
            continue
        settled = await _file(uow, upload, places, outcome)
        filed.append(settled)
        if outcome.kind == ACCEPTED and settled.kind != ACCEPTED:
            orphans.append(outcome)
    await _insert_all(uow, Frame, [row for outcome in filed for row in _frames(outcome)])
    await _insert_all(uow, UploadInstance, [_record(upload, outcome) for outcome in filed])
    cases = places.changed_cases()
    await _insert_all(uow, UploadCase, [{"upload_key": upload.key, "case_key": case.key} for case in cases])
    for case in cases:
        case.updated_at = now()
        uow.audit(Action.CASE_ADD_IMAGES, case.key)
        uow.tell(*case_changed(case.key, case.organization_key))
    upload.progress = max(upload.progress, min(progress, 0.99))
    await uow.session.flush()
    uow.tell(upload_progressed(upload.user_key, upload.key))
    return Filed(tuple(orphans), tuple(unsettled))


async def _file(uow: UnitOfWork, upload: Upload, places: Places, outcome: Outcome) -> Outcome:
    if outcome.kind not in (ACCEPTED, DUPLICATE) or outcome.instance is None:
        return outcome
    instance = outcome.instance if outcome.kind == ACCEPTED else await _stored(uow, upload, outcome)
    assert instance is not None
    try:
        place = await places.find_or_make(instance)
    except Rejected as reason:
        return replace(outcome, kind=REJECTED, reason=reason)
    if outcome.kind == DUPLICATE:
        return outcome
    return await _file_instance(uow, upload, place, outcome, outcome.instance)


def _was_compared(outcome: Outcome) -> bool:
    conflict = outcome.reason is not None and outcome.reason.code is RejectionCode.IDENTITY_CONFLICT
    return outcome.instance is not None and (outcome.kind == DUPLICATE or conflict)


async def _stored(uow: UnitOfWork, upload: Upload, outcome: Outcome) -> Instance | None:
    """A duplicate belongs where the first one is, whatever study and series it says it is of. None: nothing is."""
    instance = outcome.instance
    assert instance is not None
    statement = (
        select(col(Study.study_instance_uid), col(Series.series_instance_uid))
        .join(Series, col(Series.study_key) == col(Study.key))
        .join(InstanceRow, col(InstanceRow.series_key) == col(Series.key))
        .where(is_blind(InstanceRow, "uid_blind", upload.organization_key, instance.sop_instance_uid))
    )
    found = (await uow.session.execute(statement)).first()
    return replace(instance, study_instance_uid=found[0], series_instance_uid=found[1]) if found else None


async def _file_instance(
    uow: UnitOfWork, upload: Upload, place: Place, outcome: Outcome, instance: Instance
) -> Outcome:
    assert outcome.instance_key is not None
    row = InstanceRow(
        key=outcome.instance_key,
        organization_key=upload.organization_key,
        series_key=place.series_key,
        upload_key=upload.key,
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        instance_number=instance.instance_number,
        pixel_digest=outcome.pixel_digest,
        size=outcome.size,
        windows=windows_of(outcome),
        unit=instance.unit,
    )
    statement = _insert(InstanceRow).values(**row.model_dump()).on_conflict_do_nothing().returning(col(InstanceRow.key))
    if await uow.session.scalar(statement) is None:
        return await _already_there(uow, upload, outcome, instance)
    return outcome


async def _already_there(uow: UnitOfWork, upload: Upload, outcome: Outcome, instance: Instance) -> Outcome:
    """Another upload filed this SOP Instance UID in the meantime."""
    same = is_blind(InstanceRow, "uid_blind", upload.organization_key, instance.sop_instance_uid)
    there = (await uow.session.execute(select(InstanceRow).where(same))).scalar_one()
    if there.key == outcome.instance_key:
        return outcome  # this very batch, before a crash
    if there.pixel_digest == outcome.pixel_digest:
        return replace(outcome, kind=DUPLICATE)
    message = (
        "An instance with this SOP Instance UID but other pixels is there already. Ask who sent it which one is right."
    )
    return replace(outcome, kind=REJECTED, reason=Rejected(RejectionCode.IDENTITY_CONFLICT, message))


def _frames(outcome: Outcome) -> list[dict[str, Any]]:
    if outcome.kind != ACCEPTED or outcome.instance_key is None:
        return []
    return [
        Frame(
            key=uuid5(outcome.instance_key, str(frame.geometry.frame_number)),
            instance_key=outcome.instance_key,
            frame_number=frame.geometry.frame_number,
            geometry=frame.geometry.as_json(),
            digest=frame.digest,
        ).model_dump()
        for frame in outcome.frames
    ]


def _record(upload: Upload, outcome: Outcome) -> dict[str, Any]:
    return {
        "upload_key": upload.key,
        "file_key": outcome.file_key,
        "path": outcome.path,
        "outcome": outcome.kind,
        "code": outcome.reason.code.value if outcome.reason else None,
        "message": outcome.reason.message if outcome.reason else None,
        "instance_key": outcome.instance_key if outcome.kind == ACCEPTED else None,
    }


async def _insert_all(uow: UnitOfWork, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Those that are not there yet, in one statement."""
    if rows:
        await uow.session.execute(_insert(table).on_conflict_do_nothing(), rows)


def _insert(table: type[SQLModel]) -> Any:
    return insert(table)
