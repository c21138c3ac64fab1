"""What the browser itself refuses, on the real app under the real policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.running import RunningServer

pytestmark = pytest.mark.browser

ATTEMPTS = {
    "an inline script": "() => { const s = document.createElement('script'); s.append('window.x = 1');"
    " document.head.append(s); return window.x }",
    # Later, for the debugger's own evaluation is let through.
    "a text that is evaluated": "() => new Promise((done) => setTimeout(() => {"
    " try { done(eval('1 + 1')) } catch { done(undefined) } }))",
    "a text as the code of a function": "() => new Promise((done) => setTimeout(() => {"
    " try { done(new Function('return 1')()) } catch { done(undefined) } }))",
    "a text as markup": "() => { try { document.body.innerHTML = '<b>x</b>'; return 1 } catch { return undefined } }",
    "a text as a worker's address": "() => { try { return String(new Worker('/sw.js')) } catch { return undefined } }",
    "another policy for texts": "() => { try { return String(trustedTypes.createPolicy('evil', {})) }"
    " catch { return undefined } }",
    "webassembly on the page": "() => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))"
    ".then(() => 1, () => undefined)",
    "a script of another site": "() => new Promise((done) => { const s = document.createElement('script');"
    " s.onload = () => done(1); s.onerror = () => done(undefined);"
    " try { s.src = 'http://127.0.0.1:9/x.js'; document.head.append(s) } catch { done(undefined) } })",
    "a request to another site": "() => fetch('http://127.0.0.1:9/').then(() => 1, () => undefined)",
    "an inline style": "() => { const d = document.createElement('div'); d.setAttribute('style', 'color: red');"
    " document.body.append(d); return d.style.color || undefined }",
}


@pytest.fixture
def page(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """The violations are meant, so that this page may complain."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_browser_refuses(page: Page, name: str) -> None:
    page.evaluate(
        "() => { window.violations = []; document.addEventListener('securitypolicyviolation',"
        " (event) => window.violations.push(event.effectiveDirective)) }"
    )

    got = page.evaluate(ATTEMPTS[name])

    assert got is None
    page.wait_for_function("() => window.violations.length > 0")


def test_another_site_can_neither_frame_the_app_nor_read_it(page: Page, server: RunningServer) -> None:
    isolated = page.evaluate("() => crossOriginIsolated")
    other = page.context.new_page()
    other.set_content(f"<iframe src='{server.url}'></iframe>")
    other.wait_for_timeout(500)
    framed = other.frames[1].evaluate("() => document.getElementById('app') !== null")
    read = other.evaluate("(url) => fetch(url, {mode: 'no-cors'}).then(() => 1, () => null)", server.url)

    assert isolated is True
    assert framed is False
    assert read is None


def test_the_service_worker_is_there_under_the_policy(page: Page) -> None:
    scope = page.evaluate("() => navigator.serviceWorker.ready.then((registration) => registration.scope)")

    assert scope == page.url.partition("#")[0]


def test_the_refresh_cookie_belongs_to_this_host_alone(page: Page, server: RunningServer) -> None:
    email, password = server.credentials["patient"]
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").first.wait_for()

    (cookie,) = page.context.cookies()

    assert cookie["name"] == "__Host-hilum_refresh"
    assert (cookie["path"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == ("/", True, True, "Strict")
    assert page.evaluate("() => document.cookie") == ""
