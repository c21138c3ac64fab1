"""Ruler and ellipse on a phone and on a desktop, in a real browser on the phantom: drawn, kept, shared, taken back."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, CDPSession, Page, Request, Route, expect

from tests.phantoms import small_phantom
from tests.pwa.conftest import PATIENCE_MS
from tests.pwa.test_browser_accounts import SIGN_IN, ask
from tests.pwa.test_browser_journey import begin_upload, shown_slice, sign_in
from tests.pwa.test_browser_talk import SHARE, sign_in_as
from tests.pwa.test_browser_viewer import stored_hu
from tests.running import RunningServer

pytestmark = pytest.mark.browser

SEEDS = count(100)
SLICES = 12
SIDE = 256  # pixels of the phantom's slices
SPACING_MM = 1.4
Place = tuple[float, float]


@dataclass
class Reader:
    """Somebody at a screen, and what was sent to save measurements. Places: (column, row) of the image that fits."""

    page: Page
    is_touch: bool
    saved: list[dict[str, Any]] = field(default_factory=list)
    fingers: CDPSession | None = None

    def __post_init__(self) -> None:
        self.page.on("request", self._note)
        if self.is_touch:
            self.fingers = self.page.context.new_cdp_session(self.page)

    def _note(self, request: Request) -> None:
        sent = request.post_data or ""
        if "mutation SaveAnnotation" in sent:
            self.saved.append(json.loads(sent)["variables"]["input"])

    def take_up(self, tool: str) -> None:
        opener = self.page.get_by_role("button", name="Tools")
        if opener.is_visible():
            opener.click()
        self.page.get_by_role("group", name="Tools").get_by_role("button", name=tool).click()

    def place(self, at: Place) -> Place:
        box = self.page.get_by_role("application").bounding_box()
        assert box is not None
        scale = min(box["width"], box["height"]) / SIDE
        x = box["x"] + box["width"] / 2 + (at[0] - SIDE / 2) * scale
        return x, box["y"] + box["height"] / 2 + (at[1] - SIDE / 2) * scale

    def drag(self, start: Place, end: Place) -> None:
        (x, y), (to_x, to_y) = self.place(start), self.place(end)
        if not self.is_touch:
            self.page.mouse.move(x, y)
            self.page.mouse.down()
            self.page.mouse.move(to_x, to_y, steps=6)
            self.page.mouse.up()
            return
        self.touch("touchStart", (x, y))
        for step in range(1, 7):
            self.touch("touchMove", (x + (to_x - x) * step / 6, y + (to_y - y) * step / 6))
        self.touch("touchEnd")

    def touch(self, kind: str, *fingers: Place) -> None:
        assert self.fingers is not None
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(fingers)]
        self.fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def label(self, kind: str) -> str:
        """What stands beside the chosen one on the picture, its lines parted by newlines."""
        lines = self.page.locator(f".shape.is-selected[data-shape={kind}] tspan")
        expect(lines.first).to_be_visible()
        return "\n".join(lines.all_text_contents())

    def row(self, name: str) -> Any:
        return self.page.get_by_role("region", name="Measurements").get_by_role("button", name=re.compile(f"^{name}"))


@pytest.fixture
def own_files(tmp_path: Path) -> list[Path]:
    """No other test has drawn on these."""
    for name, content in small_phantom(next(SEEDS), SLICES).items():
        (tmp_path / name).write_bytes(content)
    return sorted(tmp_path.glob("*.dcm"))


@pytest.fixture(params=["phone", "desktop"])
def reader(
    request: pytest.FixtureRequest, browser: Browser, phone: Page, server: RunningServer, own_files: list[Path]
) -> Iterator[Reader]:
    """A clinician with the slices of a phantom of his own open."""
    if request.param == "phone":
        page, context = phone, None
    else:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(server.url)
    sign_in(page, server)
    begin_upload(page, own_files).get_by_role("link", name=re.compile("^CT ")).click()
    shown_slice(page)
    yield Reader(page, is_touch=request.param == "phone")
    if context is not None:
        context.close()


def inside(ellipse: list[dict[str, float]], hu: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of the pixels whose middles lie in the ellipse between two corners of its box."""
    one, other = ellipse
    rows, columns = np.mgrid[0 : hu.shape[0], 0 : hu.shape[1]] + 0.5
    across = (columns - (one["x"] + other["x"]) / 2) / (abs(one["x"] - other["x"]) / 2)
    down = (rows - (one["y"] + other["y"]) / 2) / (abs(one["y"] - other["y"]) / 2)
    values: NDArray[np.float64] = hu[across**2 + down**2 <= 1]
    return values


