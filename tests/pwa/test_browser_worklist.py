"""The list of cases: what is held back and by what, its order, and reading it again by a pull."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.pwa.test_browser_journey import begin_upload, sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser


def is_worklist(request: Request) -> bool:
    return "query Worklist" in (request.post_data or "")


def test_filters_hold_back_what_does_not_fit_and_say_so(
    phone: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    sign_in(phone, server)
    expect(begin_upload(phone, phantom_files[:12]).get_by_role("link", name=re.compile("^CT "))).to_be_visible()
    phone.get_by_role("link", name="Worklist").click()
    rows = phone.get_by_role("link", name=re.compile("CT of the chest"))
    expect(rows.first).to_be_visible()

    phone.get_by_role("button", name="Filters and order").click()
    phone.get_by_role("group", name="Modality").get_by_role("button", name="MR").click()
    expect(rows).to_have_count(0)
    expect(phone.get_by_text("No case fits.")).to_be_visible()
    expect(phone.get_by_role("button", name="Filters and order, 1 set")).to_be_visible()
    with phone.expect_request(is_worklist) as asked:
        phone.get_by_role("group", name="Order").get_by_role("button", name="Newest first").click()
    assert '"order":"NEWEST"' in (asked.value.post_data or "")
    phone.get_by_role("group", name="Modality").get_by_role("button", name="CT").click()
    phone.get_by_role("group", name="Received within").get_by_role("button", name="24 hours").click()
    expect(rows.first).to_be_visible()
    phone.get_by_role("button", name="Show everything").click()

    expect(phone.get_by_role("button", name="Filters and order", exact=True)).to_be_visible()
    expect(rows.first).to_be_visible()


def test_a_pull_from_the_top_reads_the_list_again(phone: Page, server: RunningServer) -> None:
    sign_in(phone, server)
    expect(phone.get_by_role("status").get_by_text(re.compile("case"))).to_be_attached()
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, y: int) -> None:
        points = [] if kind == "touchEnd" else [{"x": 200, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    asked: list[Request] = []
    phone.on("request", lambda request: asked.append(request) if is_worklist(request) else None)
    for travel in (30, 200):
        touch("touchStart", 300)
        for y in range(300, 301 + travel, 10):
            touch("touchMove", y)
        if travel == 30:
            expect(phone.get_by_text("Pull to read the list again")).to_be_attached()
            touch("touchEnd", 0)
            expect(phone.get_by_text("to read the list again")).to_have_count(0)
            assert asked == []
    expect(phone.get_by_text("Let go to read the list again")).to_be_attached()
    with phone.expect_request(is_worklist):
        touch("touchEnd", 0)

    expect(phone.get_by_text("to read the list again")).to_have_count(0)
