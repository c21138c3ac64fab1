"""Which module reads for which model: a new model's is added here."""

from collections.abc import Mapping
from typing import Final

from api.errors import Unavailable
from api.inference import lung_nodule
from api.inference.interpretation import Interpretation

INTERPRETATIONS: Final[dict[str, Interpretation]] = {"lung_nodule": lung_nodule}


def interpretation_of(name: str, known: Mapping[str, Interpretation] = INTERPRETATIONS) -> Interpretation:
    """By the model's name. Raises Unavailable."""
    if name not in known:
        raise Unavailable(f"This version of Hilum does not know how to read for the model {name}.")
    return known[name]