def tenths(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def test_what_is_measured_is_what_is_stored(reader: Reader, own_files: list[Path], tmp_path: Path) -> None:
    hu = stored_hu(reader.page, own_files)

    reader.take_up("Ruler")
    reader.drag((60, 100), (120, 150))
    ruler = reader.label("LENGTH")
    reader.take_up("Ellipse")
    reader.drag((90, 60), (170, 130))
    ellipse = reader.label("ELLIPSE")

    expect(reader.row("Ruler")).not_to_contain_text("saving")
    expect(reader.row("Ellipse")).not_to_contain_text("saving")
    ends, corners = (each["points"] for each in reader.saved)
    length = np.hypot(ends[1]["x"] - ends[0]["x"], ends[1]["y"] - ends[0]["y"]) * SPACING_MM
    assert length == pytest.approx(np.hypot(60, 50) * SPACING_MM, abs=2 * SPACING_MM)
    assert ruler == f"{length:,.1f} mm"
    values = inside(corners, hu)
    area = np.pi / 4 * abs(corners[1]["x"] - corners[0]["x"]) * abs(corners[1]["y"] - corners[0]["y"]) * SPACING_MM**2
    told = [f"Mean {tenths(values.mean())} HU", f"SD {values.std():.1f} HU", f"Area {area:,.1f} mm²"]
    assert ellipse.split("\n") == told
    # The list tells what the server measured itself from the same stored values.
    expect(reader.row("Ruler")).to_contain_text(ruler)
    for words in told:
        expect(reader.row("Ellipse")).to_contain_text(words)
    reader.page.screenshot(path=tmp_path / "measured.png")


def test_a_measurement_is_there_after_a_reload_and_comes_back_when_it_was_deleted_by_mistake(reader: Reader) -> None:
    page = reader.page
    reader.take_up("Ruler")
    reader.drag((60, 100), (120, 150))
    words = reader.label("LENGTH")
    expect(reader.row("Ruler")).not_to_contain_text("saving")

    page.reload()
    reader.row("Ruler").click()
    assert reader.label("LENGTH") == words
    page.get_by_role("group", name="Measuring").get_by_role("button", name="Delete").click()
    expect(page.locator(".shape")).to_have_count(0)
    page.get_by_role("group", name="Measuring").get_by_role("button", name="Undo").click()
    assert reader.label("LENGTH") == words
    expect(reader.row("Ruler")).not_to_contain_text("saving")
    page.reload()
    expect(reader.row("Ruler")).to_have_count(1)

    page.get_by_role("button", name=re.compile("^Delete Ruler")).click()
    expect(page.get_by_role("status").filter(has_text="deleted")).to_be_visible()
    page.reload()
    shown_slice(page)
    expect(page.get_by_text("No measurements yet")).to_be_visible()


def test_a_failed_save_keeps_the_measurement_on_screen_until_it_is_saved(reader: Reader) -> None:
    page = reader.page
    fault = {"message": "Hilum is being restarted.", "extensions": {"code": "UNAVAILABLE"}}

    def refuse(route: Route) -> None:
        if "mutation SaveAnnotation" in (route.request.post_data or ""):
            route.fulfill(json={"errors": [fault]})
        else:
            route.fallback()

    page.route("**/graphql", refuse)
    reader.take_up("Ruler")
    reader.drag((60, 100), (120, 150))
    expect(reader.row("Ruler")).to_contain_text("Not saved: Hilum is being restarted.")
    assert "Not saved" in reader.label("LENGTH")

    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("group", name="Measuring").get_by_role("button", name="Try again").click()
    expect(reader.row("Ruler")).not_to_contain_text(re.compile("Not saved|saving"))
    first, second = reader.saved
    assert first == second
    page.reload()
    expect(reader.row("Ruler")).to_have_count(1)


def test_the_picture_scrolls_with_two_fingers_while_one_draws(reader: Reader) -> None:
    if not reader.is_touch:
        pytest.skip("a mouse has a wheel")
    start = shown_slice(reader.page)
    reader.take_up("Ruler")

    one, other = reader.place((90, 60)), reader.place((150, 60))
    reader.touch("touchStart", one)
    reader.touch("touchStart", one, other)
    for step in range(1, 9):
        reader.touch("touchMove", (one[0], one[1] + 10 * step), (other[0], other[1] + 10 * step))
    reader.touch("touchEnd")

    assert shown_slice(reader.page) > start
    expect(reader.page.locator(".shape")).to_have_count(0)
    assert reader.saved == []
    expect(reader.page.get_by_role("group", name="Measuring")).to_contain_text("Press and drag")


def test_ends_are_dragged_and_moved_by_keys_also_in_a_turned_picture(reader: Reader) -> None:
    page = reader.page
    picture = page.get_by_role("application")
    reader.take_up("Ruler")
    reader.drag((60, 100), (120, 100))
    picture.press("Escape")
    expect(page.get_by_role("group", name="Measuring")).to_have_count(0)

    picture.press("s")
    reader.drag((122, 104), (122, 154))
    expect(reader.row("Ruler")).to_contain_text("109.")
    expect(reader.row("Ruler")).not_to_contain_text("saving")
    moved = reader.saved[-1]
    assert moved["points"][1]["y"] == pytest.approx(150, abs=1.5)

    picture.press("r")
    picture.press("ArrowRight")
    picture.press("Shift+ArrowRight")
    expect(reader.row("Ruler")).not_to_contain_text("saving")
    page.wait_for_timeout(1000)
    by_keys = reader.saved[-1]["points"][1]
    # Turned by a quarter clockwise, what lies to the right on the screen lies above in the image.
    assert by_keys["y"] == pytest.approx(moved["points"][1]["y"] - 11)
    assert by_keys["x"] == pytest.approx(moved["points"][1]["x"])
    assert len({each.get("annotationId") for each in reader.saved}) == 2


def test_a_colleague_sees_it_come_move_and_go_and_can_only_read_it(
    reader: Reader, browser: Browser, server: RunningServer
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    sign_in_as(page, server, "colleague")
    page.goto(reader.page.url)
    shown_slice(page)
    colleague = Reader(page, is_touch=False)

    reader.take_up("Ruler")
    reader.drag((60, 100), (120, 100))
    row = colleague.row("Ruler")
    expect(row).to_contain_text("Clinician")
    before = row.inner_text()
    row.click()
    assert "Clinician" in colleague.label("LENGTH")
    expect(page.locator(".shape-end")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Delete"))).to_have_count(0)
    reader.drag((120, 100), (120, 180))
    expect(row).not_to_have_text(before)
    reader.page.get_by_role("application").press("Delete")
    expect(row).to_have_count(0)
    context.close()


def test_a_patient_has_no_tools_and_does_not_ask_for_measurements(
    reader: Reader, browser: Browser, server: RunningServer
) -> None:
    reader.take_up("Ruler")
    reader.drag((60, 100), (120, 100))
    expect(reader.row("Ruler")).not_to_contain_text("saving")
    email, password = server.credentials["clinician"]
    token = ask(server, SIGN_IN, {"email": email, "password": password})["signIn"]["accessToken"]
    case_id = reader.page.url.partition("#/cases/")[2].partition("/")[0]
    given = {"caseId": case_id, "email": server.credentials["patient"][0], "access": "READER"}
    assert ask(server, SHARE, given, token)["shareCase"]["errors"] == []

    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.goto(server.url)
    sign_in_as(page, server, "patient")
    page.goto(reader.page.url)
    shown_slice(page)

    expect(page.get_by_role("button", name="Rotate")).to_be_visible()
    expect(page.get_by_role("button", name="Ruler")).to_have_count(0)
    expect(page.locator(".shape")).to_have_count(0)
    assert any("query CaseDetail" in each for each in asked)
    assert not any("annotations(" in each for each in asked)
    context.close()
