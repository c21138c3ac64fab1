"""As an app on the home screen: what a browser asks before it installs one, and notifications while it is closed."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_inbox import opened_case
from tests.pwa.test_browser_journey import sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser

READY = "() => navigator.serviceWorker.ready.then(() => undefined)"
SHOWN = (
    "() => navigator.serviceWorker.ready.then((worker) => worker.getNotifications())"
    ".then((all) => all.map(({title, body, tag}) => ({title, body, tag})))"
)
TAP = """async () => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent('notificationclick', {notification}));
}"""
# Subscribing needs a push service, which is its maker's and not here: the browser's answer, with a real key.
SUBSCRIBE = """() => {
  const encoded = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  let made = null;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async (options) => {
    window.asked = {visible: options.userVisibleOnly, key: options.applicationServerKey.byteLength};
    const ways = {name: 'ECDH', namedCurve: 'P-256'};
    const {publicKey} = await crypto.subtle.generateKey(ways, false, ['deriveBits']);
    const p256dh = encoded(await crypto.subtle.exportKey('raw', publicKey));
    const auth = encoded(crypto.getRandomValues(new Uint8Array(16)));
    const endpoint = 'https://push.example.com/one';
    made = {toJSON: () => ({endpoint, keys: {p256dh, auth}}), unsubscribe: async () => { made = null; return true; }};
    return made;
  };
}"""


@pytest.fixture
def phone(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """One that may show notifications."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, permissions=["notifications"])
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    page.evaluate(READY)
    yield page
    context.close()


def test_a_browser_finds_nothing_against_installing_it(phone: Page) -> None:
    phone.reload()
    session = phone.context.new_cdp_session(phone)
    found: list[dict[str, Any]] = []
    for _ in range(20):
        found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # While the page is still looked at; a window of a test is never outside private browsing.
        if not {error["errorId"] for error in found} & {"no-navstart", "NO_NAVSTART"}:
            break
        phone.wait_for_timeout(500)
    assert [error for error in found if error["errorId"] != "in-incognito"] == []
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert {"192x192", "512x512"} <= {icon.get("sizes") for icon in json.loads(manifest["data"])["icons"]}


class PushService:
    """Delivers by the browser's debugger what a push service would have carried there."""

    def __init__(self, page: Page) -> None:
        self.origin = page.evaluate("() => location.origin")
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.registration = ""
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self.cdp.send("ServiceWorker.enable")
        while not self.registration:
            page.wait_for_timeout(50)

    def _note(self, event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            if not registration["isDeleted"]:
                self.registration = registration["registrationId"]

    def deliver(self, data: str) -> None:
        told = {"origin": self.origin, "registrationId": self.registration, "data": data}
        self.cdp.send("ServiceWorker.deliverPushMessage", told)


def shown_to(page: Page, is_awaited: Callable[[list[dict[str, str]]], bool]) -> list[dict[str, str]]:
    """The notifications that the browser shows, once they are what is waited for."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        found: list[dict[str, str]] = page.evaluate(SHOWN)
        if is_awaited(found) or time.monotonic() > deadline:
            return found
        page.wait_for_timeout(50)


def test_a_push_is_shown_without_names_and_a_tap_opens_its_case(
    phone: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    sign_in(phone, server)
    case_id = opened_case(phone, phantom_files)
    phone.get_by_role("link", name="Back to the worklist").click()
    service = PushService(phone)

    service.deliver(json.dumps({"kind": "REPLY", "case": case_id, "unread": 2}))
    shown = shown_to(phone, lambda all_shown: len(all_shown) == 1)
    assert shown[0] == {"title": "Hilum", "body": "There is an answer in a discussion.", "tag": case_id}
    service.deliver(json.dumps({"kind": "REVIEW_SIGNED", "case": case_id, "unread": 3}))
    shown = shown_to(phone, lambda all_shown: all_shown[0]["body"] != shown[0]["body"])
    assert [each["body"] for each in shown] == ["A reading was signed."]
    phone.context.service_workers[0].evaluate(TAP)

    expect(phone.get_by_role("tab", name="Findings")).to_be_visible()
    assert case_id in phone.url
    assert shown_to(phone, lambda all_shown: not all_shown) == []


def test_pushes_are_switched_on_and_off_in_the_settings(phone: Page, server: RunningServer) -> None:
    sign_in(phone, server)
    phone.evaluate(SUBSCRIBE)
    phone.get_by_role("navigation", name="Hilum").get_by_role("link", name="Settings").click()
    section = phone.get_by_role("region", name="Notifications on this device")

    with phone.expect_response(lambda answer: "RegisterPush" in (answer.request.post_data or "")) as told:
        section.get_by_role("button", name="Switch on").click()
    assert told.value.json()["data"]["registerPush"] == {"ok": True, "errors": []}
    expect(section).to_contain_text(re.compile("tells you of news"))
    assert phone.evaluate("() => window.asked") == {"visible": True, "key": 65}
    section.get_by_role("button", name="Switch off").click()

    expect(section.get_by_role("button", name="Switch on")).to_be_visible()
