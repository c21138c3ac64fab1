"""Sign a reading, release it to the patient, withdraw that."""

import strawberry

from api import reviews
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_key
from schema.types.cases import Review
from schema.types.worklist import Urgency


@strawberry.input
class SignReviewInput:
    case_id: strawberry.ID
    impression: str
    recommendation: str | None = strawberry.UNSET
    urgency: Urgency
    patient_summary: str | None = strawberry.field(default=strawberry.UNSET, description="Released with it.")
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class ReleaseReviewInput:
    review_id: strawberry.ID
    summary: str


@strawberry.input
class WithdrawReleaseInput:
    review_id: strawberry.ID


@strawberry.type
class ReviewPayload:
    review: Review | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ReviewMutations:
    @strawberry.mutation
    @refusable(ReviewPayload, "caseId")
    async def sign_review(self, info: Info, input: SignReviewInput) -> ReviewPayload:
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        async with info.context.writing() as uow:
            review = await reviews.sign(
                uow,
                key,
                input.impression,
                given(input.recommendation),
                input.urgency.value,
                given(input.patient_summary),
                given(input.idempotency_key),
            )
        return ReviewPayload(review=Review.of(review))

    @strawberry.mutation
    @refusable(ReviewPayload, "reviewId")
    async def release_review(self, info: Info, input: ReleaseReviewInput) -> ReviewPayload:
        info.context.get_actor()
        key = get_key(input.review_id, "Review", ["reviewId"])
        async with info.context.writing() as uow:
            review = await reviews.release(uow, key, input.summary)
        return ReviewPayload(review=Review.of(review))

    @strawberry.mutation
    @refusable(ReviewPayload, "reviewId")
    async def withdraw_release(self, info: Info, input: WithdrawReleaseInput) -> ReviewPayload:
        info.context.get_actor()
        key = get_key(input.review_id, "Review", ["reviewId"])
        async with info.context.writing() as uow:
            review = await reviews.withdraw(uow, key)
        return ReviewPayload(review=Review.of(review))
