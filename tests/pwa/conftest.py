"""A real Chromium, driven by Playwright: Debian's, for Playwright's own would be a download."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests.phantoms import small_phantom
from tests.running import ROOT, RunningServer

PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 120_000
# Nothing but the app's own requests may go out; software rendering, for a test machine has no graphics processor.
FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
        subprocess.run(install, check=True, capture_output=True)
        found = shutil.which("chromium")
    if found is None:
        pytest.fail("The browser tests need Chromium: sudo apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str, server: RunningServer) -> Iterator[Browser]:
    """After the server and for one module: while it is open an event loop runs in this thread, and no other can."""
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        opened = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *sandbox])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def phantom_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("phantom")
    for name, content in small_phantom().items():
        (folder / name).write_bytes(content)
    return sorted(folder.iterdir())


@pytest.fixture
def phone(browser: Browser, server: RunningServer, tmp_path: Path) -> Iterator[Page]:
    """A phone's page on the server, signed out. Whatever the page complains of fails the test."""
    if not (ROOT / "pwa/dist/index.html").is_file():
        pytest.fail("The PWA is not built: make pwa")
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.url)
    yield page
    page.screenshot(path=tmp_path / "last.png")
    context.close()
    assert faults == []
