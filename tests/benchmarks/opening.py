"""From a tap on a case in the worklist to its pictures, over a phone's connection and with a phone's processor."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

from tests.benchmarks.browser import PATIENCE_MS, phone, running_browser, slow_processor, told_by
from tests.benchmarks.hilum import Hilum, running_hilum
from tests.benchmarks.series import BenchmarkSeries
from tests.benchmarks.slow_link import BITS_PER_SECOND, ROUND_TRIP_SECONDS, SlowLink, proof, slow_link
from tests.benchmarks.waterfall import ENTRIES, Asked, asked, chain_to, over_bandwidth, previews_of, round_trips
from tests.pwa.test_browser_journey import sign_in

SLICES = 300
PROCESSOR_RATE = 4
PREVIEWS_MS = 1000.0
FACTOR, ALLOWANCE_MS = 1.15, 150.0
SETTLE_MS = 3000  # the worklist is looked at for so long: the case's code comes, the app is kept
# When a picture of a quality was first on the screen: the viewer says so right after it has drawn.
WATCH = """(() => {
  performance.setResourceTimingBufferSize(20000);
  globalThis.marks = {};
  addEventListener('click', () => { marks.tap ??= performance.now(); }, true);
  new MutationObserver(() => {
    const shown = document.querySelector('.viewer[data-shown]')?.dataset;
    if (shown && !(shown.shown in marks)) {
      marks[shown.shown] = performance.now();
      marks[`${shown.shown}Slice`] = Number(shown.slice);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-shown'] });
})()"""
MEASURED = (
    f"by a proxy between browser and server: {BITS_PER_SECOND / 1e6:g} Mbit/s each way for everything together, "
    f"{ROUND_TRIP_SECONDS * 1000:g} ms round trip, one more for each new connection; the page's thread "
    f"{PROCESSOR_RATE} times slower; a new browser each time, which looked at the worklist for "
    f"{SETTLE_MS / 1000:g} s; from the tap on the case (the click event)"
)


def opening(series: BenchmarkSeries, rounds: int) -> Iterator[dict[str, Any]]:
    with slow_link() as link, running_hilum({"HILUM_PUBLIC_URL": link.url}) as hilum:
        link.upstream = hilum.running.port
        receive_case(hilum, series)
        with running_browser() as browser:
            link_does = proof(link)
            times = [_once(browser, link, hilum, len(series.files)) for _ in range(rounds)]
            with phone(browser) as page:
                by = told_by(browser, page)
    shared = {"series": series.name, "n": rounds, "browser": by, "link": link_does}
    previews = [each["previews_ms"] for each in times]
    yield {
        "benchmark": "opening",
        "until": "the previews of all slices are there",
        **shared,
        **summary(previews),
        "first_preview_shown_ms": rounded(each["first_preview_ms"] for each in times),
        "slices_with_preview_after_1_s": [each["previews_after_1_s"] for each in times],
        "bytes_of_previews": times[0]["preview_bytes"],
        "their_bytes_over_bandwidth_ms": round(over_bandwidth(times[0]["preview_bytes"], BITS_PER_SECOND)),
        "target": f"median <= {PREVIEWS_MS:.0f} ms",
        "met": median(previews) <= PREVIEWS_MS,
        "measured": f"{MEASURED} to the end of the last preview's answer; first_preview_shown_ms: to the first drawn",
    }
    lossless = [each["lossless_ms"] for each in times]
    limits = [FACTOR * each["floor_ms"] + ALLOWANCE_MS for each in times]
    yield {
        "benchmark": "opening",
        "until": "the first lossless slice is shown",
        **shared,
        **summary(lossless),
        "limits_ms": rounded(limits),
        "round_trips": [each["round_trips"] for each in times],
        "bytes_until_then": [each["bytes"] for each in times],
        "bytes_it_needs": [each["needed_bytes"] for each in times],
        "limits_by_what_it_needs_ms": rounded(FACTOR * each["needed_ms"] + ALLOWANCE_MS for each in times),
        "chain": times[0]["chain"],
        "target": f"median <= median of {FACTOR} × (round trips + bytes over bandwidth) + {ALLOWANCE_MS:.0f} ms",
        "met": median(lossless) <= median(limits),
        "measured": f"{MEASURED} to the viewer's own word that the whole slice is drawn. round_trips: requests one "
        "after the other that lead to it, and new connections among them; bytes_until_then: all that the link "
        "delivered from the tap on, also other slices' previews; bytes_it_needs: of that chain alone",
    }


def receive_case(hilum: Hilum, series: BenchmarkSeries) -> None:
    """Nothing works on it any more when this returns."""
    _, upload = hilum.receive(series.files)
    node = hilum.ingested(upload)
    if (node["status"], node["accepted"]) != ("COMPLETE", len(series.files)):
        raise RuntimeError(f"the series was not taken: {node}")


def _once(browser: Browser, link: SlowLink, hilum: Hilum, slices: int) -> dict[str, Any]:
    with phone(browser, WATCH) as page:
        page.goto(link.url)
        sign_in(page, hilum.running)
        row = page.get_by_role("link", name=re.compile("^CT "))
        row.wait_for()
        page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
        page.wait_for_timeout(SETTLE_MS)
        slow_processor(page, PROCESSOR_RATE)
        page.evaluate("() => { globalThis.marks = {}; performance.clearResourceTimings(); }")
        row.tap()
        page.wait_for_function("() => 'lossless' in marks")
        requests = _with_all_previews(page, slices)
        marks = page.evaluate("() => marks")
        origin = page.evaluate("() => performance.timeOrigin") / 1000
    tap, shown = marks["tap"], marks["lossless"]
    previews = previews_of(requests)
    chain = chain_to(marks["losslessSlice"], requests)
    seen, needed = link.received(origin + tap / 1000, origin + shown / 1000), sum(each.bytes for each in chain)
    trips = round_trips(chain)
    way = trips * link.round_trip * 1000
    return {
        "previews_ms": max(each.end for each in previews) - tap,
        "previews_after_1_s": sum(each.end - tap <= PREVIEWS_MS for each in previews),
        "preview_bytes": sum(each.bytes for each in previews),
        "first_preview_ms": marks.get("preview", shown) - tap,
        "lossless_ms": shown - tap,
        "round_trips": trips,
        "bytes": seen,
        "needed_bytes": needed,
        "floor_ms": way + over_bandwidth(seen, link.bits_per_second),
        "needed_ms": way + over_bandwidth(needed, link.bits_per_second),
        "chain": [
            {"kind": "slice" if each.index is not None else "api", "start_ms": round(each.start - tap),
             "end_ms": round(each.end - tap), "bytes": each.bytes, "new_connection": each.is_opening}
            for each in chain
        ],
    }  # fmt: skip


def _with_all_previews(page: Page, slices: int) -> list[Asked]:
    """The page's requests, once a preview of each slice has come."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        requests = asked(page.evaluate(ENTRIES))
        if len(previews_of(requests)) >= slices:
            return requests
        page.wait_for_timeout(250)
    raise RuntimeError("the previews did not come")


def summary(times: Sequence[float]) -> dict[str, Any]:
    return {"ms": rounded(times), "median_ms": round(median(times)), "worst_ms": round(max(times))}


def rounded(times: Iterable[float]) -> list[int]:
    return [round(each) for each in times]
