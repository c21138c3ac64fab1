"""Models: what can be asked to look, and what is told of it."""

import strawberry

from api.inference.predictor import ModelDescription
from api.inference.series_choice import SeriesRules
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.scalars import JSON
from schema.types.nodes import Node


@strawberry.type
class Model(Node):
    name: str
    version: str
    title: str
    intended_use: str
    modalities: list[str]
    body_parts: list[str]
    labels: list[str]
    card: JSON = strawberry.field(description="Training data, metrics with intervals, limits.")
    active: bool = strawberry.field(description="The version that new analyses take.")

    @classmethod
    def of(cls, model: ModelDescription, active: bool) -> "Model":
        return cls(
            id=node_id("Model", model.name, model.version),
            name=model.name,
            version=model.version,
            title=model.title,
            intended_use=model.intended_use,
            modalities=list(model.modalities),
            body_parts=list(model.body_parts),
            labels=list(model.labels),
            card=JSON(model.card),
            active=active,
        )

    @classmethod
    def retired(cls, name: str, version: str) -> "Model":
        """A version that an analysis was made with and that is no longer installed."""
        rules = SeriesRules(frozenset())
        return cls.of(ModelDescription(name, version, f"{name} {version}", "", (), (), (), {}, rules), active=False)

    @described("The inference server says so now.")
    async def ready(self, info: Info) -> bool:
        return bool(await info.context.loaders.model_readiness.load((self.name, self.version)))


@strawberry.type
class Score:
    label: str
    probability: float
