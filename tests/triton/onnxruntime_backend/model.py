"""Stands in for Triton's ONNX Runtime backend, which the wheel does not carry: same name, same folders, any model.

Runs inside the server's Python stub, with the packages of the server's own virtual environment.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as backend


class TritonPythonModel:
    """Joins the requests of a batch, asks ONNX Runtime once, and gives each request its rows."""

    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        return config

    def initialize(self, arguments: dict[str, str]) -> None:
        config = json.loads(arguments["model_config"])
        self._inputs = [tensor["name"] for tensor in config["input"]]
        self._outputs = [tensor["name"] for tensor in config["output"]]
        folder = Path(arguments["model_repository"]) / arguments["model_version"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / (config.get("default_model_filename") or "model.onnx")),
            options,
            providers=["CPUExecutionProvider"],
        )

    def execute(self, requests: list[Any]) -> list[Any]:
        given = [
            {name: backend.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}
            for request in requests
        ]
        joined = {name: np.concatenate([tensors[name] for tensors in given]) for name in self._inputs}
        answers = self._session.run(self._outputs, joined)
        ends = np.cumsum([len(tensors[self._inputs[0]]) for tensors in given])[:-1]
        rows = zip(*(np.split(answer, ends) for answer in answers), strict=True)
        return [
            backend.InferenceResponse(
                [backend.Tensor(name, part) for name, part in zip(self._outputs, parts, strict=True)]
            )
            for parts in rows
        ]
