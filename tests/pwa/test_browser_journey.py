"""The main job as a clinician does it on a phone, in a real browser against a real server."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.running import RunningServer

pytestmark = pytest.mark.browser


def sign_in(page: Page, server: RunningServer, who: str = "clinician") -> None:
    email, password = server.credentials[who]
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Upload").first).to_be_visible()


def begin_upload(page: Page, files: list[Path]) -> Locator:
    """Picks files; gives the card of this upload, the newest."""
    page.get_by_role("link", name="Upload").first.click()
    page.get_by_label("Choose files").first.set_input_files(files)
    return page.get_by_role("list", name="Uploads").locator(":scope > li").first


def shown_slice(page: Page) -> int:
    """Counted from 1, as it is written on the picture; waits until the picture itself is there, whole."""
    viewer = page.get_by_role("region", name="Images")
    expect(viewer).to_have_attribute("data-shown", "lossless")
    return int(viewer.get_attribute("data-slice") or "") + 1


def test_a_clinician_uploads_a_ct_and_sees_a_finding_marked_on_its_slice(
    phone: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    sign_in(phone, server)

    card = begin_upload(phone, phantom_files)
    card.get_by_role("link", name=re.compile("^CT ")).click()
    first = phone.get_by_role("button", name=re.compile("Above threshold")).first
    first.click()

    said = re.search(r"slice (\d+)", first.inner_text())
    assert said is not None
    expect(phone.get_by_role("slider", name="Slice")).to_have_value(str(int(said[1]) - 1))
    assert shown_slice(phone) == int(said[1])
    finding = first.get_attribute("data-finding")
    mark = phone.locator(f'.mark[data-mark="{finding}"]')
    expect(mark).to_have_class(re.compile("is-selected"))
    box, picture = mark.bounding_box(), phone.locator("canvas").bounding_box()
    assert box is not None
    assert picture is not None
    assert picture["x"] <= box["x"] + box["width"] / 2 <= picture["x"] + picture["width"]
    assert picture["y"] <= box["y"] + box["height"] / 2 <= picture["y"] + picture["height"]
    case = phone.get_by_role("main")
    expect(case.get_by_text("Phantom, not a patient", exact=True)).to_be_visible()
    expect(case.get_by_text("Research software, not a medical device")).to_be_visible()
    phone.screenshot(path=tmp_path / "finding.png")


def test_the_slices_scroll_by_keys_and_by_a_finger(
    phone: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    sign_in(phone, server)
    begin_upload(phone, phantom_files).get_by_role("link", name=re.compile("^CT ")).click()
    start = shown_slice(phone)
    picture = phone.get_by_role("application")

    picture.press("ArrowDown")
    after_key = shown_slice(phone)
    drag(phone, picture, by=60)
    after_finger = shown_slice(phone)
    picture.press("Home")

    assert after_key == start + 1
    assert after_finger > after_key
    assert shown_slice(phone) == 1


def test_an_upload_broken_off_by_a_reload_goes_on_with_the_same_files(
    phone: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    sign_in(phone, server, "colleague")
    arrived: list[str] = []
    phone.on("requestfinished", lambda request: arrived.append(request.url) if request.method == "PUT" else None)
    stuck = StuckLine(after=10)
    phone.route(lambda _: True, stuck.take)

    card = begin_upload(phone, phantom_files)
    expect(card).to_contain_text(f"10 of {len(phantom_files)} files sent")
    card.get_by_role("button", name="Pause").click()
    phone.reload()
    phone.unroute_all(behavior="ignoreErrors")
    again = phone.get_by_role("list", name="Uploads").locator(":scope > li").first
    expect(again).to_contain_text(f"{len(phantom_files) - 10} files of {len(phantom_files)} still to send")
    again.get_by_label("Choose files").set_input_files(phantom_files)

    expect(again).to_contain_text(re.compile("stored|already there"))
    assert len(arrived) == len(phantom_files)


def test_a_reload_keeps_the_session_and_signing_out_ends_it(phone: Page, server: RunningServer) -> None:
    sign_in(phone, server)

    phone.reload()
    expect(phone.get_by_role("link", name="Upload").first).to_be_visible()
    phone.get_by_role("button", name=re.compile("Sign out")).click()
    expect(phone.get_by_label("Password")).to_be_visible()
    phone.reload()

    expect(phone.get_by_label("Password")).to_be_visible()


def test_pictures_under_way_are_left_behind_when_one_signs_out(
    phone: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    sign_in(phone, server)
    begin_upload(phone, phantom_files).get_by_role("link", name=re.compile("^CT ")).wait_for()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.resource_type == "image" and "/icon" not in route.request.url:
            held.append(route)
        else:
            route.continue_()

    phone.route(lambda _: True, hold)
    phone.goto(server.url)
    with phone.expect_request(lambda request: request.resource_type == "image" and "/icon" not in request.url):
        phone.reload()
    phone.get_by_role("button", name=re.compile("Sign out")).click()
    expect(phone.get_by_label("Password")).to_be_visible()
    # Now the server would refuse them: the page itself says so if it still waits for one (see the fixture).
    answers: list[int] = []
    phone.on("response", lambda response: answers.append(response.status))
    for route in held:
        route.continue_()
    phone.unroute_all(behavior="ignoreErrors")
    phone.wait_for_timeout(1000)

    assert held
    assert 403 not in answers


class StuckLine:
    """Lets so many parts through; the others never get an answer."""

    def __init__(self, after: int) -> None:
        self._left = after

    def take(self, route: Route) -> None:
        if route.request.method == "PUT":
            if self._left == 0:
                return
            self._left -= 1
        route.continue_()


def drag(page: Page, where: Locator, by: int) -> None:
    """One finger, downwards, over the middle: touch events, as a phone sends them."""
    box = where.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x, "y": y + by * step / 10}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
