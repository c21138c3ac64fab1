"""Which model new analyses take."""

from collections.abc import Sequence

from api.inference.predictor import ModelDescription


def active_model(models: Sequence[ModelDescription]) -> ModelDescription | None:
    """The highest version of the repository's first model; None where there is none."""
    versions = [model for model in models if model.name == models[0].name]
    return max(versions, key=lambda model: int(model.version), default=None)
