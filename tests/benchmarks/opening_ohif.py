"""From the address of a study to its first picture in OHIF, over the same connection and with the same processor."""

import io
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page
from pydicom import dcmread

from tests.benchmarks.browser import phone, running_browser, slow_processor
from tests.benchmarks.ohif import HOW_TO_INSTALL, ORTHANC_SETTINGS, PLUGIN, VERSION, ohif_files, served_ohif
from tests.benchmarks.opening import PROCESSOR_RATE, summary
from tests.benchmarks.orthanc import executable, running_orthanc
from tests.benchmarks.series import BenchmarkSeries
from tests.benchmarks.slow_link import SlowLink, slow_link
from tests.benchmarks.waterfall import ENTRIES, asked

# Cornerstone's own events; they do not bubble, but pass the window on their way down.
WATCH = """(() => {
  performance.setResourceTimingBufferSize(20000);
  globalThis.marks = {};
  addEventListener('CORNERSTONE_STACK_NEW_IMAGE', () => { marks.loaded ??= performance.now(); }, true);
  addEventListener('CORNERSTONE_IMAGE_RENDERED', () => {
    if (marks.loaded !== undefined) marks.drawn ??= performance.now();
  }, true);
})()"""
CODE = (".js", ".css", ".wasm", ".html")


def opening_ohif(series: BenchmarkSeries, rounds: int) -> Iterator[dict[str, Any]]:
    """Nothing is judged: it is what the other figures stand beside. Where it is not installed, a line says so."""
    command = executable()
    if command is None or not PLUGIN.is_file():
        yield {"benchmark": "opening_ohif", "skipped": f"not installed: {HOW_TO_INSTALL}", "met": True}
        return
    files = series.fresh(0)
    study = str(dcmread(io.BytesIO(files[0]), stop_before_pixels=True).StudyInstanceUID)
    with (
        running_orthanc(command, ORTHANC_SETTINGS) as orthanc,
        served_ohif(ohif_files(), orthanc.url) as port,
        slow_link(SlowLink(upstream=port)) as link,
        running_browser() as browser,
    ):
        orthanc.receive(files)
        address = f"{link.url}/viewer?StudyInstanceUIDs={study}"
        _once(browser, link, address, 1)  # its files are compressed by now, and Orthanc is warm
        times = [_once(browser, link, address, PROCESSOR_RATE) for _ in range(rounds)]
        version = orthanc.version()
    yield {
        "benchmark": "opening_ohif",
        "until": "the first picture is drawn",
        "ohif": VERSION,
        "orthanc": version,
        "series": series.name,
        "n": rounds,
        **summary([each["drawn_ms"] for each in times]),
        "bytes_until_then": [each["bytes"] for each in times],
        "code_bytes": [each["code_bytes"] for each in times],
        "target": "none",
        "met": True,
        "measured": "as `opening`, but nothing of it is kept by the browser yet: from going to the study's address to "
        "Cornerstone's first IMAGE_RENDERED after its first STACK_NEW_IMAGE; its files come gzip-compressed; "
        "code_bytes: of scripts, styles and WebAssembly that the page itself asked for until then, as they came",
    }


def _once(browser: Browser, link: SlowLink, address: str, processor_rate: int) -> dict[str, Any]:
    with phone(browser, WATCH) as page:
        slow_processor(page, processor_rate)
        page.goto(address, wait_until="commit")
        page.wait_for_function("() => 'drawn' in marks")
        drawn = page.evaluate("() => marks.drawn")
        origin = page.evaluate("() => performance.timeOrigin") / 1000
        code = _code(page, drawn)
    return {"drawn_ms": drawn, "bytes": link.received(origin, origin + drawn / 1000), "code_bytes": code}


def _code(page: Page, until: float) -> int:
    requests = asked(page.evaluate(ENTRIES))
    return sum(each.bytes for each in requests if each.end <= until and each.path.endswith(CODE))
