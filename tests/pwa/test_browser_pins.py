"""Cases kept on a phone: read without reception, sealed where they lie, gone with the session."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, Route, ViewportSize, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_accounts import SIGN_IN, ask
from tests.pwa.test_browser_journey import begin_upload, shown_slice, sign_in
from tests.pwa.test_browser_talk import say
from tests.pwa.test_browser_viewer import hold, stored_hu
from tests.running import RunningServer

pytestmark = pytest.mark.browser

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
STAND_ALONE = "No connection. You see what is kept on this device."
SIGN_OUT_EVERYWHERE = "mutation { signOut(everywhere: true) { ok } }"
UNSHARE = """mutation ($i: UnshareCaseInput!) { unshareCase(input: $i) { errors { code } } }"""
SHARE = """mutation ($i: ShareCaseInput!) {
  shareCase(input: $i) { case { participants { id email } } errors { code message } }
}"""
# Every byte that the browser stores for the app, as text in which each byte is one letter.
STORED = """async () => {
  const texts = [];
  const latin = (bytes) => new TextDecoder('latin1').decode(bytes);
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const walk = (value) => {
    if (value instanceof CryptoKey) texts.push(`key, extractable: ${value.extractable}`);
    else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) texts.push(latin(value));
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(walk);
    else texts.push(String(value));
  };
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      walk(await done(database.transaction(store).objectStore(store).getAll()));
      walk(await done(database.transaction(store).objectStore(store).getAllKeys()));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const answer of await cache.matchAll()) texts.push(answer.url, latin(await answer.arrayBuffer()));
  }
  for (const storage of [localStorage, sessionStorage]) texts.push(...Object.entries(storage).flat());
  return texts;
}"""
# The same of what is kept of cases, opened with the key as only this page can.
UNSEALED = """async () => {
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await done(indexedDB.open('hilum-vault'));
  const store = (name) => database.transaction(name).objectStore(name);
  const { key } = await done(store('keys').get('cases'));
  const [values, names] = [await done(store('sealed').getAll()), await done(store('sealed').getAllKeys())];
  const texts = [];
  for (const [at, [part, name]] of names.entries()) {
    if (part !== 'cases') continue;
    const additionalData = new TextEncoder().encode(`${part}/${name}`);
    const { iv, bytes } = values[at];
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, bytes);
    texts.push(new TextDecoder('latin1').decode(plain));
  }
  const exported = await crypto.subtle.exportKey('raw', key).then(() => 'exported', ({ name }) => name);
  database.close();
  return { texts, exported };
}"""
SEALED_CASES = """async () => {
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await done(indexedDB.open('hilum-vault'));
  const store = (name) => database.transaction(name).objectStore(name);
  const names = await done(store('sealed').getAllKeys());
  const keys = await done(store('keys').getAllKeys());
  database.close();
  return [names.filter(([part]) => part === 'cases').length, keys.includes('cases')];
}"""


@pytest.fixture(params=[PHONE], ids=["phone"])
def keeper(request: pytest.FixtureRequest, browser: Browser, server: RunningServer, tmp_path: Path) -> Iterator[Page]:
    """Signed out, with a service worker; what the browser says of requests that found no network is meant."""
    context = browser.new_context(viewport=request.param, device_scale_factor=2, has_touch=True, is_mobile=True)
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


def open_case(page: Page, server: RunningServer, files: list[Path]) -> None:
    sign_in(page, server)
    begin_upload(page, files).get_by_role("link", name=re.compile("^CT ")).click()
    expect(page.get_by_role("tab", name="Findings")).to_be_visible()


def keep(page: Page) -> None:
    page.get_by_role("button", name="Keep on this device").click()
    expect(page.get_by_text(re.compile("^Kept on this device: .+[kM]B"))).to_be_visible()


def lose_reception(page: Page) -> None:
    page.context.set_offline(True)


def pass_slowly(route: Route) -> None:
    time.sleep(0.05)
    route.continue_()


def expect_wiped(page: Page) -> None:
    page.wait_for_function(f"async () => {{ const [n, key] = await ({SEALED_CASES})(); return n === 0 && !key; }}")


def expect_nothing_offline(page: Page) -> None:
    lose_reception(page)
    page.reload()
    expect(page.get_by_text("Hilum does not answer")).to_be_visible()
    expect(page.get_by_text(STAND_ALONE)).to_have_count(0)
    expect(page.get_by_text("PHANTOM")).to_have_count(0)


def test_a_kept_case_is_read_without_reception_and_lies_sealed(
    keeper: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    page = keeper
    frames: list[Response] = []
    page.on("response", lambda response: frames.append(response) if "/frames/" in response.url else None)
    open_case(page, server, phantom_files)
    finding = page.get_by_role("button", name=re.compile("Above threshold")).first
    words = finding.inner_text()
    page.get_by_role("tab", name="Comments").click()
    say(page, "Seen in the tunnel.")
    expect(page.locator("[data-comment]").get_by_text("Seen in the tunnel.")).to_be_visible()
    page.get_by_role("tab", name="Findings").click()
    keep(page)
    page.screenshot(path=tmp_path / "kept.png")

    pixels = next(answer.body() for answer in reversed(frames) if answer.ok)
    inside = base64.b64encode(pixels[len(pixels) // 2 :][:24]).decode()
    needle = page.evaluate(
        "(text) => new TextDecoder('latin1').decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))", inside
    )
    assert len(needle) == 24
    stored = page.evaluate(STORED)
    unsealed = page.evaluate(UNSEALED)
    for secret in ("PHANTOM^HILUM", "PHANTOM-1", "Seen in the tunnel.", needle):
        assert not [text for text in stored if secret in text]
        assert [text for text in unsealed["texts"] if secret in text]
    assert "key, extractable: false" in stored
    assert unsealed["exported"] == "InvalidAccessError"

    lose_reception(page)
    page.goto(f"{server.url}/#/")
    page.reload()
    expect(page.get_by_text(STAND_ALONE)).to_be_visible()
    expect(page.get_by_text("Offline: kept on this device")).to_be_visible()
    page.screenshot(path=tmp_path / "offline-start.png")
    page.get_by_role("link", name=re.compile("PHANTOM|^CT")).first.click()
    expect(page.get_by_text(re.compile("^ ?No connection. This is what was known on"))).to_be_visible()
    expect(finding).to_have_text(re.compile(re.escape(words.split("\n")[0])))
    finding.click()
    shown_slice(page)
    page.screenshot(path=tmp_path / "offline-case.png")
    picture = page.get_by_role("application")
    picture.press("0")
    hu = stored_hu(page, phantom_files)
    row, column = 128, 30
    hold(page, picture, (column + 0.5) / hu.shape[1] - 0.5, (row + 0.5 - hu.shape[0] / 2) / hu.shape[1])
    expect(page.get_by_test_id("reading")).to_have_text(f"{hu[row, column]:g} HU".replace("-", "−"))
    page.get_by_role("tab", name=re.compile("Comments")).click()
    expect(page.get_by_text("Seen in the tunnel.")).to_be_visible()
    say(page, "Written in the tunnel.")
    expect(page.get_by_text("Waiting to be sent")).to_be_visible()
    page.screenshot(path=tmp_path / "offline-comments.png")

    page.context.set_offline(False)
    expect(page.get_by_text("Waiting to be sent")).to_have_count(0)
    expect(page.get_by_text(re.compile("This is what was known on"))).to_have_count(0)
    expect(page.get_by_text("Written in the tunnel.")).to_be_visible()
    page.goto(f"{server.url}/#/settings")
    expect(page.get_by_text("1 case kept to be read without reception")).to_be_visible()
    page.screenshot(path=tmp_path / "settings.png", full_page=True)
    page.get_by_role("button", name="Remove all kept cases").click()
    expect_wiped(page)


def test_keeping_goes_on_where_it_was_broken_off_and_is_not_shown_as_kept_before(
    keeper: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    page = keeper
    open_case(page, server, phantom_files)
    shown_slice(page)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    # Frames come slowly, so that there is a middle to break off in.
    page.context.route("**/frames/**", pass_slowly)

    page.get_by_role("button", name="Keep on this device").click()
    expect(page.get_by_text(re.compile(r"^Keeping \d+ of 40 slices$"))).to_be_visible()
    page.screenshot(path=tmp_path / "keeping.png")
    lose_reception(page)
    expect(page.get_by_text(re.compile(r"^Not kept yet: \d+ of 40 slices are here$"))).to_be_visible()
    page.screenshot(path=tmp_path / "broken-off.png")
    page.goto(f"{server.url}/#/")
    expect(page.get_by_text("No case is kept on this device.")).to_be_visible()
    [here, _] = page.evaluate(SEALED_CASES)
    page.context.unroute_all(behavior="ignoreErrors")
    page.context.set_offline(False)
    page.go_back()

    expect(page.get_by_text(re.compile("^Kept on this device: .+[kM]B"))).to_be_visible()
    assert page.evaluate(SEALED_CASES)[0] > here > 0


def test_signing_out_takes_the_kept_cases_along(keeper: Page, server: RunningServer, phantom_files: list[Path]) -> None:
    open_case(keeper, server, phantom_files[:12])
    keep(keeper)
    assert keeper.evaluate(SEALED_CASES)[1]
    keeper.get_by_role("link", name="Back to the worklist").click()

    keeper.get_by_role("button", name=re.compile("^Sign out")).click()

    expect(keeper.get_by_label("Password")).to_be_visible()
    expect_wiped(keeper)
    expect_nothing_offline(keeper)


def test_kept_cases_go_when_nobody_used_the_device_also_without_reception(
    keeper: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    keeper.clock.install()
    open_case(keeper, server, phantom_files[:12])
    keep(keeper)
    lose_reception(keeper)
    keeper.goto(f"{server.url}/#/")
    keeper.reload()
    expect(keeper.get_by_text(STAND_ALONE)).to_be_visible()

    keeper.clock.fast_forward("14:00")
    expect(keeper.get_by_text(STAND_ALONE)).to_be_visible()
    assert keeper.evaluate(SEALED_CASES)[1]
    keeper.clock.fast_forward("02:00")

    expect(keeper.get_by_text("Hilum does not answer")).to_be_visible()
    expect_wiped(keeper)
    expect_nothing_offline(keeper)


def test_kept_cases_end_twelve_hours_after_the_server_was_heard_last(
    keeper: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    open_case(keeper, server, phantom_files[:12])
    keep(keeper)
    lose_reception(keeper)
    keeper.goto(f"{server.url}/#/")

    keeper.clock.install()
    keeper.clock.fast_forward("12:01:00")
    keeper.reload()

    expect(keeper.get_by_text("Hilum does not answer")).to_be_visible()
    expect_wiped(keeper)


def test_a_session_ended_from_elsewhere_ends_what_is_kept_at_the_first_contact(
    keeper: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    open_case(keeper, server, phantom_files[:12])
    keep(keeper)
    lose_reception(keeper)
    keeper.goto(f"{server.url}/#/")
    keeper.reload()
    expect(keeper.get_by_text("Offline: kept on this device")).to_be_visible()
    email, password = server.credentials["clinician"]
    token = ask(server, SIGN_IN, {"email": email, "password": password})["signIn"]["accessToken"]
    assert ask(server, SIGN_OUT_EVERYWHERE, {}, token)["signOut"]["ok"]

    keeper.context.set_offline(False)
    expect(keeper.get_by_label("Password")).to_be_visible()

    expect_wiped(keeper)
    expect_nothing_offline(keeper)


def test_a_case_that_is_shared_no_longer_removes_itself(
    browser: Browser, keeper: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    open_case(keeper, server, phantom_files[:12])
    case_id = keeper.url.partition("#/cases/")[2].partition("/")[0]
    email, password = server.credentials["clinician"]
    token = ask(server, SIGN_IN, {"email": email, "password": password})["signIn"]["accessToken"]
    given = {"caseId": case_id, "email": server.credentials["stranger"][0], "access": "READER"}
    shared = ask(server, SHARE, given, token)["shareCase"]
    assert shared["errors"] == []
    participant = shared["case"]["participants"][-1]["id"]
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(PATIENCE_MS)
    stranger = context.new_page()
    stranger.goto(server.url)
    sign_in(stranger, server, "stranger")
    stranger.goto(f"{server.url}/#/cases/{case_id}")
    keep(stranger)
    assert stranger.evaluate(SEALED_CASES)[0] > 24

    gone = ask(server, UNSHARE, {"caseId": case_id, "participantId": participant}, token)
    assert gone["unshareCase"]["errors"] == []
    stranger.reload()

    expect(stranger.get_by_text("No such case")).to_be_visible()
    stranger.wait_for_function(f"async () => (await ({SEALED_CASES})())[0] <= 1")
    context.close()
