"""Pictures of the app's main screens, on a phone and on a desktop, for the documents: `python -m tests.pwa.screens`.

A server of its own with the demo's phantom, in a real Chromium; nothing is drawn by hand. Takes about a minute.
"""

import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.pwa.conftest import FLAGS, PHONE
from tests.running import ROOT, RunningServer, forget_database

FOLDER = ROOT / "docs/pictures"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
DEMO_SECONDS = 180.0
QUALITY = 82
GAP = 24
CASE = re.compile("^PHANTOM|^CT ")
Shoot = Callable[[str], None]


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("The pictures need Chromium: apt-get install chromium")
        return 1
    with demo() as (server, email, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, "--no-sandbox"])
        for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
            walk(browser, size, device, server, email, password)
        browser.close()
    side_by_side(["app-phone-case", "app-desktop-comments"], ROOT / "docs/screenshot.png")
    return 0


@contextmanager
def demo() -> Iterator[tuple[RunningServer, str, str]]:
    """The server with its phantom analyzed, and who may see it."""
    data = Path(tempfile.mkdtemp()) / "data"
    server = RunningServer(data)
    server.start("demo")
    try:
        deadline = time.monotonic() + DEMO_SECONDS
        while not re.search(r"finding", server.log()) and time.monotonic() < deadline:
            time.sleep(1)
        found = re.search(r"(clinician@\S+)\s+(\S+)", server.log())
        assert found is not None, server.log()[-2000:]
        yield server, found[1], found[2]
    finally:
        server.stop()
        forget_database(data)
        shutil.rmtree(data.parent)


def walk(browser: Browser, size: ViewportSize, device: str, server: RunningServer, email: str, password: str) -> None:
    is_phone = device == "phone"
    context = browser.new_context(viewport=size, device_scale_factor=2, has_touch=is_phone, is_mobile=is_phone)
    page = context.new_page()

    def shoot(name: str) -> None:
        page.wait_for_timeout(400)  # what moves in comes to rest
        keep(page.screenshot(), f"app-{device}-{name}")

    page.goto(server.url)
    page.get_by_label("E-mail").fill(email)
    shoot("sign-in")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name=CASE).first).to_be_visible()
    shoot("worklist")
    walk_case(page, shoot)
    if is_phone:
        page.get_by_role("link", name="Back to the worklist").click()
    for place in ("Inbox", "Settings", "Help"):
        page.get_by_role("navigation", name="Hilum").get_by_role("link", name=place).click()
        expect(page.get_by_role("heading", name=place, level=1)).to_be_visible()
        shoot(place.lower())
    context.close()


def walk_case(page: Page, shoot: Shoot) -> None:
    page.get_by_role("link", name=CASE).first.click()
    page.get_by_role("button", name=re.compile("Above threshold")).first.click()
    expect(page.get_by_role("region", name="Images")).to_have_attribute("data-shown", "lossless", timeout=60_000)
    shoot("case")
    page.get_by_role("tab", name=re.compile("^Comments")).click()
    if page.locator("[data-comment]").count() == 0:
        page.get_by_role("textbox", name="Comment").fill("Round, smooth, no spiculation: follow up in three months?")
        page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-comment]").first).to_be_visible()
    shoot("comments")
    page.get_by_role("tab", name="Reading").click()
    shoot("reading")


def keep(png: bytes, name: str) -> None:
    image = Image.open(BytesIO(png)).convert("RGB")
    image.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def side_by_side(names: list[str], target: Path) -> None:
    """Of one height, for the README."""
    images = [Image.open(FOLDER / f"{name}.webp") for name in names]
    height = 800
    scaled = [
        image.resize((round(image.width * height / image.height), height), Image.Resampling.LANCZOS) for image in images
    ]
    sheet = Image.new("RGB", (sum(image.width for image in scaled) + GAP * (len(scaled) - 1), height), "white")
    left = 0
    for image in scaled:
        sheet.paste(image, (left, 0))
        left += image.width + GAP
    sheet.quantize(256).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
