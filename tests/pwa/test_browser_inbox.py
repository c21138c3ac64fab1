"""What one is told while one looks elsewhere: the inbox, its count, and comments that nobody has read yet."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.pwa.test_browser_accounts import SIGN_IN, ask
from tests.pwa.test_browser_journey import begin_upload, sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser

ADD = "mutation ($i: AddCommentInput!) { addComment(input: $i) { comment { id } errors { code message } } }"


class Colleague:
    """Another doctor of the organization, elsewhere."""

    def __init__(self, server: RunningServer, case_id: str) -> None:
        self.server, self.case_id = server, case_id
        email, password = server.credentials["colleague"]
        self.token = ask(server, SIGN_IN, {"email": email, "password": password})["signIn"]["accessToken"]

    def say(self, body: str, **more: Any) -> str:
        answer = ask(self.server, ADD, {"caseId": self.case_id, "body": body, **more}, self.token)["addComment"]
        assert answer["errors"] == []
        return str(answer["comment"]["id"])


def opened_case(page: Page, files: list[Path]) -> str:
    """The id of a case that was uploaded just now and is open."""
    begin_upload(page, files[:12]).get_by_role("link", name=re.compile("^CT ")).click()
    expect(page.get_by_role("tab", name="Findings")).to_be_visible()
    return page.url.partition("#/cases/")[2].partition("/")[0]


def test_a_reply_is_told_counted_and_read(
    phone: Page, server: RunningServer, phantom_files: list[Path], tmp_path: Path
) -> None:
    sign_in(phone, server)
    case_id = opened_case(phone, phantom_files)
    colleague = Colleague(server, case_id)
    phone.get_by_role("tab", name="Comments").click()
    question = f"A vessel? {uuid4().hex}"  # other tests talk over the same images
    phone.get_by_role("textbox", name="Comment").fill(question)
    phone.get_by_role("button", name="Send").click()
    mine = phone.locator("[data-comment]").filter(has_text=question)
    expect(mine).to_be_visible()
    mine_id = mine.get_attribute("data-comment")
    phone.get_by_role("link", name="Back to the worklist").click()
    inbox = phone.get_by_role("navigation", name="Hilum").get_by_role("link", name="Inbox")
    expect(inbox).to_be_visible()

    colleague.say("A nodule, I think.", replyToId=mine_id)
    expect(inbox).to_have_accessible_name(re.compile(r"\d+ unread"))
    inbox.click()
    told = phone.get_by_role("list", name="Notifications").get_by_role("link", name=re.compile("repl", re.IGNORECASE))
    expect(told).to_be_visible()
    phone.screenshot(path=tmp_path / "inbox.png")
    phone.get_by_role("link", name="Worklist").click()
    row = phone.get_by_role("link", name=re.compile("1 unread")).first
    expect(row).to_be_visible()
    phone.screenshot(path=tmp_path / "worklist.png")
    inbox.click()
    told.click()

    expect(phone.get_by_role("tab", name=re.compile("Comments"))).to_have_attribute("aria-selected", "true")
    expect(phone.get_by_text("A nodule, I think.")).to_be_visible()
    phone.get_by_role("link", name="Back to the worklist").click()
    expect(phone.get_by_role("link", name=re.compile("^CT "))).not_to_have_count(0)
    expect(phone.get_by_role("link", name=re.compile("1 unread"))).to_have_count(0)
    phone.reload()
    expect(phone.get_by_role("link", name=re.compile("^CT "))).not_to_have_count(0)
    expect(phone.get_by_text(re.compile("1 unread"))).to_have_count(0)


def test_an_address_of_a_comment_brings_it_into_view(
    phone: Page, server: RunningServer, phantom_files: list[Path]
) -> None:
    sign_in(phone, server)
    case_id = opened_case(phone, phantom_files)
    colleague = Colleague(server, case_id)
    first = colleague.say("The first of many.")
    for number in range(55):
        colleague.say(f"Number {number}")

    phone.goto(f"{server.url}/#/cases/{case_id}/comments/{first}")

    expect(phone.locator(f'[data-comment="{first}"]')).to_be_in_viewport()
    expect(phone.locator(f'[data-comment="{first}"]')).to_have_class(re.compile("is-named"))
