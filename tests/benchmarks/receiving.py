"""How long Hilum takes to receive a series, beside Orthanc on the same machine in the same minutes."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from tests.benchmarks.hilum import Hilum, running_hilum
from tests.benchmarks.orthanc import HOW_TO_INSTALL, executable, running_orthanc
from tests.benchmarks.series import BenchmarkSeries

RATIO = 1.5
INGEST_SECONDS = 3.0
MEASURED = (
    "4 clients with a connection each; Hilum from createUpload to completeUpload acknowledged, with addresses signed "
    "and the instances encrypted; Orthanc from the first POST /instances to the last answer; by turns, fresh UIDs each"
)


def receive(series: BenchmarkSeries, pairs: int) -> Iterator[dict[str, Any]]:
    """Beside Orthanc. Without it the comparison counts as missed, and says so; the rest is measured."""
    ours: list[float] = []
    theirs: list[float] = []
    ingests: list[float] = []
    steps: list[dict[str, float]] = []
    version = None
    with ExitStack() as running:
        command = executable()
        orthanc = running.enter_context(running_orthanc(command)) if command else None
        hilum = running.enter_context(running_hilum())
        _once(hilum, series.fresh(-1))  # neither is measured cold
        if orthanc is not None:
            orthanc.receive(series.fresh(-1))
            version = orthanc.version()
        for number in range(pairs):
            files = series.fresh(number)
            if orthanc is not None:
                orthanc.forget()
                theirs.append(orthanc.receive(files))
            took, ingested = _once(hilum, files)
            ours.append(took)
            ingests.append(ingested)
            steps.append(dict(hilum.steps))
    yield {
        "benchmark": "receive",
        "series": series.name,
        "bytes": series.size,
        "n": pairs,
        "hilum_s": rounded(ours),
        "median_hilum_s": round(median(ours), 3),
        "steps_s": {name: round(median(step[name] for step in steps), 3) for name in steps[0]},
        **_beside_orthanc(ours, theirs, version),
        "measured": MEASURED,
    }
    yield {
        "benchmark": "ingest",
        "series": series.name,
        "n": pairs,
        "seconds": rounded(ingests),
        "median_s": round(median(ingests), 3),
        "target": f"median <= {INGEST_SECONDS} s",
        "met": median(ingests) <= INGEST_SECONDS,
        "measured": "from completeUpload acknowledged to the upload seen COMPLETE, asked every 20 ms",
    }


def _beside_orthanc(ours: list[float], theirs: list[float], version: str | None) -> dict[str, Any]:
    target = f"ratio <= {RATIO}"
    if not theirs:
        return {"target": target, "met": False, "skipped": f"Orthanc is not installed: {HOW_TO_INSTALL}"}
    ratio = median(ours) / median(theirs)
    return {
        "orthanc": version,
        "orthanc_s": rounded(theirs),
        "median_orthanc_s": round(median(theirs), 3),
        "ratio": round(ratio, 2),
        "target": target,
        "met": ratio <= RATIO,
    }


def _once(hilum: Hilum, files: list[bytes]) -> tuple[float, float]:
    """Seconds to receive, and then to ingest."""
    hilum.sign_in()
    took, upload = hilum.receive(files)
    began = time.perf_counter()
    node = hilum.ingested(upload)
    ended = time.perf_counter() - began
    assert (node["status"], node["accepted"]) == ("COMPLETE", len(files)), node
    return took, ended


def rounded(values: list[float]) -> list[float]:
    return [round(value, 3) for value in values]
