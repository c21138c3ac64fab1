"""Debian's Chromium as a phone, driven for measuring; what it says of a figure belongs beside it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.pwa.conftest import FLAGS, PHONE
from tests.running import ROOT

PATIENCE_MS = 120_000
HOW_TO_INSTALL = "apt-get install --no-install-recommends chromium"
RENDERER = """() => {
  const gl = document.createElement('canvas').getContext('webgl2');
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  return names ? gl.getParameter(names.UNMASKED_RENDERER_WEBGL) : 'no WebGL2';
}"""


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit(f"Chromium is not installed: {HOW_TO_INSTALL}")
    return found


@contextmanager
def running_browser(*flags: str) -> Iterator[Browser]:
    if not (ROOT / "pwa/dist/index.html").is_file():
        raise SystemExit("The PWA is not built: make pwa")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *sandbox, *flags])
        yield browser
        browser.close()


@contextmanager
def phone(browser: Browser, script: str = "") -> Iterator[Page]:
    """A new phone: nothing kept, nobody signed in. script: runs in each document before its own code."""
    context: BrowserContext = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE_MS)
    if script:
        context.add_init_script(script)
    yield context.new_page()
    context.close()


def slow_processor(page: Page, rate: int) -> None:
    """The page's own thread works so many times slower; workers do not, and neither does the server."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})


def told_by(browser: Browser, page: Page) -> dict[str, Any]:
    """What drew the pictures: a software renderer says so in its name."""
    return {"chromium": browser.version, "renderer": page.evaluate(RENDERER)}
