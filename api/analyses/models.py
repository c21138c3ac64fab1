"""The models that can be asked, and which of them new analyses take."""

from collections.abc import Sequence

from api.errors import NotFound, Unavailable
from api.inference.active import active_models, model_for_case
from api.inference.predictor import ModelDescription
from api.permissions import Action, require
from api.persistence.columns import now
from api.persistence.tables import Case, ModelActivation
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


async def get_active_model(uow: UnitOfWork, case: Case) -> ModelDescription:
    """What a new analysis of the case takes. Raises Unavailable where no model is installed."""
    found = await model_for_case(uow.house.predictor, uow.session, case)
    if found is None:
        raise Unavailable("No model is installed; see HILUM_MODELS_DIR.")
    return found


async def list_active(uow: UnitOfWork) -> Sequence[ModelDescription]:
    """Of each model the version that new analyses take in the actor's organization."""
    actor = require(uow.actor, Action.MODEL_SEE)
    return await active_models(uow.house.predictor, uow.session, actor.organization_key)


async def activate(uow: UnitOfWork, name: str, version: str) -> ModelDescription:
    """New analyses of the organization take this version from now on; those that wait or run keep theirs.

    Raises: NotPermitted; NotFound; Unavailable where the version would not answer now.
    """
    actor = require(uow.actor, Action.MODEL_ACTIVATE)
    model = await get_model(uow, name, version)
    if not await uow.house.predictor.is_ready(name, version):
        raise Unavailable(f"Version {version} of {name} does not answer yet. Have the model server load it first.")
    if model not in await list_active(uow):
        uow.session.add(
            ModelActivation(
                organization_key=actor.organization_key,
                model_name=name,
                model_version=version,
                chosen_by=actor.user_key,
                chosen_at=now(),
            )
        )
        await uow.session.flush()
        uow.audit(Action.MODEL_ACTIVATE, actor.organization_key, kind="Organization")
    return model


async def get_model(uow: UnitOfWork, name: str, version: str) -> ModelDescription:
    found = await find_model(uow, name, version)
    if found is None:
        raise NotFound("There is no such model.", ["modelId"])
    return found
