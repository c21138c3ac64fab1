"""Which model new analyses take: of each model the version that the organization chose, else its highest; and of these
the first that can read the case."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.inference.case_stacks import stacks_of_case
from api.inference.interpretations import INTERPRETATIONS
from api.inference.predictor import ModelDescription, Predictor
from api.inference.series_choice import Candidate
from api.persistence.model_activations import chosen_versions
from api.persistence.tables import Case


async def active_models(predictor: Predictor, session: AsyncSession, organization_key: UUID) -> list[ModelDescription]:
    """By name. What the server has not loaded yet does not take over by itself; a choice that is not installed any more
    is passed over."""
    chosen = await chosen_versions(session, organization_key)
    versions: dict[str, list[ModelDescription]] = {}
    for model in await predictor.models():
        versions.setdefault(model.name, []).append(model)
    return [await _active(predictor, each, chosen.get(name)) for name, each in versions.items()]


async def _active(predictor: Predictor, versions: Sequence[ModelDescription], chosen: str | None) -> ModelDescription:
    for model in versions:
        if model.version == chosen:
            return model
    return await default_model(predictor, versions)


async def default_model(predictor: Predictor, versions: Sequence[ModelDescription]) -> ModelDescription:
    """Of one model's versions, where nobody chose: the newest that would answer; the newest where none would."""
    newest_first = sorted(versions, key=lambda model: -int(model.version))
    if len(newest_first) > 1:
        for model in newest_first:
            if await predictor.is_ready(model.name, model.version):
                return model
    return newest_first[0]


async def model_for_case(predictor: Predictor, session: AsyncSession, case: Case) -> ModelDescription | None:
    """The first that may read the stack it would choose; else the first that has a module, whose refusal says why.
    None where there is no model."""
    active = await active_models(predictor, session, case.organization_key)
    active = [model for model in active if model.name in INTERPRETATIONS] or active
    if len(active) < 2:
        return active[0] if active else None
    stacks = [stack.candidate for stack in await stacks_of_case(session, case.key)]
    return next((model for model in active if can_read(model, stacks)), active[0])


def can_read(model: ModelDescription, stacks: Sequence[Candidate]) -> bool:
    """By headers alone."""
    chosen = model.series.choose(stacks)
    reads = INTERPRETATIONS.get(model.name)
    return chosen is not None and reads is not None and reads.check_facts(stacks[chosen].facts).suitable
