"""Who takes part in a case: a doctor of another hospital is asked in, sees it, and is asked out again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_inbox import opened_case
from tests.pwa.test_browser_journey import sign_in
from tests.pwa.test_browser_talk import sign_in_as
from tests.running import RunningServer

pytestmark = pytest.mark.browser


def test_a_case_is_shared_and_no_longer_shared(
    phone: Page, browser: Browser, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    sign_in(phone, server)
    opened_case(phone, phantom_files)
    address = phone.url
    stranger, _ = server.credentials["stranger"]
    phone.get_by_role("tab", name="People").click()
    phone.get_by_label("Share with (e-mail)").fill(stranger)
    phone.get_by_role("button", name="Share", exact=True).click()
    expect(phone.get_by_text(f"Shared with {stranger}.")).to_be_visible()
    line = phone.get_by_role("region", name="People").get_by_role("listitem").filter(has_text="Reader")
    expect(line).to_contain_text(stranger)
    phone.screenshot(path=tmp_path / "people.png")
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE_MS)
    guest = context.new_page()
    guest.goto(server.url)
    sign_in_as(guest, server, "stranger")
    guest.goto(address)
    expect(guest.get_by_role("tab", name="Findings")).to_be_visible()

    line.get_by_role("button", name=re.compile("Remove")).click()
    line.get_by_role("button", name=re.compile("Yes, remove")).click()

    expect(line).to_have_count(0)
    guest.reload()
    expect(guest.get_by_text("No such case")).to_be_visible()
    context.close()
