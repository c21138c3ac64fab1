"""Without reception: what was written is sent later, what was kept can be read, and all of it goes with the session."""

import asyncio
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.settings import Settings
from tests.conftest import fresh_database
from tests.phantoms import small_phantom
from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_journey import begin_upload, shown_slice, sign_in
from tests.pwa.test_browser_talk import say
from tests.running import ROOT, RunningServer, make_accounts

pytestmark = pytest.mark.browser

WAITING = "Waiting to be sent"
# Every byte that IndexedDB holds, as text in which each byte is one letter.
STORED = """async () => {
  const texts = [];
  const open = (name) => new Promise((done) => { const o = indexedDB.open(name); o.onsuccess = () => done(o.result); });
  const all = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const walk = (value) => {
    if (value instanceof CryptoKey) texts.push(`key, extractable: ${value.extractable}`);
    else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
      texts.push(new TextDecoder('latin1').decode(value));
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(walk);
    else texts.push(String(value));
  };
  for (const { name } of await indexedDB.databases()) {
    const database = await open(name);
    for (const store of database.objectStoreNames) {
      const from = database.transaction(store).objectStore(store);
      walk(await all(from.getAll()));
      walk(await all(from.getAllKeys()));
    }
    database.close();
  }
  return texts;
}"""


@pytest.fixture(scope="module")
def server(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One that serves a copy of the app, so that a test may publish a new version of it."""
    folder = tmp_path_factory.mktemp("offline")
    if (ROOT / "pwa/dist/index.html").is_file():
        shutil.copytree(ROOT / "pwa/dist", folder / "app")
    for url in fresh_database(postgresql):
        credentials = asyncio.run(make_accounts(Settings(data_dir=folder / "data"), url))
        running = RunningServer(folder / "data", credentials, url, {"HILUM_PWA_DIR": str(folder / "app")})
        running.start()
        yield running
        assert running.stop() == 0


@pytest.fixture
def offline_phone(browser: Browser, server: RunningServer, tmp_path: Path) -> Iterator[Page]:
    """As `phone`, but what the browser says of requests that found no network is meant."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.url)
    yield page
    page.screenshot(path=tmp_path / "last.png")
    context.close()
    assert faults == []


def open_case(phone: Page, server: RunningServer, files: list[Path]) -> None:
    """A case that is open, in an app whose own files this browser keeps by now."""
    sign_in(phone, server)
    begin_upload(phone, files).get_by_role("link", name=re.compile("^CT ")).click()
    expect(phone.get_by_role("tab", name="Findings")).to_be_visible()
    shown_slice(phone)  # what decodes the pictures is here too
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")


def said(phone: Page) -> list[str]:
    return phone.locator(".comment:not(.is-unsent) .comment-body").all_inner_texts()


def test_comments_written_offline_are_sent_once_and_in_order_after_a_reload(
    offline_phone: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    phone = offline_phone
    open_case(phone, server, phantom_files[:6])
    phone.get_by_role("tab", name="Comments").click()
    phone.context.set_offline(True)
    for text in ("First, in the lift.", "Second, in the cellar.", "Third, outside."):
        say(phone, text)
    expect(phone.get_by_text(WAITING)).to_have_count(3)
    phone.screenshot(path=tmp_path / "waiting.png")
    stored = phone.evaluate(STORED)
    assert "key, extractable: false" in stored
    assert not [text for text in stored if "in the lift" in text]

    phone.reload()
    expect(phone.get_by_text("Hilum does not answer")).to_be_visible()
    sent: list[str] = []
    phone.on(
        "request",
        lambda request: sent.append(request.post_data or "") if "AddComment" in (request.post_data or "") else None,
    )
    phone.context.set_offline(False)

    phone.get_by_role("tab", name="Comments").click()
    expect(phone.get_by_text("Third, outside.")).to_be_visible()
    expect(phone.get_by_text(WAITING)).to_have_count(0)
    assert said(phone) == ["First, in the lift.", "Second, in the cellar.", "Third, outside."]
    assert len(sent) == 3
    phone.reload()
    phone.get_by_role("tab", name="Comments (3)").click()
    assert said(phone) == ["First, in the lift.", "Second, in the cellar.", "Third, outside."]


def test_signing_out_says_what_was_not_sent_and_deletes_it(
    offline_phone: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    phone = offline_phone
    open_case(phone, server, phantom_files[:6])
    phone.get_by_role("tab", name="Comments").click()
    phone.route("**/graphql", lambda route: route.abort())
    say(phone, "Never sent.")
    expect(phone.get_by_text(WAITING)).to_be_visible()
    phone.get_by_role("link", name="Back to the worklist").click()

    phone.get_by_role("button", name=re.compile("^Sign out")).click()
    expect(phone.get_by_role("dialog")).to_contain_text("1 change not sent yet")
    phone.screenshot(path=tmp_path / "leaving.png")
    phone.get_by_role("button", name="Stay signed in").click()
    assert len(phone.evaluate(STORED)) > 0
    phone.get_by_role("button", name=re.compile("^Sign out")).click()
    phone.get_by_role("button", name="Delete and sign out").click()

    expect(phone.get_by_label("Password")).to_be_visible()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while phone.evaluate(STORED) and time.monotonic() < deadline:
        phone.wait_for_timeout(100)
    assert phone.evaluate(STORED) == []


def test_a_refused_comment_keeps_its_text_and_can_be_discarded(
    offline_phone: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    phone = offline_phone
    open_case(phone, server, phantom_files[:6])
    phone.get_by_role("tab", name="Comments").click()
    errors = [{"code": "FORBIDDEN", "message": "You no longer take part."}]
    refusal = json.dumps({"data": {"addComment": {"comment": None, "errors": errors}}})

    def refuse(route: Route) -> None:
        if "AddComment" in (route.request.post_data or ""):
            route.fulfill(status=200, content_type="application/graphql-response+json", body=refusal)
        else:
            route.continue_()

    phone.route("**/graphql", refuse)
    say(phone, "Too late.")
    expect(phone.get_by_text("You no longer take part.")).to_be_visible()
    phone.screenshot(path=tmp_path / "refused.png")
    phone.reload()
    phone.get_by_role("tab", name="Comments").click()
    expect(phone.get_by_text("Too late.")).to_be_visible()
    expect(phone.get_by_role("button", name="Copy the text")).to_be_visible()
    phone.get_by_role("button", name="Discard").click()

    expect(phone.get_by_text("Too late.")).to_have_count(0)
    phone.unroute_all(behavior="wait")
    say(phone, "In time.")
    expect(phone.get_by_text(WAITING)).to_have_count(0)
    assert said(phone)[-1] == "In time."
    assert "Too late." not in said(phone)


def test_a_new_version_waits_until_it_is_wanted(offline_phone: Page, server: RunningServer, tmp_path: Path) -> None:
    phone = offline_phone
    sign_in(phone, server)
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    phone.reload()
    expect(phone.get_by_role("searchbox")).to_be_visible()
    assert phone.evaluate("() => navigator.serviceWorker.controller !== null")
    worker = Path(server.settings["HILUM_PWA_DIR"]) / "sw.js"
    worker.write_text(worker.read_text() + "\n// another version\n")
    for compressed in worker.parent.glob("sw.js.*"):  # of the version before, and sent in its place
        compressed.unlink()
    phone.evaluate("() => { window.isOld = true }")

    phone.evaluate("() => navigator.serviceWorker.ready.then((registration) => registration.update().then(() => 1))")
    expect(phone.get_by_text("A new version is ready.")).to_be_visible()
    phone.screenshot(path=tmp_path / "update.png")
    assert phone.evaluate("() => window.isOld")
    phone.get_by_role("button", name="Open it").click()

    phone.wait_for_function("() => window.isOld === undefined")
    expect(phone.get_by_role("searchbox")).to_be_visible()
    expect(phone.get_by_text("A new version is ready.")).to_have_count(0)


def test_uploads_picked_offline_begin_once_and_in_order_when_the_network_is_back(
    offline_phone: Page, server: RunningServer, tmp_path: Path
) -> None:
    phone = offline_phone
    sign_in(phone, server)
    phone.get_by_role("link", name="Upload").first.click()
    picked = []
    for seed in (811, 812, 813):
        name, content = next(iter(small_phantom(seed, 6).items()))
        (tmp_path / f"{seed}-{name}").write_bytes(content)
        picked.append(tmp_path / f"{seed}-{name}")
    begun: list[str] = []
    phone.on(
        "response",
        lambda answer: (
            begun.append(answer.request.post_data or "")
            if "mutation CreateUpload" in (answer.request.post_data or "")
            else None
        ),
    )
    phone.context.set_offline(True)

    for path in picked:
        phone.get_by_label("Choose files").first.set_input_files(path)
    cards = phone.get_by_role("list", name="Uploads").locator(":scope > li")
    expect(cards).to_have_count(3)
    expect(cards.get_by_text("Waiting for the connection")).to_have_count(3)
    phone.screenshot(path=tmp_path / "uploads-wait.png")
    phone.context.set_offline(False)

    expect(cards.get_by_text(re.compile("1 image stored"))).to_have_count(3)
    names = [json.loads(text)["variables"]["input"]["files"][0]["name"] for text in begun]
    assert names == [path.name for path in picked]
