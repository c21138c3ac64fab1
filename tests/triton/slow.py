"""The tests' slow model, asked as any other."""

from typing import Any

import numpy as np

from api.inference.predictor import Tensors
from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from tests.triton.server import HERE

SLOW = ("slow", "1")


def seconds(*each: float) -> Tensors:
    return {"seconds": np.array(each, np.float32)[:, None]}


def slow_predictor(address: str, **how: Any) -> TritonPredictor:
    return TritonPredictor(HERE / "models", Asked(address, **how))
