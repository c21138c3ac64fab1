"""Waits as long as it is told, or until the caller has gone; runs inside the server's Python stub."""

import time
from typing import Any

import numpy as np
import triton_python_backend_utils as backend

LOOK_SECONDS = 0.02


class TritonPythonModel:
    def initialize(self, arguments: dict[str, str]) -> None:
        self._called_off = 0

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        seconds = float(backend.get_input_tensor_by_name(request, "seconds").as_numpy()[0, 0])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if request.is_cancelled():
                self._called_off += 1
                return backend.InferenceResponse(
                    error=backend.TritonError("the caller has gone", backend.TritonError.CANCELLED)
                )
            time.sleep(LOOK_SECONDS)
        told = {"waited": seconds, "called_off": self._called_off}
        return backend.InferenceResponse(
            [backend.Tensor(name, np.array([[value]], np.float32)) for name, value in told.items()]
        )
