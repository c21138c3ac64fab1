"""Which model new analyses take: of each model its highest version, and of these the first that can read the case."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.inference.case_stacks import stacks_of_case
from api.inference.interpretations import INTERPRETATIONS
from api.inference.predictor import ModelDescription
from api.inference.series_choice import Candidate


def active_models(models: Sequence[ModelDescription]) -> list[ModelDescription]:
    """In the repository's order, by name."""
    newest: dict[str, ModelDescription] = {}
    for model in models:
        if model.name not in newest or int(model.version) > int(newest[model.name].version):
            newest[model.name] = model
    return list(newest.values())


async def model_for_case(
    session: AsyncSession, models: Sequence[ModelDescription], case_key: UUID
) -> ModelDescription | None:
    """The first that may read the stack it would choose; else the first that has a module, whose refusal says why.
    None where there is no model."""
    active = active_models(models)
    active = [model for model in active if model.name in INTERPRETATIONS] or active
    if len(active) < 2:
        return active[0] if active else None
    stacks = [stack.candidate for stack in await stacks_of_case(session, case_key)]
    return next((model for model in active if can_read(model, stacks)), active[0])


def can_read(model: ModelDescription, stacks: Sequence[Candidate]) -> bool:
    """By headers alone."""
    chosen = model.series.choose(stacks)
    reads = INTERPRETATIONS.get(model.name)
    return chosen is not None and reads is not None and reads.check_facts(stacks[chosen].facts).suitable
