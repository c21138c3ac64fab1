"""Triton over gRPC: asks a model server, with deadlines, retries, a circuit breaker and a bounded queue.

The repository is read here too, for what models say of themselves; which of them are served, the server says.
"""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import aio as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from api.errors import ApiError, Invalid, PredictorAway, Unavailable
from api.inference.breaker import Breaker
from api.inference.call_queue import CallQueue
from api.inference.inputs import check_inputs
from api.inference.installed_models import InstalledModels
from api.inference.predictor import ModelDescription, Spent, Tensors
from api.inference.repository import ModelFolder, get_folder

log = logging.getLogger(__name__)

# Nothing was computed, or may be computed once more: a model keeps no state, and asking twice changes nothing.
PASSING = frozenset({"StatusCode.UNAVAILABLE", "StatusCode.RESOURCE_EXHAUSTED", "StatusCode.ABORTED"})
LONGEST_PAUSE_SECONDS = 5.0
MESSAGE_BYTES = 256 << 20
CHANNEL = [
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    # gRPC would wait up to two minutes before it looks again whether a server came back.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
]


@dataclass(frozen=True)
class TritonServer:
    """Where the server is and how it is asked.

    address: host and port of its gRPC; tls: files, PEM, or None for a connection in the clear
    deadline: of one call with its retries, seconds; ready: of asking whether it lives
    retries: after the first try; pause: before the first retry, seconds; doubles, with jitter
    breaker_failures, breaker_pause: see `Breaker`; calls, waiting_calls: see `CallQueue`
    """

    address: str
    tls: "TlsFiles | None" = None
    deadline: float = 30.0
    ready: float = 2.0
    retries: int = 3
    pause: float = 0.1
    breaker_failures: int = 5
    breaker_pause: float = 5.0
    calls: int = 8
    waiting_calls: int = 64


