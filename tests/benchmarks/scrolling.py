"""Whether a loaded series scrolls without a missed frame, and without a task that a finger would feel."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from tests.benchmarks.browser import phone, running_browser, told_by
from tests.benchmarks.hilum import running_hilum
from tests.benchmarks.opening import receive_case
from tests.benchmarks.series import BenchmarkSeries
from tests.benchmarks.swiping import Finger, open_case

SECONDS = 10
SPEED = 200  # CSS pixels a second: 50 slices, where each has the least of 4 pixels
FRAME_MS = 16.7
MISSED_MS = 1.5 * FRAME_MS
LONG_TASK_MS = 100
# The clock of a frame is the display's: 60 a second are 16.67 ms apart, told to a tenth.
TOLERANCE_MS = 0.1
WATCH = f"""(() => {{
  performance.setResourceTimingBufferSize(20000);
  globalThis.frames = [];
  globalThis.tasks = [];
  new PerformanceObserver((list) => {{
    for (const {{ duration }} of list.getEntries()) if (duration > {LONG_TASK_MS}) tasks.push(duration);
  }}).observe({{ type: 'longtask' }});
}})()"""
BEGIN = """() => {
  tasks.length = 0;
  const take = (now) => { frames.push(now); requestAnimationFrame(take); };
  requestAnimationFrame(take);
}"""


def scrolling(series: BenchmarkSeries) -> Iterator[dict[str, Any]]:
    with running_hilum() as hilum:
        receive_case(hilum, series)
        with running_browser() as browser, phone(browser, WATCH) as page:
            open_case(page, hilum)
            page.get_by_role("application").press("Home")
            by = told_by(browser, page)
            finger = Finger(page, SPEED)
            finger.swipe()  # what is compiled when a finger first moves is no scrolling
            passed = finger.moved
            page.evaluate(BEGIN)
            finger.swipe_for(SECONDS)
            times, tasks = page.evaluate("() => [frames, tasks]")
    gaps = sorted(after - before for before, after in pairwise(times))
    in_time = share_within(gaps, FRAME_MS + TOLERANCE_MS)
    yield {
        "benchmark": "scrolling",
        "series": series.name,
        "n": len(gaps),
        "slices_passed": finger.moved - passed,
        "browser": by,
        "p50_ms": percentile(gaps, 0.5),
        "p95_ms": percentile(gaps, 0.95),
        "p99_ms": percentile(gaps, 0.99),
        "worst_ms": percentile(gaps, 1),
        "in_time": round(in_time, 4),
        "missed_frames": sum(gap > MISSED_MS for gap in gaps),
        "long_tasks_ms": [round(task) for task in tasks],
        "target": f"95 of 100 frames within {FRAME_MS} ms of the one before, no task over {LONG_TASK_MS} ms",
        "met": in_time >= 0.95 and not tasks and finger.moved > passed,
        "measured": f"390 × 844 CSS pixels at density 2, processor as it is; all that is fetched ahead is there; one "
        f"finger at {SPEED} pixels a second for {SECONDS} s; requestAnimationFrame; the page's own long tasks; "
        f"missed: more than {MISSED_MS:.1f} ms after the one before; the server runs on the same machine",
    }


def share_within(gaps: Sequence[float], limit: float) -> float:
    return sum(gap <= limit for gap in gaps) / len(gaps) if gaps else 0.0


def percentile(ordered: Sequence[float], part: float) -> float:
    """Nearest rank, of what is in order already."""
    return round(ordered[max(0, min(len(ordered), -int(-part * len(ordered) // 1)) - 1)], 1) if ordered else 0.0
