"""Files that another app shares: taken by the service worker alone, sealed until somebody takes or discards them."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.phantoms import small_phantom
from tests.pwa.conftest import PATIENCE_MS
from tests.pwa.test_browser_journey import sign_in
from tests.pwa.test_browser_offline import STORED
from tests.running import RunningServer

pytestmark = pytest.mark.browser

SEEDS = count(700)
OFFER = "Shared from another app"
# What the operating system does when a user picks Hilum among the apps to share with (W3C Web Share Target).
FORM = """() => {
  const form = document.createElement('form');
  Object.assign(form, { method: 'POST', action: '/share', enctype: 'multipart/form-data', hidden: true });
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', name: 'files', multiple: true, id: 'from-another-app' });
  form.append(input);
  document.body.append(form);
}"""
# As many files as one may not share at once, made there.
MANY = """(count) => {
  const files = new DataTransfer();
  for (let at = 0; at < count; at += 1) files.items.add(new File(['DICM'], `${at}.dcm`));
  document.getElementById('from-another-app').files = files.files;
}"""


@pytest.fixture
def own_files(tmp_path: Path) -> list[Path]:
    """No other test has sent these."""
    for name, content in small_phantom(next(SEEDS), 6).items():
        (tmp_path / name).write_bytes(content)
    return sorted(tmp_path.glob("*.dcm"))


@pytest.fixture
def opened(phone: Page) -> Iterator[Page]:
    """A phone on which the app was opened once. What reaches the server under /share is noted and fails the test."""
    sent: list[Request] = []
    phone.context.on(
        "request", lambda request: sent.append(request) if is_share(request) and not request.service_worker else None
    )
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    phone.reload()
    yield phone
    answers = [request.response() for request in sent]
    assert all(answer is not None and answer.from_service_worker for answer in answers)


def is_share(request: Request) -> bool:
    return request.url.endswith("/share")


def share(page: Page, files: list[Path]) -> None:
    begin_form(page)
    page.locator("#from-another-app").set_input_files(files)
    submit(page)


def begin_form(page: Page) -> None:
    page.evaluate(FORM)


def submit(page: Page) -> None:
    with page.expect_navigation(url=re.compile("#/upload$")):
        page.evaluate("() => document.getElementById('from-another-app').form.submit()")


def forgotten(page: Page) -> bool:
    """Whether nothing of what was shared lies here any more, within the tests' patience."""
    for _ in range(100):
        if not page.evaluate(STORED):
            return True
        page.wait_for_timeout(100)
    return False


def test_shared_files_wait_for_a_word_and_are_uploaded(
    opened: Page, server: RunningServer, own_files: list[Path], tmp_path: Path
) -> None:
    sign_in(opened, server)

    share(opened, own_files)

    offer = opened.get_by_role("region", name=OFFER)
    expect(offer).to_contain_text(f"{len(own_files)} files, ")
    expect(offer).to_contain_text(own_files[0].name)
    opened.screenshot(path=tmp_path / "shared.png")
    expect(opened.get_by_role("list", name="Uploads").locator(":scope > li.is-checking")).to_have_count(0)
    offer.get_by_role("button", name="Upload").click()
    card = opened.get_by_role("list", name="Uploads").locator(":scope > li").first
    expect(card).to_contain_text(re.compile(f"{len(own_files)} images stored"))
    expect(offer).to_have_count(0)
    assert forgotten(opened)


def test_what_is_shared_lies_sealed_and_outlives_a_reload_and_adds_up(
    opened: Page, server: RunningServer, own_files: list[Path]
) -> None:
    sign_in(opened, server)
    share(opened, own_files[:1])
    expect(opened.get_by_role("region", name=OFFER)).to_contain_text("1 file, ")
    share(opened, own_files[1:3])
    offer = opened.get_by_role("region", name=OFFER)
    expect(offer).to_contain_text("3 files, ")

    opened.reload()

    expect(offer).to_contain_text("3 files, ")
    stored = opened.evaluate(STORED)
    assert "key, extractable: false" in stored
    assert not [text for text in stored if "DICM" in text or own_files[0].name in text]
    offer.get_by_role("button", name="Discard").click()
    expect(offer).to_have_count(0)
    assert forgotten(opened)


def test_files_shared_before_signing_in_are_offered_after_it(
    opened: Page, server: RunningServer, own_files: list[Path], tmp_path: Path
) -> None:
    share(opened, own_files[:2])
    expect(opened.get_by_text("Sign in to upload them")).to_be_visible()
    opened.screenshot(path=tmp_path / "waiting.png")

    sign_in(opened, server)

    expect(opened.get_by_role("region", name=OFFER)).to_contain_text("2 files, ")


def test_signing_out_deletes_what_was_shared(opened: Page, server: RunningServer, own_files: list[Path]) -> None:
    sign_in(opened, server)
    share(opened, own_files[:1])
    expect(opened.get_by_role("region", name=OFFER)).to_be_visible()

    opened.get_by_role("button", name=re.compile("^Sign out")).click()

    expect(opened.get_by_label("Password")).to_be_visible()
    assert forgotten(opened)


def test_what_nobody_took_in_time_is_gone(
    opened: Page, server: RunningServer, own_files: list[Path], tmp_path: Path
) -> None:
    share(opened, own_files[:1])
    expect(opened.get_by_text("Sign in to upload them")).to_be_visible()
    opened.clock.install()
    opened.clock.fast_forward("16:00")

    sign_in(opened, server)

    expect(opened.get_by_text("The shared files are no longer here")).to_be_visible()
    opened.screenshot(path=tmp_path / "lost.png")
    assert forgotten(opened)


def test_too_many_at_once_are_refused_with_the_limit(opened: Page, server: RunningServer, tmp_path: Path) -> None:
    sign_in(opened, server)
    begin_form(opened)
    opened.evaluate(MANY, 1001)

    submit(opened)

    expect(opened.get_by_text("Too many files were shared at once")).to_be_visible()
    expect(opened.get_by_text("At most 1,000 files can wait here")).to_be_visible()
    opened.screenshot(path=tmp_path / "too-many.png")
    assert opened.evaluate("() => location.search") == ""
    assert forgotten(opened)


def test_without_a_service_worker_the_app_says_how_to_share(
    browser: Browser, server: RunningServer, own_files: list[Path]
) -> None:
    context = browser.new_context(service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    sign_in(page, server)

    share(page, own_files[:1])

    expect(page.get_by_text("The shared files did not arrive")).to_be_visible()
    context.close()
