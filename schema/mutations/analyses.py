"""Ask for an analysis, call one off, say what one thinks of it."""

from uuid import UUID

import strawberry

from api import analyses, feedback
from api.feedback import Agreement, Opinion
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_key, get_model
from schema.types.cases import Analysis


@strawberry.input
class StartAnalysisInput:
    case_id: strawberry.ID
    stack_id: strawberry.ID | None = strawberry.UNSET
    model_id: strawberry.ID | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class CancelAnalysisInput:
    analysis_id: strawberry.ID


@strawberry.input(
    description="findingId: left out for the analysis as a whole. In the place of what the viewer said of it before: "
    "what is left out is gone."
)
class GiveFeedbackInput:
    analysis_id: strawberry.ID
    finding_id: strawberry.ID | None = strawberry.UNSET
    agreement: Agreement
    corrected_label: str | None = strawberry.UNSET
    note: str | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET

    def opinion(self) -> Opinion:
        finding_id = given(self.finding_id)
        return Opinion(
            agreement=self.agreement,
            finding=get_key(finding_id, "Finding", ["findingId"]) if finding_id is not None else None,
            corrected_label=given(self.corrected_label),
            note=given(self.note),
        )


@strawberry.type
class AnalysisPayload:
    analysis: Analysis | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AnalysisMutations:
    @strawberry.mutation
    @refusable(AnalysisPayload, "caseId")
    async def start_analysis(self, info: Info, input: StartAnalysisInput) -> AnalysisPayload:
        info.context.get_actor()
        case_key = get_key(input.case_id, "Case", ["caseId"])
        stack_id, model_id = given(input.stack_id), given(input.model_id)
        stack_key = get_key(stack_id, "Stack", ["stackId"]) if stack_id is not None else None
        model = get_model(model_id, ["modelId"]) if model_id is not None else None
        async with info.context.writing() as uow:
            analysis = await analyses.request(uow, case_key, stack_key, model, given(input.idempotency_key))
        return await _payload(info, analysis.key)

    @strawberry.mutation
    @refusable(AnalysisPayload, "analysisId")
    async def cancel_analysis(self, info: Info, input: CancelAnalysisInput) -> AnalysisPayload:
        info.context.get_actor()
        key = get_key(input.analysis_id, "Analysis", ["analysisId"])
        async with info.context.writing() as uow:
            await analyses.cancel(uow, key)
        return await _payload(info, key)

    @strawberry.mutation
    @refusable(AnalysisPayload, "analysisId")
    async def give_feedback(self, info: Info, input: GiveFeedbackInput) -> AnalysisPayload:
        """Kept are the words before it too; shown is each person's newest on each thing."""
        info.context.get_actor()
        key = get_key(input.analysis_id, "Analysis", ["analysisId"])
        async with info.context.writing() as uow:
            await feedback.give(uow, key, input.opinion(), given(input.idempotency_key))
        return await _payload(info, key)


async def _payload(info: Info, key: UUID) -> AnalysisPayload:
    """Null to an application that may start analyses and not read them."""
    row = await info.context.loaders.analyses.load(key)
    return AnalysisPayload(analysis=Analysis.of(row) if row else None)
