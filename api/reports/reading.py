"""Read what a report says, as far as the actor may see it."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from api.inference.size_categories import size_categories
from api.permissions import Action, Actor, CaseSubject, is_allowed
from api.persistence import cases as case_rows
from api.persistence import tables
from api.reports.content import (
    Analysis,
    Content,
    Finding,
    Format,
    Frame,
    Model,
    Noun,
    Patient,
    Release,
    Review,
    Stack,
    without_identity,
)
from api.reports.offering import is_ready
from api.unit_of_work import UnitOfWork

UNKNOWN_READER = "A reader whose account is no longer there"


async def find_content(uow: UnitOfWork, noun: Noun, key: UUID, format: Format) -> Content | None:
    """None where there is no such report, or the actor may not have it; recorded where there is."""
    row: tables.Analysis | tables.Review | None
    if noun is Noun.ANALYSIS:
        row = await uow.session.get(tables.Analysis, key)
    else:
        row = await uow.session.get(tables.Review, key)
    if row is None or uow.actor is None:
        return None
    subject = (await case_rows.subjects(uow.session, uow.actor, [row.case_key])).get(row.case_key)
    if subject is None or not is_ready(uow.actor, subject, row, format):
        return None
    uow.audit(Action.CASE_DOWNLOAD, row.case_key)
    content = await _content(uow, uow.actor, subject, noun, row)
    return content if content.shows_identity else without_identity(content)


async def _content(
    uow: UnitOfWork, actor: Actor, subject: CaseSubject, noun: Noun, row: tables.Analysis | tables.Review
) -> Content:
    case = await uow.session.get_one(tables.Case, row.case_key)
    analysis, review = await _pair(uow, actor, subject, row)
    organization = await uow.session.get_one(tables.Organization, case.organization_key)
    return Content(
        noun=noun,
        key=row.key,
        case_key=case.key,
        organization=organization.name,
        patient=await _patient(uow, case) if is_allowed(actor, Action.CASE_SEE_IDENTITY, subject) else None,
        analysis=await _analysis(uow, analysis) if analysis else None,
        review=await _review(uow, review, subject, actor) if review else None,
        stack=await _stack(uow, case, analysis.stack_key if analysis else None),
    )


async def _pair(
    uow: UnitOfWork, actor: Actor, subject: CaseSubject, row: tables.Analysis | tables.Review
) -> tuple[tables.Analysis | None, tables.Review | None]:
    """An analysis with the newest review, or a review with what had been analysed when it was signed."""
    if isinstance(row, tables.Analysis):
        if not is_allowed(actor, Action.CASE_SEE_REVIEWS, subject):
            return row, None
        newest = select(tables.Review).where(col(tables.Review.case_key) == row.case_key)
        statement: Select[tables.Review] = newest.order_by(col(tables.Review.signed_at).desc(), col(tables.Review.key))
        return row, await uow.session.scalar(statement.limit(1))
    if not is_allowed(actor, Action.CASE_SEE_ANALYSES, subject):
        return None, row
    before = select(tables.Analysis).where(
        col(tables.Analysis.case_key) == row.case_key,
        col(tables.Analysis.status) == "SUCCEEDED",
        col(tables.Analysis.queued_at) <= row.signed_at,
    )
    order = (col(tables.Analysis.queued_at).desc(), col(tables.Analysis.key))
    return await uow.session.scalar(before.order_by(*order).limit(1)), row


async def _patient(uow: UnitOfWork, case: tables.Case) -> Patient:
    row = await uow.session.get(tables.Patient, case.patient_key) if case.patient_key else None
    return Patient(row.name, row.patient_id, row.issuer, row.birth_date, row.sex) if row else Patient()


async def _analysis(uow: UnitOfWork, row: tables.Analysis) -> Analysis:
    statement = select(tables.Finding).where(col(tables.Finding.analysis_key) == row.key)
    findings = (await uow.session.execute(statement.order_by(col(tables.Finding.ordinal)))).scalars()
    return Analysis(
        key=row.key,
        status=row.status,
        queued_at=row.queued_at,
        finished_at=row.finished_at,
        failure=row.failure,
        scores=tuple((score["label"], score["probability"]) for score in row.scores),
        warnings=tuple(warning["message"] for warning in row.warnings),
        model=await _model(uow, row.model_name, row.model_version),
        findings=tuple(map(_finding, findings)),
    )


async def _model(uow: UnitOfWork, name: str, version: str) -> Model:
    """What its card says; of a version that is no longer installed only its name is known."""
    for found in await uow.house.predictor.models():
        if (found.name, found.version) == (name, version):
            limits = tuple(str(limit) for limit in found.card.get("limits", ()))
            return Model(name, version, found.title, found.intended_use, limits)
    return Model(name, version, name)


def _finding(row: tables.Finding) -> Finding:
    """A box or a position of which a part is missing is none."""
    box, position = (row.left, row.top, row.width, row.height), (row.x, row.y, row.z)
    return Finding(
        key=row.key,
        label=row.label,
        probability=row.probability,
        is_above_threshold=row.above_threshold,
        frame_index=row.frame_index,
        box=None if None in box else cast("tuple[float, float, float, float]", box),
        diameter_mm=row.diameter_mm,
        position=None if None in position else cast("tuple[float, float, float]", position),
        categories=tuple(size_categories(row.diameter_mm)),
    )


async def _review(uow: UnitOfWork, row: tables.Review, subject: CaseSubject, actor: Actor) -> Review:
    releases: Iterable[tables.Release] = ()
    if is_allowed(actor, Action.CASE_SEE_RELEASES, subject):
        statement = select(tables.Release).where(col(tables.Release.review_key) == row.key)
        releases = (await uow.session.execute(statement.order_by(col(tables.Release.at)))).scalars()
    signer = await uow.session.get(tables.User, row.user_key)
    return Review(
        key=row.key,
        by=signer.display_name if signer else UNKNOWN_READER,
        impression=row.impression,
        recommendation=row.recommendation,
        urgency=row.urgency,
        signed_at=row.signed_at,
        releases=tuple(Release(each.at, each.summary, each.withdrawn_at) for each in releases),
    )


async def _stack(uow: UnitOfWork, case: tables.Case, key: UUID | None) -> Stack | None:
    statement = (
        select(tables.Stack, tables.Series, tables.Study)
        .join(tables.Series, col(tables.Series.key) == col(tables.Stack.series_key))
        .join(tables.Study, col(tables.Study.key) == col(tables.Series.study_key))
        .join(tables.CaseStudy, col(tables.CaseStudy.study_key) == col(tables.Study.key))
        .where(col(tables.CaseStudy.case_key) == case.key)
        .order_by(col(tables.Stack.superseded), col(tables.Stack.created_at), col(tables.Stack.key))
    )
    if key is not None:
        statement = statement.where(col(tables.Stack.key) == key)
    found = (await uow.session.execute(statement.limit(1))).first()
    if found is None:
        return None
    stack, series, study = found
    return Stack(
        key=stack.key,
        study_instance_uid=study.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        accession_number=study.accession_number,
        started_at=study.started_at,
        study_description=study.description,
        series_number=series.number,
        modality=series.modality,
        body_part=series.body_part,
        laterality=series.laterality,
        frame_of_reference_uid=series.frame_of_reference_uid,
        frames=await _frames(uow, stack),
        rows=stack.rows,
        columns=stack.columns,
        row_spacing=stack.row_spacing,
        column_spacing=stack.column_spacing,
        photometric=stack.photometric,
        padding_value=stack.padding_value,
        windows=tuple(stack.windows),
        warnings=tuple(warning["message"] for warning in stack.warnings),
    )


async def _frames(uow: UnitOfWork, stack: tables.Stack) -> tuple[Frame, ...]:
    statement = (
        select(tables.Frame, col(tables.Instance.sop_instance_uid), col(tables.Instance.sop_class_uid))
        .join(tables.Instance, col(tables.Instance.key) == col(tables.Frame.instance_key))
        .where(col(tables.Frame.key).in_(stack.frame_keys))
    )
    rows = {row[0].key: row for row in await uow.session.execute(statement)}
    return tuple(
        Frame(row.instance_key, uid, sop_class, row.frame_number, row.geometry, row.digest)
        for row, uid, sop_class in map(rows.__getitem__, stack.frame_keys)
    )
