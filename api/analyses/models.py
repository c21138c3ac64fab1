"""The models that can be asked, and which of them new analyses take."""

from collections.abc import Sequence
from uuid import UUID

from api.errors import NotFound, Unavailable
from api.inference.active import model_for_case
from api.inference.predictor import ModelDescription
from api.permissions import Action, require
from api.unit_of_work import UnitOfWork


async def list_models(uow: UnitOfWork) -> Sequence[ModelDescription]:
    """Every version of every model in the repository."""
    require(uow.actor, Action.MODEL_SEE)
    return await uow.house.predictor.models()


async def find_model(uow: UnitOfWork, name: str, version: str) -> ModelDescription | None:
    if uow.actor is None:
        return None
    found = [model for model in await list_models(uow) if (model.name, model.version) == (name, version)]
    return found[0] if found else None


async def get_active_model(uow: UnitOfWork, case_key: UUID) -> ModelDescription:
    """What a new analysis of the case takes. Raises Unavailable where no model is installed."""
    found = await model_for_case(uow.session, await uow.house.predictor.models(), case_key)
    if found is None:
        raise Unavailable("No model is installed; see HILUM_MODELS_DIR.")
    return found


async def get_model(uow: UnitOfWork, name: str, version: str) -> ModelDescription:
    found = await find_model(uow, name, version)
    if found is None:
        raise NotFound("There is no such model.", ["modelId"])
    return found
