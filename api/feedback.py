"""What clinicians think of an analysis: agree, partly or not, with the whole of it or with one finding.

Each has one word on each of them. Given again it gets the next version, which is what is shown; the versions before it
are kept and never altered. Patients neither give nor see feedback.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from api.errors import Conflict, Invalid, NotFound, TooLarge
from api.events.append import analysis_progressed
from api.permissions import Action, is_allowed
from api.persistence import cases as case_rows
from api.persistence.columns import is_storable
from api.persistence.tables import Analysis, Case, Feedback, Finding
from api.unit_of_work import UnitOfWork


class Agreement(StrEnum):
    AGREE = "AGREE"
    PARTLY = "PARTLY"
    DISAGREE = "DISAGREE"


# What a model has said something in: of a run that failed or was called off there is nothing to agree with.
ANSWERED = frozenset({"SUCCEEDED", "UNSUITABLE"})
UNANSWERED = {
    "QUEUED": "The analysis has not ended. Give feedback when it has.",
    "RUNNING": "The analysis has not ended. Give feedback when it has.",
    "FAILED": "The analysis failed: there is nothing in it to agree with. Start another one.",
    "CANCELLED": "The analysis was cancelled: there is nothing in it to agree with. Start another one.",
}


@dataclass(frozen=True)
class Opinion:
    """finding: of the analysis; None for the analysis as a whole. corrected_label: what it is instead."""

    agreement: Agreement
    finding: UUID | None = None
    corrected_label: str | None = None
    note: str | None = None

    def as_json(self) -> list[object]:
        """For the digest of what a mutation was asked."""
        return [self.agreement, self.finding, self.corrected_label, self.note]


async def give(uow: UnitOfWork, analysis_key: UUID, opinion: Opinion, idempotency_key: str | None = None) -> Feedback:
    """In the place of what one said before. The same once more changes nothing.

    Raises NotFound (no such analysis, no such finding of it), NotPermitted, Invalid, TooLarge, Conflict.
    """
    analysis = await uow.session.get(Analysis, analysis_key)
    if analysis is None:
        missing = NotFound("There is no such analysis, or you may not see it.", ["analysisId"])
        missing.action = Action.ANALYSIS_GIVE_FEEDBACK
        raise missing
    actor = await case_rows.require_case(
        uow.session,
        uow.actor,
        analysis.case_key,
        Action.ANALYSIS_GIVE_FEEDBACK,
        field="analysisId",
        shown_by=Action.CASE_SEE_ANALYSES,
    )
    opinion = _checked(uow, opinion)
    once = await uow.once("giveFeedback", idempotency_key, [analysis_key, *opinion.as_json()])
    if once.answer is not None:
        return await uow.session.get_one(Feedback, UUID(once.answer["feedback"]))
    # Locked for two phones of one person at once: the second sees what the first has said.
    case = await uow.session.get_one(Case, analysis.case_key, with_for_update=True, populate_existing=True)
    await uow.session.refresh(analysis)
    if analysis.status not in ANSWERED:
        raise Conflict(UNANSWERED[analysis.status], ["analysisId"])
    if opinion.finding is not None:
        await _check_finding(uow, analysis_key, opinion.finding)
    standing = await _standing(uow, analysis_key, opinion.finding, actor.user_key)
    if standing is not None and _opinion_of(standing) == opinion:
        once.keep(feedback=standing.key)
        return standing
    await _check_count(uow, analysis_key)
    feedback = Feedback(
        organization_key=case.organization_key,
        case_key=case.key,
        analysis_key=analysis_key,
        finding_key=opinion.finding,
        user_key=actor.user_key,
        version=standing.version + 1 if standing is not None else 1,
        agreement=opinion.agreement.value,
        corrected_label=opinion.corrected_label,
        note=opinion.note,
    )
    uow.session.add(feedback)
    await uow.session.flush()
    once.keep(feedback=feedback.key)
    uow.audit(Action.ANALYSIS_GIVE_FEEDBACK, analysis_key)
    uow.tell(analysis_progressed(case.key, analysis_key))
    return feedback


async def feedback_of(uow: UnitOfWork, analysis_keys: Iterable[UUID]) -> dict[UUID, list[Feedback]]:
    """What stands of each analysis, oldest first; of cases whose feedback the actor may see."""
    statement = (
        select(Feedback)
        .where(col(Feedback.analysis_key).in_(list(analysis_keys)))
        .order_by(
            *(col(Feedback.analysis_key), col(Feedback.finding_key), col(Feedback.user_key)),
            col(Feedback.version).desc(),
        )
        .ext(distinct_on(col(Feedback.analysis_key), col(Feedback.finding_key), col(Feedback.user_key)))
    )
    rows = list((await uow.session.execute(statement)).scalars())
    if uow.actor is None or not rows:
        return {}
    subjects = await case_rows.subjects(uow.session, uow.actor, {row.case_key for row in rows})
    shown = {key for key, subject in subjects.items() if is_allowed(uow.actor, Action.CASE_SEE_FEEDBACK, subject)}
    found: dict[UUID, list[Feedback]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.at, row.key)):
        if row.case_key in shown:
            found[row.analysis_key].append(row)
    return found


def _checked(uow: UnitOfWork, opinion: Opinion) -> Opinion:
    """With its label as it is kept: nothing around it. Raises Invalid, TooLarge."""
    label = opinion.corrected_label.strip() if opinion.corrected_label is not None else None
    _check_text(label, "corrected label", "correctedLabel", uow.settings.feedback_label_characters)
    _check_text(opinion.note, "note", "note", uow.settings.feedback_note_characters)
    return Opinion(opinion.agreement, opinion.finding, label, opinion.note)


def _check_text(text: str | None, what: str, field: str, most: int) -> None:
    if text is None:
        return
    if not text.strip() or not is_storable(text):
        message = f"A {what} has at least one character, all of them printable. Leave it out where there is none."
        raise Invalid(message, [field])
    if len(text) > most:
        raise TooLarge(f"A {what} has at most {most:,} characters.", [field])


async def _check_finding(uow: UnitOfWork, analysis_key: UUID, finding_key: UUID) -> None:
    named = (col(Finding.key) == finding_key, col(Finding.analysis_key) == analysis_key)
    if await uow.session.scalar(select(col(Finding.key)).where(*named)) is None:
        raise NotFound("The analysis has no such finding.", ["findingId"])


async def _check_count(uow: UnitOfWork, analysis_key: UUID) -> None:
    most = uow.settings.feedback_per_analysis
    given = select(func.count()).where(col(Feedback.analysis_key) == analysis_key)
    if (await uow.session.scalar(given) or 0) >= most:
        raise Conflict(f"Feedback on an analysis is given or changed at most {most:,} times.", ["analysisId"])


async def _standing(uow: UnitOfWork, analysis_key: UUID, finding_key: UUID | None, user_key: UUID) -> Feedback | None:
    statement = (
        select(Feedback)
        .where(
            col(Feedback.analysis_key) == analysis_key,
            col(Feedback.finding_key).is_not_distinct_from(finding_key),
            col(Feedback.user_key) == user_key,
        )
        .order_by(col(Feedback.version).desc())
        .limit(1)
    )
    return (await uow.session.execute(statement)).scalars().first()


def _opinion_of(row: Feedback) -> Opinion:
    return Opinion(Agreement(row.agreement), row.finding_key, row.corrected_label, row.note)
