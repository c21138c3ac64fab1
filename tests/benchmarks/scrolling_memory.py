"""Whether a page that scrolls a long series for long holds ever more memory."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from playwright.sync_api import Browser, CDPSession

from tests.benchmarks.browser import phone, running_browser, told_by
from tests.benchmarks.hilum import running_hilum
from tests.benchmarks.opening import receive_case
from tests.benchmarks.series import BenchmarkSeries
from tests.benchmarks.swiping import Finger, open_case

SLICES = 1000
SPEED = 400  # CSS pixels a second: 100 slices
SAMPLE_SECONDS = 60.0
FEWEST_SAMPLES = 12
GROWTH = 0.05
MIB = 1 << 20


def scrolling_memory(series: BenchmarkSeries, minutes: float) -> Iterator[dict[str, Any]]:
    every = min(SAMPLE_SECONDS, minutes * 60 / FEWEST_SAMPLES)
    with running_hilum() as hilum:
        receive_case(hilum, series)
        with running_browser() as browser, phone(browser) as page:
            open_case(page, hilum)
            page.get_by_role("application").press("Home")
            by = told_by(browser, page)
            finger, session = Finger(page, SPEED), page.context.new_cdp_session(page)
            samples = [_sample(browser, session)]
            began = time.monotonic()
            while time.monotonic() - began < minutes * 60:
                finger.swipe_for(every)
                samples.append(_sample(browser, session))
    growths = {name: growth([sample[name] for sample in samples]) for name in samples[0]}
    judged = {name: growths[name] for name in ("js_heap", "renderer_rss")}
    yield {
        "benchmark": "scrolling_memory",
        "series": series.name,
        "minutes": minutes,
        "n": len(samples),
        "slices_passed": finger.moved,
        "browser": by,
        "samples_mib": {name: [round(sample[name]) for sample in samples] for name in samples[0]},
        "growth": {name: round(grown, 3) for name, grown in growths.items()},
        "target": f"JS heap and renderer: last quarter at most {GROWTH:.0%} above the second quarter",
        "met": all(grown <= GROWTH for grown in judged.values()) and finger.moved >= len(series.files),
        "measured": f"390 × 844 CSS pixels; one finger at {SPEED} pixels a second up and down the series; each "
        f"{every:g} s, after collecting garbage: what V8 holds of the page (js_heap), of array buffers (buffers) and "
        "the resident memory of the renderer process and of the one that draws; means of quarters are compared",
    }


def growth(samples: Sequence[float]) -> float:
    """How much higher the last quarter is than the second, as a part of that. The first is warming up."""
    quarter = len(samples) // 4
    if quarter == 0:
        raise ValueError("a trend needs four samples or more")
    before, after = mean(samples[quarter : 2 * quarter]), mean(samples[-quarter:])
    return after / before - 1 if before else 0.0


def _sample(browser: Browser, session: CDPSession) -> dict[str, float]:
    """MiB."""
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    told = browser.new_browser_cdp_session()
    processes = told.send("SystemInfo.getProcessInfo")["processInfo"]
    told.detach()
    return {
        "js_heap": heap["usedSize"] / MIB,
        "buffers": heap.get("backingStorageSize", 0) / MIB,
        "renderer_rss": _most(processes, "renderer"),
        "drawing_rss": _most(processes, "GPU"),
    }


def _most(processes: Sequence[Mapping[str, Any]], kind: str) -> float:
    """Of the largest: a browser keeps an empty renderer ready."""
    return max((_resident(each["id"]) for each in processes if each["type"] == kind), default=0.0)


def _resident(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
