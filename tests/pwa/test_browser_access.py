"""Every screen, in both themes, on a phone and on a desktop, before axe-core: WCAG 2.2 A and AA, best practices."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_journey import begin_upload, shown_slice, sign_in
from tests.running import ROOT, RunningServer

pytestmark = pytest.mark.browser

AXE = ROOT / "pwa/node_modules/axe-core/axe.min.js"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = (
    "async (tags) => (await axe.run({runOnly: tags})).violations.flatMap(({id, nodes}) =>"
    " nodes.map(({target, failureSummary}) => `${id}: ${target} ${failureSummary}`))"
)
# What shows that a screen has what it asked for.
READ = {"Inbox": "Inbox", "Settings": "Signed in on", "Help": "How good it is"}
Look = Callable[[str], None]


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, server: RunningServer, theme: str) -> Iterator[Page]:
    size, is_phone = (PHONE, True) if request.param == "phone" else (DESKTOP, False)
    context = browser.new_context(viewport=size, has_touch=is_phone, is_mobile=is_phone, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    context.add_init_script(f"localStorage.setItem('hilum-appearance', '{theme}')")
    opened = context.new_page()
    opened.goto(server.url)
    yield opened
    context.close()


@pytest.fixture
def look(page: Page, tmp_path: Path) -> Look:
    """Takes a picture and asks axe of the screen as it stands."""

    def looked(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png")
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text())
        assert page.evaluate(RUN, TAGS) == [], name

    return looked


def test_axe_sees_what_is_wrong(page: Page) -> None:
    page.get_by_label("E-mail").wait_for()
    page.evaluate("() => document.querySelector('label').remove()")
    page.evaluate(AXE.read_text())

    assert any(fault.startswith("label:") for fault in page.evaluate(RUN, TAGS))


def test_every_screen_is_accessible(
    page: Page, look: Look, server: RunningServer, phantom_files: list[Path], theme: str
) -> None:
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    look("sign-in")
    page.get_by_role("button", name="Forgot the password?").click()
    look("password-reset")
    page.reload()
    sign_in(page, server)
    card = begin_upload(page, phantom_files)
    link = card.get_by_role("link", name=re.compile("^CT "))
    expect(link).to_be_visible()
    look("upload")
    link.click()
    shown_slice(page)
    page.get_by_role("button", name=re.compile("Above threshold")).first.click()
    look("case-findings")
    page.get_by_role("group", name="Do you agree with finding 1?").get_by_role("button", name="Disagree").click()
    page.get_by_role("button", name=re.compile("^(Add a|Change the) note$")).first.click()
    expect(page.get_by_label("What it is instead")).to_be_focused()
    look("case-feedback")
    page.get_by_role("tab", name=re.compile("Comments")).click()
    page.get_by_role("textbox", name="Comment").fill("A vessel?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("list").get_by_text("A vessel?").first).to_be_visible()
    look("case-comments")
    page.get_by_role("tab", name="Reading").click()
    look("case-reading")
    page.get_by_role("tab", name="People").click()
    expect(page.get_by_label("Share with (e-mail)")).to_be_visible()
    look("case-people")
    page.goto(f"{server.url}/#/")
    expect(page.get_by_role("link", name=re.compile("^CT ")).first).to_be_visible()
    look("worklist")
    page.get_by_role("button", name=re.compile("^Filters and order")).click()
    look("filters")
    for place in ("Inbox", "Settings", "Help"):
        page.get_by_role("navigation", name="Hilum").get_by_role("link", name=place).click()
        expect(page.get_by_role("heading", name=place, level=1)).to_be_visible()
        expect(page.get_by_text(READ[place]).first).to_be_visible()
        look(place.lower())
