"""The viewer's own tools on a phone, in a real browser on the phantom: what is seen, turned, played and read."""

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

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

    expect(case.get_by_text("The overlay could not be fetched.")).to_be_visible()
    assert shown_slice(case) > 0
    case.unroute_all(behavior="ignoreErrors")
    case.get_by_role("button", name="Try again").click()
    expect(case.get_by_test_id("overlay")).to_be_visible()


def letters(page: Page) -> str:
    """Left, right, above, below."""
    return " ".join(page.locator(f".edge.at-{side}").inner_text() for side in ("left", "right", "top", "bottom"))


def test_the_picture_is_turned_flipped_inverted_and_reset_with_all_that_lies_on_it(case: Page) -> None:
    picture = case.get_by_role("application")
    mark = case.locator(".mark.is-selected .mark-line")
    upright = mark.bounding_box()
    case.get_by_role("button", name="Tools").click()
    sheet = case.get_by_role("group", name="Tools").bounding_box()
    shown = picture.bounding_box()
    assert sheet is not None
    assert shown is not None
    assert sheet["y"] >= shown["y"] + shown["height"] - 1

    assert letters(case) == "R L A P"
    case.get_by_role("button", name="Rotate").click()
    assert letters(case) == "P A R L"
    case.get_by_role("button", name="Flip H").click()
    assert letters(case) == "A P R L"
    case.get_by_role("button", name="Flip V").click()
    assert letters(case) == "A P L R"
    assert mark.bounding_box() != upright

    invert = case.get_by_role("button", name="Invert")
    dark = brightness(case)
    invert.click()
    expect(invert).to_have_attribute("aria-pressed", "true")
    case.wait_for_timeout(200)
    assert brightness(case) != pytest.approx(dark, abs=5)

    case.get_by_role("button", name="Reset").click()
    assert letters(case) == "R L A P"
    expect(invert).to_have_attribute("aria-pressed", "false")
    assert mark.bounding_box() == upright
    picture.press("?")
    expect(case.get_by_role("dialog", name="Keys on the picture")).to_be_visible()
    case.keyboard.press("Escape")
    picture.press("h")
    assert letters(case) == "L R A P"


def brightness(page: Page) -> float:
    """Mean grey of the screen's picture, from what is really painted."""
    content = page.get_by_role("application").screenshot()
    return float(np.asarray(Image.open(BytesIO(content)).convert("L")).mean())


def test_the_slices_play_when_asked_and_stop_at_a_touch(case: Page) -> None:
    start = shown_slice(case)
    case.get_by_role("button", name="Tools").click()
    case.get_by_label("Slices a second").select_option("25")
    assert shown_slice(case) == start

    case.get_by_role("button", name="Play").click()
    viewer = case.get_by_role("region", name="Images")
    expect(viewer).not_to_have_attribute("data-slice", str(start - 1))
    expect(case.get_by_text("25 slices a second", exact=True)).to_be_visible()
    case.get_by_role("application").tap()
    stopped = shown_slice(case)
    case.wait_for_timeout(500)

    assert shown_slice(case) == stopped
    expect(case.get_by_role("button", name="Play")).to_be_visible()


def test_the_place_under_a_finger_is_read_as_it_is_stored_also_in_a_turned_picture(
    case: Page, phantom_files: list[Path]
) -> None:
    picture = case.get_by_role("application")
    picture.press("0")
    hu = stored_hu(case, phantom_files)
    shown = case.get_by_test_id("reading")

    # In the chest wall, in a lung and in the air beside: no two lie alike when the picture is turned.
    for row, column in [(128, 30), (110, 75), (20, 140)]:
        value = f"{hu[row, column]:g} HU".replace("-", "−")
        # The middle of the pixel, in pixels from the middle of the picture.
        right, down = column + 0.5 - hu.shape[1] / 2, row + 0.5 - hu.shape[0] / 2
        for key, x, y in [("0", right, down), ("r", -down, right), ("h", down, right), ("v", down, -right)]:
            picture.press(key)
            hold(case, picture, x / hu.shape[1], y / hu.shape[0])
            expect(shown).to_have_text(value)
        picture.press("x")
    picture.press("m")
    expect(case.get_by_role("status").filter(has_text="In the middle")).to_contain_text("HU")
    expect(case.get_by_test_id("scale")).to_contain_text(re.compile(r"^\d+ mm$"))


def stored_hu(page: Page, files: list[Path]) -> NDArray[np.float64]:
    """Of the slice on the screen, found by its position, straight from the file that was sent."""
    at = re.search(r"z (−?[\d.]+) mm", page.locator(".corner.top-start").inner_text())
    assert at is not None
    slices = [pydicom.dcmread(path) for path in files]
    z = float(at[1].replace("−", "-"))
    found = min(slices, key=lambda each: abs(float(each.ImagePositionPatient[2]) - z))
    stored = found.pixel_array.astype(np.float64)
    return stored * float(found.RescaleSlope) + float(found.RescaleIntercept)


def hold(page: Page, picture: Locator, x: float, y: float) -> None:
    """One still finger for longer than a tap. x, y: from the middle, in parts of the square picture that fits."""
    box = picture.bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])
    point = {"x": box["x"] + box["width"] / 2 + x * side, "y": box["y"] + box["height"] / 2 + y * side}
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.wait_for_timeout(700)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
