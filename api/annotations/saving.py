"""Draw an annotation, change or delete one's own."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from api.annotations.kinds import Drawing, check_points, check_words
from api.annotations.measuring import measure
from api.errors import Conflict, NotFound, NotPermitted
from api.events.append import annotation_changed, case_changed
from api.permissions import Action, Actor, is_allowed
from api.persistence import cases as case_rows
from api.persistence.columns import now
from api.persistence.places import require_stack
from api.persistence.tables import Analysis, Annotation, Case, Stack
from api.unit_of_work import UnitOfWork

MUTATION = "saveAnnotation"


async def draw(uow: UnitOfWork, case_key: UUID, drawing: Drawing, idempotency_key: str | None = None) -> Annotation:
    """A new one. Raises NotFound (no such case, stack, finding or analysis of the case), NotPermitted, Invalid,
    TooLarge, Conflict, Unavailable (the frame cannot be read)."""
    actor = await case_rows.require_case(uow.session, uow.actor, case_key, Action.CASE_ANNOTATE)
    check_words(drawing, uow.settings)
    once = await uow.once(MUTATION, idempotency_key, [case_key, drawing.as_json()])
    if once.answer is not None:
        return await uow.session.get_one(Annotation, UUID(once.answer["annotation"]))
    stack = await _check(uow, actor, case_key, drawing)
    quantities = await measure(uow, drawing, stack)  # before the case is locked: it may take a while
    case = await _locked(uow, case_key)
    await _check_count(uow, case_key)
    annotation = Annotation(
        organization_key=case.organization_key,
        case_key=case_key,
        author_key=actor.user_key,
        kind=drawing.kind.value,
        anchor=drawing.place.as_json(),
        points=[list(point) for point in drawing.points],
        label=drawing.label,
        note=drawing.note,
        quantities=quantities,
        missed_by_key=drawing.missed_by,
    )
    uow.session.add(annotation)
    await uow.session.flush()
    once.keep(annotation=annotation.key)
    uow.audit(Action.CASE_ANNOTATE, case_key)
    _tell(uow, case, annotation)
    return annotation


async def change(
    uow: UnitOfWork, annotation_key: UUID, drawing: Drawing, idempotency_key: str | None = None
) -> Annotation:
    """The whole of one's own: what is left out is gone. Raises what `draw` raises; Conflict for one that is deleted."""
    actor, annotation = await _require_own(uow, annotation_key)
    check_words(drawing, uow.settings)
    once = await uow.once(MUTATION, idempotency_key, [annotation_key, drawing.as_json()])
    if once.answer is not None:
        return annotation
    stack = await _check(uow, actor, annotation.case_key, drawing)
    quantities = await measure(uow, drawing, stack)
    case = await _locked(uow, annotation.case_key)
    await uow.session.refresh(annotation, with_for_update=True)
    if annotation.deleted_at is not None:
        raise Conflict("This annotation is deleted. Draw a new one.", ["annotationId"])
    annotation.kind, annotation.anchor = drawing.kind.value, drawing.place.as_json()
    annotation.points = [list(point) for point in drawing.points]
    annotation.label, annotation.note = drawing.label, drawing.note
    annotation.quantities, annotation.missed_by_key = quantities, drawing.missed_by
    annotation.updated_at = now()
    await uow.session.flush()
    once.keep(annotation=annotation.key)
    uow.audit("case:change_annotation", case.key)
    _tell(uow, case, annotation)
    return annotation


async def delete(uow: UnitOfWork, annotation_key: UUID) -> Annotation:
    """Its id and its place stay, all else is gone for good. Once more changes nothing.

    Raises NotFound, NotPermitted.
    """
    _, annotation = await _require_own(uow, annotation_key)
    case = await _locked(uow, annotation.case_key)
    await uow.session.refresh(annotation, with_for_update=True)
    if annotation.deleted_at is not None:
        return annotation
    annotation.points, annotation.quantities = [], []
    annotation.label = annotation.note = annotation.missed_by_key = None
    annotation.updated_at = annotation.deleted_at = now()
    await uow.session.flush()
    uow.audit("case:delete_annotation", case.key)
    _tell(uow, case, annotation)
    return annotation


async def _require_own(uow: UnitOfWork, annotation_key: UUID) -> tuple[Actor, Annotation]:
    annotation = await uow.session.get(Annotation, annotation_key)
    if annotation is None:
        missing = NotFound("There is no such annotation, or you may not see it.", ["annotationId"])
        missing.action = Action.CASE_ANNOTATE
        raise missing
    actor = await case_rows.require_case(
        uow.session,
        uow.actor,
        annotation.case_key,
        Action.CASE_ANNOTATE,
        field="annotationId",
        shown_by=Action.CASE_SEE_ANNOTATIONS,
    )
    if annotation.author_key != actor.user_key:
        refusal = NotPermitted("Only whoever drew an annotation changes or deletes it.", ["annotationId"])
        refusal.action = Action.CASE_ANNOTATE
        raise refusal
    return actor, annotation


async def _check(uow: UnitOfWork, actor: Actor, case_key: UUID, drawing: Drawing) -> Stack:
    """That all it names is of the case; the stack it is drawn in."""
    subject = (await case_rows.subjects(uow.session, actor, [case_key]))[case_key]
    stack = await require_stack(uow.session, actor, subject, drawing.place)
    check_points(drawing, stack)
    if drawing.missed_by is not None:
        of_case = (col(Analysis.key) == drawing.missed_by, col(Analysis.case_key) == case_key)
        is_there = await uow.session.scalar(select(col(Analysis.key)).where(*of_case)) is not None
        if not is_there or not is_allowed(actor, Action.CASE_SEE_ANALYSES, subject):
            raise NotFound("The case has no such analysis, or you may not see it.", ["missedById"])
    return stack


async def _locked(uow: UnitOfWork, case_key: UUID) -> Case:
    return await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)


async def _check_count(uow: UnitOfWork, case_key: UUID) -> None:
    most = uow.settings.annotations_per_case
    if (await uow.session.scalar(select(func.count()).where(col(Annotation.case_key) == case_key)) or 0) >= most:
        raise Conflict(f"A case has at most {most} annotations.", ["caseId"])


def _tell(uow: UnitOfWork, case: Case, annotation: Annotation) -> None:
    case.updated_at = annotation.updated_at
    uow.tell(annotation_changed(case.key, annotation.key), *case_changed(case.key, case.organization_key))
