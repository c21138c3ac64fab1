"""Every screen keeps within the page: with text twice as large (WCAG 2.2 1.4.4), right to left, upright and across.

What can be touched on a phone is at least 44 px high and wide (WCAG 2.2 2.5.5), or a link in the midst of a text.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_journey import begin_upload, shown_slice, sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser

ACROSS: ViewportSize = {"width": PHONE["height"], "height": PHONE["width"]}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
SIZES = {"phone": PHONE, "phone-across": ACROSS, "desktop": DESKTOP}
TOUCH_PX = 44
CASE = re.compile("^CT |^PHANTOM")
# What lies outside of the page, unless it is in something that scrolls by itself or is hidden from the eye.
OUTSIDE = """() => {
  const isHeld = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement)
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  const faults = [...document.querySelectorAll('body *')].filter((element) => {
    const { left, right, width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && (left < -1 || right > innerWidth + 1) && !isHeld(element);
  }).map((element) => element.outerHTML.slice(0, 160));
  const { scrollWidth } = document.scrollingElement;
  return scrollWidth > innerWidth + 1 ? [`the page is ${scrollWidth} px wide`, ...faults] : faults;
}"""
SMALL = """(least) => [...document.querySelectorAll('button, a[href], input, select, summary, [role=tab]')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !element.closest('p, .visually-hidden, .comment-body'))
  .filter((element) => {
    const target = element.closest('label') ?? element;
    const { width, height } = target.getBoundingClientRect();
    return width > 1 && height > 1 && (width < least - 0.5 || height < least - 0.5);
  }).map((element) => element.outerHTML.slice(0, 160))"""
Look = Callable[[str], None]


@pytest.fixture(scope="module")
def analyzed_case(browser: Browser, server: RunningServer, phantom_files: list[Path]) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    sign_in(page, server)
    begin_upload(page, phantom_files).get_by_role("link", name=CASE).click(timeout=PATIENCE_MS)
    shown_slice(page)
    context.close()


@pytest.fixture(params=["phone", "phone-across", "desktop"])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, server: RunningServer, size: str) -> Iterator[Page]:
    is_phone = size != "desktop"
    context = browser.new_context(viewport=SIZES[size], has_touch=is_phone, is_mobile=is_phone, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    opened = context.new_page()
    opened.goto(server.url)
    yield opened
    context.close()


def walk(page: Page, server: RunningServer, look: Look) -> None:
    look("sign-in")
    sign_in(page, server)
    link = page.get_by_role("link", name=CASE)
    expect(link.first).to_be_visible()
    look("worklist")
    for place in ("Upload", "Inbox", "Settings", "Help"):
        page.get_by_role("navigation", name="Hilum").get_by_role("link", name=place).click()
        expect(page.get_by_role("heading", name=place, level=1)).to_be_visible()
        look(place.lower())
    page.goto(f"{server.url}/#/")
    link.first.click()
    page.get_by_role("button", name=re.compile("Above threshold")).first.click()
    look("case-findings")
    for tab in ("Comments", "Reading", "People"):
        page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        look(f"case-{tab.lower()}")


@pytest.mark.usefixtures("analyzed_case")
@pytest.mark.parametrize(
    "change",
    ["document.documentElement.style.fontSize = '200%'", "document.documentElement.dir = 'rtl'"],
    ids=["text twice as large", "from right to left"],
)
def test_nothing_lies_outside(page: Page, server: RunningServer, tmp_path: Path, change: str) -> None:
    faults: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.evaluate(change)
        page.wait_for_timeout(100)
        page.screenshot(path=tmp_path / f"{name}.png")
        if found := page.evaluate(OUTSIDE):
            faults[name] = found

    walk(page, server, look)

    assert faults == {}


@pytest.mark.usefixtures("analyzed_case")
def test_what_is_touched_is_large_enough(page: Page, server: RunningServer, size: str) -> None:
    if size == "desktop":
        pytest.skip("a mouse needs no 44 px")
    faults: dict[str, list[str]] = {}

    def look(name: str) -> None:
        if found := page.evaluate(SMALL, TOUCH_PX):
            faults[name] = found

    walk(page, server, look)

    assert faults == {}
