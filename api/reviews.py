"""The signed reading of a case, and what of it is released to the patient in plain language."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from api.errors import Conflict, Invalid, NotFound, TooLarge
from api.events.append import case_changed, review_changed
from api.permissions import Action, is_allowed
from api.persistence import cases as case_rows
from api.persistence.columns import is_storable, now
from api.persistence.notices import Topic
from api.persistence.tables import Case, Release, Review
from api.unit_of_work import UnitOfWork

REVIEWED = "REVIEWED"
NO_REVIEW = "There is no such review, or you may not see it."


async def sign(
    uow: UnitOfWork,
    case_key: UUID,
    impression: str,
    recommendation: str | None,
    urgency: str,
    patient_summary: str | None,
    idempotency_key: str | None,
) -> Review:
    """patient_summary: released with it. Raises NotFound, NotPermitted, Invalid, TooLarge, Conflict."""
    actor = await case_rows.require_case(uow.session, uow.actor, case_key, Action.CASE_SIGN)
    if patient_summary is not None:
        await case_rows.require_case(uow.session, actor, case_key, Action.CASE_RELEASE)
    _check(uow, impression, "impression")
    for text, field in ((recommendation, "recommendation"), (patient_summary, "patientSummary")):
        if text is not None:
            _check(uow, text, field)
    given = [case_key, impression, recommendation, urgency, patient_summary]
    once = await uow.once("signReview", idempotency_key, given)
    if once.answer is not None:
        return await uow.session.get_one(Review, UUID(once.answer["review"]))
    case = await _locked(uow, case_key)
    if case.status == "RECEIVING":
        raise Conflict("The images are still coming in. Wait until they are there.", ["caseId"])
    most = uow.settings.reviews_per_case
    if (await uow.session.scalar(select(func.count()).where(col(Review.case_key) == case_key)) or 0) >= most:
        raise Conflict(f"A case has at most {most} reviews.", ["caseId"])
    review = Review(
        organization_key=case.organization_key,
        case_key=case_key,
        user_key=actor.user_key,
        impression=impression,
        recommendation=recommendation,
        urgency=urgency,
    )
    uow.session.add(review)
    await uow.session.flush()
    case.urgency, case.urgency_by = urgency, actor.user_key
    if case.status != "ARCHIVED":
        case.status = REVIEWED
    uow.audit(Action.CASE_SIGN, case_key)
    await uow.notify(Topic.REVIEW_SIGNED, case_key, review.key)
    if patient_summary is not None:
        await _release(uow, review, patient_summary)
    once.keep(review=review.key)
    _tell(uow, case, review)
    await uow.session.flush()
    return review


async def release(uow: UnitOfWork, review_key: UUID, summary: str) -> Review:
    """Raises NotFound, NotPermitted, Invalid, TooLarge, Conflict (released already: withdraw that first)."""
    review = await _require(uow, review_key)
    _check(uow, summary, "summary")
    case = await _locked(uow, review.case_key)
    if await _standing(uow, review_key) is not None:
        raise Conflict("This review is released already. Withdraw that first.", ["reviewId"])
    await _release(uow, review, summary)
    _tell(uow, case, review)
    await uow.session.flush()
    return review


async def withdraw(uow: UnitOfWork, review_key: UUID) -> Review:
    """The patient reads it no longer; that it was released stays known. Raises NotFound, NotPermitted, Conflict."""
    review = await _require(uow, review_key)
    case = await _locked(uow, review.case_key)
    standing = await _standing(uow, review_key)
    if standing is None:
        raise Conflict("This review is not released.", ["reviewId"])
    assert uow.actor is not None
    standing.withdrawn_at, standing.withdrawn_by = now(), uow.actor.user_key
    uow.audit("case:withdraw_release", review.case_key)
    _tell(uow, case, review)
    return review


async def find(uow: UnitOfWork, review_key: UUID) -> Review | None:
    return (await find_many(uow, [review_key])).get(review_key)


async def find_many(uow: UnitOfWork, review_keys: Iterable[UUID]) -> dict[UUID, Review]:
    """Those that the actor may see."""
    statement = select(Review).where(col(Review.key).in_(list(review_keys)))
    rows = list((await uow.session.execute(statement)).scalars())
    shown = set(await _allowed(uow, {row.case_key for row in rows}, Action.CASE_SEE_REVIEWS))
    return {row.key: row for row in rows if row.case_key in shown}


async def reviews_of(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, list[Review]]:
    """Newest first, of the cases whose reviews the actor may see."""
    shown = await _allowed(uow, case_keys, Action.CASE_SEE_REVIEWS)
    statement = select(Review).where(col(Review.case_key).in_(shown))
    found: dict[UUID, list[Review]] = defaultdict(list)
    for row in (await uow.session.execute(statement.order_by(col(Review.signed_at).desc(), col(Review.key)))).scalars():
        found[row.case_key].append(row)
    return found


async def releases_of(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, list[Release]]:
    """Newest first. Those withdrawn show only to whoever may see the reviews."""
    shown = await _allowed(uow, case_keys, Action.CASE_SEE_RELEASES)
    all_of = set(await _allowed(uow, shown, Action.CASE_SEE_REVIEWS))
    statement = select(Release).where(col(Release.case_key).in_(shown))
    found: dict[UUID, list[Release]] = defaultdict(list)
    for row in (await uow.session.execute(statement.order_by(col(Release.at).desc(), col(Release.key)))).scalars():
        if row.withdrawn_at is None or row.case_key in all_of:
            found[row.case_key].append(row)
    return found


async def released_urgency(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, str]:
    """Of the review that was released last and not withdrawn: what the patient was told, whatever came after it."""
    shown = await _allowed(uow, case_keys, Action.CASE_SEE_RELEASES)
    statement = (
        select(col(Release.case_key), col(Review.urgency))
        .join(Review, col(Review.key) == col(Release.review_key))
        .where(col(Release.case_key).in_(shown), col(Release.withdrawn_at).is_(None))
        .order_by(col(Release.at), col(Release.key))
    )
    return {row[0]: row[1] for row in await uow.session.execute(statement)}


async def _release(uow: UnitOfWork, review: Review, summary: str) -> None:
    assert uow.actor is not None
    uow.session.add(
        Release(
            organization_key=review.organization_key,
            case_key=review.case_key,
            review_key=review.key,
            user_key=uow.actor.user_key,
            summary=summary,
        )
    )
    await uow.notify(Topic.RESULT_RELEASED, review.case_key, review.key)
    uow.audit(Action.CASE_RELEASE, review.case_key)


def _tell(uow: UnitOfWork, case: Case, review: Review) -> None:
    case.updated_at = now()
    uow.tell(review_changed(case.key, review.key), *case_changed(case.key, case.organization_key))


def _check(uow: UnitOfWork, text: str, field: str) -> None:
    if not text.strip() or not is_storable(text):
        raise Invalid("Write at least one character, all of them printable.", [field])
    if len(text) > uow.settings.review_characters:
        raise TooLarge(f"Write at most {uow.settings.review_characters:,} characters.", [field])


async def _require(uow: UnitOfWork, review_key: UUID) -> Review:
    review = await uow.session.get(Review, review_key)
    if review is None:
        raise NotFound(NO_REVIEW, ["reviewId"])
    needed, shown_by = Action.CASE_RELEASE, Action.CASE_SEE_REVIEWS
    await case_rows.require_case(uow.session, uow.actor, review.case_key, needed, "reviewId", shown_by)
    return review


async def _locked(uow: UnitOfWork, case_key: UUID) -> Case:
    return await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)


async def _standing(uow: UnitOfWork, review_key: UUID) -> Release | None:
    statement = select(Release).where(col(Release.review_key) == review_key, col(Release.withdrawn_at).is_(None))
    return (await uow.session.execute(statement)).scalars().first()


async def _allowed(uow: UnitOfWork, case_keys: Iterable[UUID], action: Action) -> list[UUID]:
    if uow.actor is None:
        return []
    subjects = await case_rows.subjects(uow.session, uow.actor, case_keys)
    return [key for key, subject in subjects.items() if is_allowed(uow.actor, action, subject)]
