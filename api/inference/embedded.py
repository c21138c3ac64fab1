"""The embedded predictor: ONNX Runtime in this process, on the same repository that Triton serves."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from api.errors import Unavailable
from api.inference.inputs import check_inputs
from api.inference.installed_models import InstalledModels
from api.inference.predictor import ModelDescription, Spent, Tensors
from api.inference.repository import ModelFolder, get_folder

if TYPE_CHECKING:
    import onnxruntime

# Rows of one native call: about 0.1 s of lung_nodule on one core, so that a cancelled caller is soon heard.
SLICE_ROWS = 16


class EmbeddedPredictor:
    """Sessions load when first asked. One native call runs at a time: more would only fight for the same cores."""

    def __init__(
        self,
        repository_path: Path,
        threads: int = 2,
        *,
        slice_rows: int = SLICE_ROWS,
        deadline: float | None = None,
    ) -> None:
        self._installed = InstalledModels(repository_path)
        self._threads = threads
        self._slice_rows = slice_rows
        self._deadline = deadline
        self._spent: dict[tuple[str, str], Spent] = {}
        self._sessions: dict[tuple[str, str], onnxruntime.InferenceSession] = {}
        self._executor: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix="inference")

    async def models(self) -> Sequence[ModelDescription]:
        return [folder.describe(version) for folder in self._installed.folders.values() for version in folder.versions]

    async def is_ready(self, name: str, version: str) -> bool:
        folder = self._installed.folders.get(name)
        return self._executor is not None and folder is not None and version in folder.versions

    async def is_away(self) -> bool:
        return False

    async def predict(self, name: str, version: str, inputs: Tensors) -> dict[str, NDArray[Any]]:
        folder = get_folder(self._installed.folders, name, version)
        rows = check_inputs(folder, inputs)
        # Slices even where Triton's largest batch would allow more: the event loop hears a cancellation between them.
        step = max(1, min(self._slice_rows, folder.max_batch_size or rows)) if folder.max_batch_size else max(1, rows)
        parts: list[list[NDArray[Any]]] = []
        try:
            async with asyncio.timeout(self._deadline):
                for start in range(0, max(rows, 1), step):
                    part = {key: np.ascontiguousarray(value[start : start + step]) for key, value in inputs.items()}
                    parts.append(await self._in_thread(folder, version, part))
        except TimeoutError as error:
            message = f"The model {name} did not answer within {self._deadline:g} s."
            raise Unavailable(message) from error
        names = [spec.name for spec in folder.outputs]
        return {name: np.concatenate(values) for name, values in zip(names, zip(*parts, strict=True), strict=True)}

    async def spent(self, name: str, version: str) -> Spent | None:
        return self._spent.get((name, version), Spent(0, 0.0, 0.0))

    async def close(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)
        self._sessions.clear()

    async def _in_thread(self, folder: ModelFolder, version: str, part: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        if self._executor is None:
            message = "The predictor is closed."
            raise Unavailable(message)
        asked = time.monotonic()
        loop = asyncio.get_running_loop()
        begun, ended, outputs = await loop.run_in_executor(self._executor, self._run, folder, version, part)
        was = self._spent.get((folder.name, version), Spent(0, 0.0, 0.0))
        self._spent[folder.name, version] = Spent(
            was.inferences + _rows(part), was.queue + begun - asked, was.compute + ended - begun
        )
        return outputs

    def _run(
        self, folder: ModelFolder, version: str, part: dict[str, NDArray[Any]]
    ) -> tuple[float, float, list[NDArray[Any]]]:
        """When it began, when it ended, and the outputs."""
        begun = time.monotonic()
        key = (folder.name, version)
        if key not in self._sessions:
            self._sessions[key] = _load(folder.file(version), self._threads)
        outputs = self._sessions[key].run([spec.name for spec in folder.outputs], part)
        return begun, time.monotonic(), [np.asarray(output) for output in outputs]


def _rows(inputs: Tensors) -> int:
    return len(next(iter(inputs.values())))


def _load(file: Path, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime  # large, and the API's process never asks a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The arena never gives memory back, and idle threads that spin take the core from PostgreSQL and the decoder.
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public parent
        message = f"The network of {file.parent.parent.name}, version {file.parent.name}, cannot be loaded."
        raise Unavailable(message) from error
