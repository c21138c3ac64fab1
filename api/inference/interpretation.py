"""What a model needs besides its network: the module that makes its tensors of images, and findings of its answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from api.imaging.volume import Volume
from api.inference.findings import DetectedFinding, Score
from api.inference.suitability import StackFacts, Suitability

Progress = Callable[[float], None]
Batch = dict[str, NDArray[Any]]
Predict = Callable[[Batch], Awaitable[Mapping[str, NDArray[Any]]]]


class Cancelled(Exception):
    """Raised by a `progress` to stop the work."""


class Interpretation(Protocol):
    """A module that has these functions; `api/inference/lung_nodule.py` is one.

    All but `score` compute without awaiting, and are run in a thread. progress: called several times a second with 0
    to 1; it stops the work by raising Cancelled.
    """

    @property
    def check_facts(self) -> Callable[[StackFacts], Suitability]:
        """Whether the model may read the stack, by its headers alone."""
        ...

    @property
    def survey(self) -> Callable[[Volume, Progress], Any]:
        """What the voxels show that both of the next two go by: found once."""
        ...

    @property
    def check_suitability(self) -> Callable[[StackFacts, Any], Suitability]:
        """Whether the model may read the stack, by headers and survey."""
        ...

    @property
    def prepare(self) -> Callable[[Any, Progress], Any]:
        """Of the survey: what `score` and `interpret` take."""
        ...

    @property
    def score(self) -> Callable[[Any, Predict, Progress], Awaitable[Sequence[Batch]]]:
        """Ask the model, batch by batch."""
        ...

    @property
    def interpret(self) -> Callable[[Any, Sequence[Batch], Mapping[str, Any]], Sequence[DetectedFinding]]:
        """Findings, most probable first; of what was prepared, the model's answers, and its card."""
        ...

    @property
    def attend(
        self,
    ) -> Callable[[Any, Sequence[DetectedFinding], Predict, Progress], Awaitable[Mapping[int, NDArray[np.uint8]]]]:
        """What the model went by: by frame, uint8 (row, column) of the volume, 0 transparent. Nothing where it cannot
        be told."""
        ...

    @property
    def summarize(self) -> Callable[[Sequence[DetectedFinding]], tuple[Sequence[Score], float]]:
        """Scores of the whole stack, and how uncertain they are: 0 certain to 1."""
        ...
