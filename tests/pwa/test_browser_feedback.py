"""What doctors think of what the model found: said with one tap, seen by colleagues at once, kept without a network."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, ViewportSize, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_journey import begin_upload, sign_in
from tests.pwa.test_browser_talk import sign_in_as
from tests.running import RunningServer

pytestmark = pytest.mark.browser

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
TOUCH = 44
ON_FINDING, ON_ANALYSIS = "Do you agree with finding 1?", "Do you agree with this analysis?"


@pytest.fixture
def colleague(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """At a desk, signed in."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    sign_in_as(page, server, "colleague")
    yield page
    context.close()


@pytest.fixture
def roaming_phone(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """As `phone`, but what the browser says of requests that found no network is meant."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()


def open_case(phone: Page, server: RunningServer, files: list[Path]) -> str:
    """Its address. The first finding is chosen."""
    sign_in(phone, server)
    begin_upload(phone, files).get_by_role("link", name=re.compile("^CT ")).click()
    address = phone.url
    choose_finding(phone)
    return address


def choose_finding(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Above threshold")).first.click()


def choice(page: Page, question: str, word: str) -> Locator:
    return page.get_by_role("group", name=question).get_by_role("button", name=word, exact=True)


def test_a_doctor_disagrees_on_a_phone_and_the_colleague_sees_it_at_once(
    phone: Page, colleague: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    address = open_case(phone, server, phantom_files)
    colleague.goto(address)
    choose_finding(colleague)
    buttons = phone.get_by_role("group", name=ON_FINDING).get_by_role("button")
    sizes = [box for box in (button.bounding_box() for button in buttons.all()) if box]
    assert len(sizes) == 3
    assert all(box["width"] >= TOUCH and box["height"] >= TOUCH for box in sizes)

    choice(phone, ON_FINDING, "Disagree").click()
    expect(choice(phone, ON_FINDING, "Disagree")).to_have_attribute("aria-pressed", "true")
    expect(colleague.get_by_text(re.compile("disagrees$"))).to_be_visible()

    phone.get_by_role("button", name=re.compile("^(Add a|Change the) note$")).first.click()
    phone.get_by_label("What it is instead").fill("Granuloma")
    phone.get_by_role("textbox", name="Note").fill("Calcified in the middle.")
    phone.get_by_role("group", name=ON_FINDING).scroll_into_view_if_needed()
    phone.screenshot(path=tmp_path / "feedback-note.png")
    phone.get_by_role("button", name="Save", exact=True).click()
    expect(colleague.get_by_text("Rather: Granuloma")).to_be_visible()
    expect(colleague.get_by_text("Calcified in the middle.")).to_be_visible()

    choice(colleague, ON_FINDING, "Agree").click()
    choice(colleague, ON_ANALYSIS, "Partly").click()
    expect(phone.get_by_text(re.compile("agrees partly$"))).to_be_visible()
    choice(phone, ON_FINDING, "Partly").click()
    expect(colleague.get_by_text(re.compile("[^u] agrees partly$"))).to_be_visible()
    expect(colleague.get_by_text("Calcified in the middle.")).to_be_visible()
    phone.get_by_role("group", name=ON_FINDING).scroll_into_view_if_needed()
    phone.screenshot(path=tmp_path / "feedback-phone.png")
    colleague.screenshot(path=tmp_path / "feedback-desktop.png")
    choose_finding(colleague)
    phone.reload()
    expect(choice(phone, ON_FINDING, "Partly")).to_have_attribute("aria-pressed", "true")


def test_choices_made_without_a_network_are_sent_once_and_the_last_one_counts(
    roaming_phone: Page, colleague: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    phone = roaming_phone
    address = open_case(phone, server, phantom_files)
    sent: list[str] = []

    def note(request: Request) -> None:
        body = request.post_data or ""
        if "GiveFeedback" in body:
            sent.append(json.loads(body)["variables"]["input"]["agreement"])

    phone.route("**/graphql", lambda route: route.abort())
    choice(phone, ON_FINDING, "Agree").click()
    choice(phone, ON_FINDING, "Disagree").click()
    choice(phone, ON_ANALYSIS, "Partly").click()
    expect(phone.get_by_text("Waiting to be sent")).to_have_count(2)
    expect(choice(phone, ON_FINDING, "Disagree")).to_have_attribute("aria-pressed", "true")
    expect(choice(phone, ON_FINDING, "Agree")).to_have_attribute("aria-pressed", "false")
    choice(phone, ON_FINDING, "Disagree").scroll_into_view_if_needed()
    phone.screenshot(path=tmp_path / "feedback-waiting.png")
    phone.on("request", note)
    phone.unroute_all(behavior="wait")

    expect(phone.get_by_text("Waiting to be sent")).to_have_count(0)
    assert sent == ["DISAGREE", "PARTLY"]
    colleague.goto(address)
    choose_finding(colleague)
    expect(colleague.get_by_text(re.compile("disagrees$"))).to_be_visible()
    expect(colleague.get_by_text(re.compile("agrees partly$"))).to_be_visible()
