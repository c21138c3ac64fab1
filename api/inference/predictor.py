"""What answers for a model: the interface that the embedded predictor and Triton share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from api.inference.series_choice import SeriesRules

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class TensorSpec:
    """A named input or output; dims without the batch, -1 where any length goes."""

    name: str
    dtype: np.dtype[Any]
    dims: tuple[int, ...]


@dataclass(frozen=True)
class ModelDescription:
    """One version of a model, as its folder describes it. card: card.json; series: which series it reads."""

    name: str
    version: str
    title: str
    intended_use: str
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    labels: tuple[str, ...]
    card: dict[str, Any]
    series: SeriesRules


@dataclass(frozen=True)
class Spent:
    """By one version since its server began: rows answered for, and seconds that their requests waited and computed."""

    inferences: int
    queue: float
    compute: float


class Predictor(Protocol):
    """Asked from the event loop; implementations never block it.

    Raises `api.errors.Unavailable` when the model does not answer, `api.errors.PredictorAway` when its server does not
    or is full and asking again later is all that is needed, `api.errors.Invalid` when the tensors are not what the
    model takes.
    """

    async def models(self) -> Sequence[ModelDescription]:
        """All versions there are, ready or not, by name and version."""
        ...

    async def is_ready(self, name: str, version: str) -> bool:
        """Whether that version would answer now."""
        ...

    async def is_away(self) -> bool:
        """Whether what answers for all models cannot be reached now; one version that is missing is not that."""
        ...

    async def predict(self, name: str, version: str, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """Outputs by name; first axis the batch, the same length for all inputs and outputs."""
        ...

    async def spent(self, name: str, version: str) -> Spent | None:
        """None where it cannot be told now."""
        ...

    async def close(self) -> None:
        """Let go of sessions, threads and connections."""
        ...
