"""One finger that goes up and down over an opened series at a steady speed, moved by the browser itself."""

import re
import time
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

from tests.benchmarks.browser import PATIENCE_MS
from tests.benchmarks.hilum import Hilum
from tests.benchmarks.waterfall import ENTRIES, asked
from tests.pwa.test_browser_journey import sign_in

SWIPE_PART = 0.75  # of the picture's height
QUIET_SECONDS = 2.0
AT = "() => Number(document.querySelector('.viewer').dataset.slice)"


def open_case(page: Page, hilum: Hilum) -> None:
    """Opened, with all that is fetched ahead there."""
    page.goto(hilum.url)
    sign_in(page, hilum.running)
    page.get_by_role("link", name=re.compile("^CT ")).tap()
    page.wait_for_selector('.viewer[data-shown="lossless"]')
    deadline, quiet_since, before = time.monotonic() + PATIENCE_MS / 1000, time.monotonic(), -1
    while time.monotonic() < deadline and time.monotonic() - quiet_since < QUIET_SECONDS:
        page.wait_for_timeout(200)
        requests = len(asked(page.evaluate(ENTRIES)))
        if requests != before:
            before, quiet_since = requests, time.monotonic()


@dataclass
class Finger:
    """speed: CSS pixels a second. moved: slices that were passed."""

    page: Page
    speed: int
    moved: int = 0
    _direction: int = 1

    def __post_init__(self) -> None:
        self._session: CDPSession = self.page.context.new_cdp_session(self.page)
        box = self.page.get_by_role("application").bounding_box()
        if box is None:
            raise RuntimeError("there is no picture")
        self._x, self._top, self._height = box["x"] + box["width"] / 2, box["y"], box["height"]
        self._at: int = self.page.evaluate(AT)

    def swipe(self) -> None:
        """Once over the picture; turns round where the series ends."""
        distance = self._height * SWIPE_PART
        start = self._top + (self._height - self._direction * distance) / 2
        self._session.send(
            "Input.synthesizeScrollGesture",
            {
                "x": self._x,
                "y": start,
                "yDistance": self._direction * distance,
                "speed": self.speed,
                "gestureSourceType": "touch",
                "preventFling": True,
            },
        )
        now: int = self.page.evaluate(AT)
        self.moved += abs(now - self._at)
        if now == self._at:
            self._direction = -self._direction
        self._at = now

    def swipe_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.swipe()
