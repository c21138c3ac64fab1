"""Choose the version that new analyses take."""

import strawberry

from api import analyses
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_model
from schema.types.models import Model


@strawberry.input
class ActivateModelInput:
    model_id: strawberry.ID


@strawberry.type
class ModelPayload:
    model: Model | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ModelMutations:
    @strawberry.mutation
    @refusable(ModelPayload, "modelId")
    async def activate_model(self, info: Info, input: ActivateModelInput) -> ModelPayload:
        """New analyses of one's organization take it; those that wait or run keep the version they began with."""
        async with info.context.writing() as uow:
            model = await analyses.activate(uow, *get_model(input.model_id, ["modelId"]))
        return ModelPayload(model=Model.of(model, active=True))