@dataclass(frozen=True)
class TlsFiles:
    """authority: of the server's certificate, None for the system's; certificate and key: our own, for mutual TLS."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """Raises Unavailable where a file cannot be read."""
        try:
            files = [path and path.read_bytes() for path in (self.authority, self.key, self.certificate)]
        except OSError as error:
            message = f"The file {error.filename} for TLS to the model server cannot be read."
            raise Unavailable(message) from error
        return grpc.ssl_channel_credentials(*files)


class TritonPredictor:
    """Of one event loop, in which it is made when first asked. The server joins what several callers ask for."""

    def __init__(self, repository_path: Path, server: TritonServer) -> None:
        self._installed = InstalledModels(repository_path)
        self._server = server
        self._breaker = Breaker(server.breaker_failures, server.breaker_pause)
        self._queue = CallQueue(server.calls, server.waiting_calls)
        self._credentials = server.tls.credentials() if server.tls else None
        self._client: triton.InferenceServerClient | None = None
        self._is_closed = False

    @property
    def is_left_alone(self) -> bool:
        """Whether the breaker is open."""
        return self._breaker.is_open

    async def models(self) -> Sequence[ModelDescription]:
        return [folder.describe(version) for folder in self._installed.folders.values() for version in folder.versions]

    async def is_ready(self, name: str, version: str) -> bool:
        folder = self._installed.folders.get(name)
        if self._is_closed or folder is None or version not in folder.versions:
            return False
        try:
            return bool(await self._open().is_model_ready(name, version, client_timeout=self._server.ready))
        except InferenceServerException:
            return False

    async def is_away(self) -> bool:
        """Also while it loads its models."""
        if self._is_closed:
            return False
        try:
            return not await self._open().is_server_ready(client_timeout=self._server.ready)
        except InferenceServerException:
            return True

    async def predict(self, name: str, version: str, inputs: Tensors) -> dict[str, NDArray[Any]]:
        folder = get_folder(self._installed.folders, name, version)
        rows = check_inputs(folder, inputs)
        step = folder.max_batch_size or max(1, rows)
        parts: list[dict[str, NDArray[Any]]] = []
        for start in range(0, max(rows, 1), step):
            part = {key: np.ascontiguousarray(value[start : start + step]) for key, value in inputs.items()}
            parts.append(await self._ask(folder, version, part if folder.max_batch_size else dict(inputs)))
        return {spec.name: np.concatenate([part[spec.name] for part in parts]) for spec in folder.outputs}

    async def spent(self, name: str, version: str) -> Spent | None:
        if self._is_closed:
            return None
        try:
            told = await self._open().get_inference_statistics(name, version, client_timeout=self._server.ready)
        except InferenceServerException:
            return None
        if not told.model_stats:
            return None
        (model,) = told.model_stats
        stats = model.inference_stats
        # Copying tensors in and out counts as computing, as in Triton's own metrics.
        compute = stats.compute_input.ns + stats.compute_infer.ns + stats.compute_output.ns
        return Spent(model.inference_count, stats.queue.ns / 1e9, compute / 1e9)

    async def close(self) -> None:
        self._is_closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _open(self) -> triton.InferenceServerClient:
        if self._is_closed:
            message = "The predictor is closed."
            raise Unavailable(message)
        if self._client is None:
            self._client = triton.InferenceServerClient(
                self._server.address, creds=self._credentials, channel_args=CHANNEL
            )
        return self._client

    async def _ask(
        self, folder: ModelFolder, version: str, part: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """One batch, in its turn. A caller that is called off calls the server off too."""
        client = self._open()
        async with self._queue.turn():
            self._breaker.enter()
            try:
                async with asyncio.timeout(self._server.deadline):
                    answer = await self._try(client, folder, version, part)
            except TimeoutError:
                await self._judge_silence(folder)
            except InferenceServerException as error:
                await self._judge(error, folder, version)
            except BaseException:
                self._breaker.leave()
                raise
            self._breaker.succeed()
            return answer

    async def _try(
        self, client: triton.InferenceServerClient, folder: ModelFolder, version: str, part: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """Raises InferenceServerException, as the last try ended."""
        inputs = [_input(name, value) for name, value in part.items()]
        outputs = [triton.InferRequestedOutput(spec.name) for spec in folder.outputs]
        for retry in range(self._server.retries + 1):
            try:
                result = await client.infer(folder.name, inputs, version, outputs, client_timeout=self._server.deadline)
                return {spec.name: result.as_numpy(spec.name) for spec in folder.outputs}
            except InferenceServerException as error:
                if error.status() not in PASSING or retry == self._server.retries:
                    raise
                log.info("the model server is asked again: %s", error.status())
            await asyncio.sleep(_pause(self._server.pause, retry))
        raise AssertionError

    async def _judge_silence(self, folder: ModelFolder) -> NoReturn:
        """No answer in time: the server is away, or lives and the model is slow."""
        self._breaker.fail()
        if await self.is_away():
            raise _away()
        message = (
            f"The model {folder.name} did not answer within {self._server.deadline:g} s. "
            "Start the analysis again; if it fails again, ask the operator."
        )
        raise Unavailable(message)

    async def _judge(self, error: InferenceServerException, folder: ModelFolder, version: str) -> NoReturn:
        status = error.status()
        if status == "StatusCode.DEADLINE_EXCEEDED":
            await self._judge_silence(folder)
        if status in PASSING:
            self._breaker.fail()
            log.warning("the model server is away: %s: %s", status, error.message())  # says why TLS failed, for one
            raise _away() from None
        self._breaker.succeed()  # it answered
        raise _refusal(status, folder, version, await self._served(folder)) from error

    async def _served(self, folder: ModelFolder) -> list[str]:
        """Versions of the model that the server has ready; for a message."""
        return [version for version in folder.versions if await self.is_ready(folder.name, version)]


def _input(name: str, value: NDArray[Any]) -> triton.InferInput:
    tensor = triton.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    tensor.set_data_from_numpy(value)
    return tensor


def _pause(first: float, retry: int) -> float:
    """Anything up to a bound that doubles, so that callers who failed together do not come back together."""
    return random.uniform(0, min(first * 2**retry, LONGEST_PAUSE_SECONDS))


def _away() -> PredictorAway:
    return PredictorAway("The model server does not answer. Ask the operator to look at it if this lasts.")


def _refusal(status: str, folder: ModelFolder, version: str, served: Sequence[str]) -> ApiError:
    if status == "StatusCode.NOT_FOUND":
        has = f"version {' and '.join(served)}" if served else "no version"
        return Unavailable(
            f"The model server serves {has} of {folder.name}, not version {version}. "
            "Ask the operator to give it the model repository that Hilum has."
        )
    if status == "StatusCode.INVALID_ARGUMENT":
        return Invalid(f"The model server refuses the tensors of {folder.name} {version}.", ["inputs"])
    log.error("the model server failed: %s", status)
    return Unavailable(f"The model {folder.name} failed. Ask the operator to look at the model server.")
