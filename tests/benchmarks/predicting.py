"""What Hilum adds to the model: in its predictor before Triton, and in the pipeline around the questions."""

import asyncio
import io
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from pydicom import dcmread
from tritonclient.grpc import aio as triton

from api.imaging.instance import read_instance
from api.imaging.pixels import iter_frames
from api.imaging.volume import Volume, load_volume
from api.inference import lung_nodule
from api.inference.embedded import EmbeddedPredictor
from api.inference.repository import read_repository
from api.inference.suitability import StackFacts
from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from tests.benchmarks.series import BenchmarkSeries
from tests.triton.server import ROOT, DoesNotRun, TritonServer

MODELS = ROOT / "triton_models"
SHARE_OF_DIRECT = 0.95
PIPELINE_SECONDS = 3.0
SLICES = 300
ROWS = 16
CALLERS = (1, 4, 8)
TURNS = 6
TURN_SECONDS = 3.0

Call = Callable[[], Awaitable[Any]]


def predicting() -> Iterator[dict[str, Any]]:
    """Requests a second at Triton, asked by its bare client and by Hilum's predictor, by turns."""
    try:
        with tempfile.TemporaryDirectory(prefix="hilum-triton-") as folder:
            server = TritonServer(Path(folder), [MODELS])
            server.start()
            try:
                yield from asyncio.run(_rates(server))
            finally:
                server.stop()
    except DoesNotRun as error:
        yield {"benchmark": "predicting", "skipped": str(error).splitlines()[0], "met": True}


async def _rates(server: TritonServer) -> list[dict[str, Any]]:
    (folder,) = [folder for name, folder in read_repository(MODELS).items() if name == lung_nodule.MODEL]
    version = folder.versions[-1]
    (spec,) = folder.inputs
    voxels = np.random.default_rng(1).integers(-1000, 400, (ROWS, *spec.dims)).astype(np.int16)
    bare = triton.InferenceServerClient(server.address)
    ours = TritonPredictor(MODELS, Asked(server.address))

    async def direct() -> Any:
        tensor = triton.InferInput(spec.name, list(voxels.shape), "INT16")
        tensor.set_data_from_numpy(voxels)
        wanted = [triton.InferRequestedOutput(output.name) for output in folder.outputs]
        answer = await bare.infer(folder.name, [tensor], version, wanted)
        return [answer.as_numpy(output.name) for output in folder.outputs]

    async def through() -> Any:
        return await ours.predict(folder.name, version, {spec.name: voxels})

    lines = []
    for callers in CALLERS:
        await _rate(through, callers, 1.0)
        pairs = [(await _rate(direct, callers), await _rate(through, callers)) for _ in range(TURNS)]
        share = median(hilum / plain for plain, hilum in pairs)
        lines.append(
            {
                "benchmark": "predicting",
                "callers": callers,
                "n": TURNS,
                "direct_a_second": round(median(plain for plain, _ in pairs), 2),
                "through_hilum_a_second": round(median(hilum for _, hilum in pairs), 2),
                "share": round(share, 3),
                "target": f"median share of the direct rate >= {SHARE_OF_DIRECT}",
                "met": share >= SHARE_OF_DIRECT,
                "measured": f"requests of {ROWS} candidates in {TURN_SECONDS:.0f} s, bare client and Hilum by turns",
            }
        )
    await bare.close()
    await ours.close()
    return lines


async def _rate(call: Call, callers: int, seconds: float = TURN_SECONDS) -> float:
    """Answers a second, of so many callers that ask again as soon as they are answered."""
    answered = 0
    end = time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal answered
        while time.perf_counter() < end:
            await call()
            answered += 1

    begun = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(callers)))
    return answered / (time.perf_counter() - begun)


def pipeline(series: BenchmarkSeries, rounds: int) -> Iterator[dict[str, Any]]:
    """The time of an analysis that is not the model's: suitability, candidates, their voxels, and findings."""
    volume = _volume(series)
    runs = [asyncio.run(_run(volume)) for _ in range(rounds)]
    whole = median(sum(run.values()) for run in runs)
    yield {
        "benchmark": "pipeline",
        "series": series.name,
        "n": rounds,
        "steps_s": {step: round(median(run[step] for run in runs), 2) for step in runs[0]},
        "median_s": round(whole, 2),
        "target": f"median < {PIPELINE_SECONDS} s",
        "met": whole < PIPELINE_SECONDS,
        "measured": "wall time in one thread from a volume in memory to findings, less the model's own computing",
    }


async def _run(volume: Volume) -> dict[str, float]:
    predictor = EmbeddedPredictor(MODELS)
    model = (await predictor.models())[0]

    async def ask(batch: Any) -> Any:
        return await predictor.predict(model.name, model.version, batch)

    facts = StackFacts("CT", "CHEST", (), "HU", volume.spacing[0], len(volume.voxels))
    marks = [time.perf_counter()]
    seen = lung_nodule.survey(volume)
    marks.append(time.perf_counter())
    lung_nodule.check_suitability(facts, seen)
    marks.append(time.perf_counter())
    prepared = lung_nodule.prepare(seen)
    marks.append(time.perf_counter())
    outputs = await lung_nodule.score(prepared, ask)
    marks.append(time.perf_counter())
    lung_nodule.interpret(prepared, outputs, model.card)
    marks.append(time.perf_counter())
    spent = await predictor.spent(model.name, model.version)
    assert spent is not None
    await predictor.close()
    lungs, suitability, candidates, asking, findings = np.diff(marks).tolist()
    return {
        "lungs": lungs,
        "suitability": suitability,
        "candidates": candidates,
        "their voxels": asking - spent.compute,
        "findings": findings,
    }


def _volume(series: BenchmarkSeries) -> Volume:
    read = []
    for content in series.files:
        stream = io.BytesIO(content)
        read.append((float(dcmread(stream, stop_before_pixels=True).ImagePositionPatient[2]), stream))
    read.sort(key=lambda each: each[0])
    instances = [(stream, read_instance(stream)) for _, stream in read]
    frames = (next(iter(iter_frames(stream, instance))) for stream, instance in instances)
    return load_volume(frames, [instance.frames[0] for _, instance in instances])
