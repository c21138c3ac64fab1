"""From completeUpload to findings, and the memory and event loops of everything on the way."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.hilum import Hilum, running_hilum
from tests.benchmarks.memory import processes_of, sampling, settled
from tests.benchmarks.series import BenchmarkSeries

TURNAROUND_SECONDS = 15.0
PEAK_MIB = 700.0
BLOCKED_SECONDS = 0.05
WATCHED = Path(__file__).parent / "watched"


def turnaround(series: BenchmarkSeries, rounds: int) -> Iterator[dict[str, Any]]:
    """Time, and memory over the same rounds."""
    stages: list[dict[str, float]] = []
    peaks: list[float] = []
    highest: dict[str, float] = {}
    with running_hilum() as hilum:
        idle = settled(lambda: processes_of(hilum.running))
        for number in range(rounds):
            files = series.fresh(number)
            with sampling(lambda: processes_of(hilum.running)) as samples:
                stages.append(_once(hilum, files))
            if samples.peak > max(peaks, default=0.0):
                highest = samples.highest
            peaks.append(samples.peak)
    times = [stage["turnaround"] for stage in stages]
    yield {
        "benchmark": "turnaround",
        "series": series.name,
        "n": rounds,
        "seconds": [round(value, 2) for value in times],
        "median_s": round(median(times), 2),
        "stages_s": {name: round(median(stage[name] for stage in stages), 2) for name in stages[0]},
        "target": f"median <= {TURNAROUND_SECONDS} s",
        "met": median(times) <= TURNAROUND_SECONDS,
        "measured": "completeUpload acknowledged to SUCCEEDED seen, asked every 20 ms; the first round starts cold",
    }
    yield {
        "benchmark": "memory",
        "series": series.name,
        "n": rounds,
        "peaks_mib": [round(value) for value in peaks],
        "peak_mib": round(max(peaks)),
        "at_the_peak_mib": highest,
        "idle_mib": round(idle),
        "target": f"peak < {PEAK_MIB:.0f} MiB",
        "met": max(peaks) < PEAK_MIB,
        "measured": "PSS of the API, the worker and every PostgreSQL process, each 100 ms from receive to SUCCEEDED",
    }


def event_loops(series: BenchmarkSeries) -> Iterator[dict[str, Any]]:
    """How long the loops of the API and the worker were blocked while a series was received, ingested and analysed."""
    with tempfile.TemporaryDirectory(prefix="hilum-clocks-") as reports:
        environment = {"PYTHONPATH": str(WATCHED), "HILUM_BENCHMARK_CLOCKS": reports}
        with running_hilum(environment) as hilum:
            _once(hilum, series.fresh(-1))  # what is loaded once is loaded
            beside = _idle_process(environment)
            began = time.monotonic()
            _once(hilum, series.fresh(0))
            ended = time.monotonic()
            beside.terminate()
            beside.wait()
        longest = _longest(Path(reports), began, ended)
    blocked = max(longest["serve"], longest["work"])
    yield {
        "benchmark": "event_loop",
        "series": series.name,
        "n": 1,
        "seconds": round(ended - began, 1),
        "api_blocked_ms": round(longest["serve"] * 1000, 1),
        "worker_blocked_ms": round(longest["work"] * 1000, 1),
        "idle_process_ms": round(longest["idle"] * 1000, 1),
        "target": f"both <= {BLOCKED_SECONDS * 1000:.0f} ms",
        "met": blocked <= BLOCKED_SECONDS,
        "measured": "a task in each loop that wakes every 2 ms: its longest delay over receive, ingest and analysis; "
        "idle_process: the same in a process that does nothing else, so what the machine itself takes",
    }


def _once(hilum: Hilum, files: list[bytes]) -> dict[str, float]:
    """Seconds from completeUpload, and of each stage."""
    hilum.sign_in()
    received, upload = hilum.receive(files, analyze=True)
    began = time.perf_counter()
    hilum.ingested(upload)
    ingested = time.perf_counter() - began
    analysis = hilum.analyzed(upload)
    ended = time.perf_counter() - began
    if analysis["status"] != "SUCCEEDED":
        raise RuntimeError(f"the analysis ended {analysis['status']}: {analysis['failure']}")
    return {
        "receive": received,
        "turnaround": ended,
        "ingest": ingested,
        "waiting": _between(analysis, "queuedAt", "startedAt"),
        "analysis": _between(analysis, "startedAt", "finishedAt"),
        **analysis["timing"],
    }


def _between(analysis: Mapping[str, Any], first: str, second: str) -> float:
    return (datetime.fromisoformat(analysis[second]) - datetime.fromisoformat(analysis[first])).total_seconds()


def _idle_process(environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    program = (
        "import asyncio, signal, sys, uvloop\n"
        "sys.argv[1:] = ['idle']\n"
        "async def idle():\n"
        "    ended = asyncio.Event()\n"
        "    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)\n"
        "    await ended.wait()\n"
        "uvloop.run(idle())\n"
    )
    return subprocess.Popen([sys.executable, "-c", program], env=dict(environment))


def _longest(reports: Path, began: float, ended: float) -> dict[str, float]:
    """Seconds, by command; 0 where no delay was worth telling."""
    longest = {"serve": 0.0, "work": 0.0, "idle": 0.0}
    for path in reports.glob("*.json"):
        told = json.loads(path.read_text())
        late = [late for moment, late in told["delays"] if began <= moment <= ended]
        (command,) = told["command"]
        longest[command] = max(longest[command], *late, 0.0)
    return longest
