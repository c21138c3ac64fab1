"""Lighthouse on the page that a stranger opens first: its own mobile profile, simulated slow 4G, a slower processor."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.browser import chromium
from tests.benchmarks.cache import cache_folder
from tests.benchmarks.hilum import running_hilum

# Apache-2.0; fetched by npm, and no part of Hilum.
VERSION = "13.5.0"
TARGETS = {"performance": 95, "accessibility": 100, "best-practices": 100}
SECONDS = 300


def lighthouse(rounds: int) -> Iterator[dict[str, Any]]:
    program = _program()
    with running_hilum() as hilum:
        runs = [_once(program, hilum.url) for _ in range(rounds)]
    scores = {name: median(round(run["categories"][name]["score"] * 100) for run in runs) for name in TARGETS}
    yield {
        "benchmark": "lighthouse",
        "lighthouse": VERSION,
        "n": rounds,
        "scores": scores,
        "each": {name: [round(run["categories"][name]["score"] * 100) for run in runs] for name in TARGETS},
        "first_contentful_paint_ms": _audits(runs, "first-contentful-paint"),
        "largest_contentful_paint_ms": _audits(runs, "largest-contentful-paint"),
        "total_blocking_time_ms": _audits(runs, "total-blocking-time"),
        "costs_points": sorted({name for run in runs for name in _short_of(run)}),
        "target": ", ".join(f"{name} {least}" for name, least in TARGETS.items()),
        "met": all(scores[name] >= least for name, least in TARGETS.items()),
        "measured": "the sign-in page of a running server, headless Chromium, Lighthouse's default mobile profile with "
        "simulated throttling; medians; the server runs on the same machine",
    }


def _program() -> Path:
    folder = cache_folder() / f"lighthouse-{VERSION}"
    program = folder / "node_modules/.bin/lighthouse"
    if not program.is_file():
        command = ["npm", "install", "--silent", "--no-save", "--prefix", str(folder), f"lighthouse@{VERSION}"]
        subprocess.run(command, check=True, capture_output=True)
    return program


def _once(program: Path, url: str) -> dict[str, Any]:
    flags = "--headless=new" + (" --no-sandbox" if os.geteuid() == 0 else "")
    told = subprocess.run(
        [
            str(program),
            url,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(TARGETS)}",
            f"--chrome-flags={flags}",
        ],
        env={**os.environ, "CHROME_PATH": chromium()},
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    run: dict[str, Any] = json.loads(told.stdout)
    return run


def _audits(runs: list[dict[str, Any]], name: str) -> list[int]:
    return [round(run["audits"][name]["numericValue"]) for run in runs]


def _short_of(run: dict[str, Any]) -> list[str]:
    """Audits that count and were not passed wholly."""
    counted = {ref["id"] for name in TARGETS for ref in run["categories"][name]["auditRefs"] if ref["weight"] > 0}
    scores = {name: run["audits"][name]["score"] for name in counted}
    return [name for name, score in scores.items() if score is not None and score < 0.9]
