"""The viewer's own tools on a phone, in a real browser on the phantom: what is seen, turned, played and read."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pwa.test_browser_journey import begin_upload, shown_slice, sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser


@pytest.fixture
def case(phone: Page, server: RunningServer, phantom_files: list[Path]) -> Page:
    """The analysed phantom, at its first finding."""
    sign_in(phone, server)
    begin_upload(phone, phantom_files).get_by_role("link", name=re.compile("^CT ")).click()
    phone.get_by_role("button", name=re.compile("Above threshold")).first.click()
    shown_slice(phone)
    return phone


def test_what_the_model_went_by_is_shown_when_asked_for_as_strongly_as_chosen(case: Page) -> None:
    fetched: list[str] = []
    case.on("request", lambda request: fetched.append(request.url) if "/overlays/" in request.url else None)
    switch = case.get_by_role("button", name="What the model went by")
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert fetched == []

    switch.click()
    drawn = case.get_by_test_id("overlay")
    expect(drawn).to_be_visible()
    expect(case.get_by_text("Not the outline of a lesion")).to_be_visible()
    case.get_by_role("slider", name="Overlay opacity").fill("0.8")
    expect(drawn).to_have_css("opacity", "0.8")
    assert 1 <= len(set(fetched)) <= 5
    over, mark = drawn.bounding_box(), case.locator(".mark.is-selected .mark-line").bounding_box()
    assert over is not None
    assert mark is not None
    assert over["x"] <= mark["x"] <= over["x"] + over["width"]

    case.reload()
    expect(case.get_by_role("slider", name="Overlay opacity")).to_have_value("0.8")
    case.get_by_role("application").press("o")
    expect(drawn).to_have_count(0)
    expect(switch).to_have_attribute("aria-pressed", "false")


def test_an_overlay_that_cannot_be_fetched_says_so_and_leaves_the_picture(case: Page) -> None:
    blank = {"status": 200, "content_type": "image/png", "body": b"not a picture"}
    case.route("**/overlays/**", lambda route: route.fulfill(**blank))

    case.get_by_role("button", name="What the model went by").click()

    expect(case.get_by_text("The overlay of this slice could not be fetched.")).to_be_visible()
    assert shown_slice(case) > 0
    case.unroute_all(behavior="ignoreErrors")
    case.get_by_role("button", name="Try again").click()
    expect(case.get_by_test_id("overlay")).to_be_visible()
