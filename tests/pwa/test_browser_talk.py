"""Doctors and a patient over one case, each on a phone of their own: comments, a signed reading, its release."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pwa.conftest import PATIENCE_MS, PHONE
from tests.pwa.test_browser_accounts import SIGN_IN, ask
from tests.pwa.test_browser_journey import begin_upload, sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser

SHARE = "mutation ($i: ShareCaseInput!) { shareCase(input: $i) { errors { code message } } }"
OpenCase = Callable[[str], Page]


@pytest.fixture
def open_case(browser: Browser, phone: Page, server: RunningServer, phantom_files: list[Path]) -> Iterator[OpenCase]:
    """The clinician's case with a phantom, on another phone of whoever is named; the patient takes part."""
    sign_in(phone, server)
    begin_upload(phone, phantom_files[:12]).get_by_role("link", name=re.compile("^CT ")).click()
    expect(phone.get_by_role("tab", name="Findings")).to_be_visible()
    address = phone.url
    case_id = address.partition("#/cases/")[2].partition("/")[0]
    email, password = server.credentials["clinician"]
    token = ask(server, SIGN_IN, {"email": email, "password": password})["signIn"]["accessToken"]
    with_patient = {"caseId": case_id, "email": server.credentials["patient"][0], "access": "READER"}
    assert ask(server, SHARE, with_patient, token)["shareCase"]["errors"] == []
    contexts = []

    def opened(who: str) -> Page:
        context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto(server.url)
        sign_in_as(page, server, who)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_in_as(page: Page, server: RunningServer, who: str) -> None:
    email, password = server.credentials[who]
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name=re.compile("^Sign out"))).to_be_visible()


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Comment").fill(text)
    page.get_by_role("button", name="Send").click()


def test_two_doctors_talk_and_sign_and_the_patient_reads_what_was_released(
    phone: Page, open_case: OpenCase, tmp_path: Path
) -> None:
    colleague = open_case("colleague")
    phone.get_by_role("tab", name="Comments").click()
    colleague.get_by_role("tab", name="Comments").click()

    say(phone, "Is that a nodule or a vessel?")
    expect(colleague.get_by_text("Is that a nodule or a vessel?")).to_be_visible()
    say(colleague, "A vessel, see https://example.org/atlas.")
    expect(phone.get_by_role("link", name="https://example.org/atlas")).to_be_visible()
    expect(phone.get_by_role("tab", name=re.compile("^Comments"))).to_be_visible()
    phone.screenshot(path=tmp_path / "comments.png")

    phone.get_by_role("tab", name="Reading").click()
    phone.get_by_role("button", name="Write a reading").click()
    phone.get_by_label("Impression").fill("Vessels only.\nNo nodule.")
    phone.get_by_label("Recommendation").fill("None.")
    phone.screenshot(path=tmp_path / "writing.png")
    phone.get_by_role("button", name="Check and sign").click()
    expect(phone.get_by_text("A signed reading is never changed.")).to_be_visible()
    phone.screenshot(path=tmp_path / "signing.png")
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_text("Vessels only.")).to_be_visible()

    colleague.get_by_role("tab", name="Reading").click()
    expect(colleague.get_by_text("Vessels only.")).to_be_visible()
    patient = open_case("patient")
    expect(patient.get_by_text("There is no result for you yet.")).to_be_visible()
    expect(patient.get_by_text("Vessels only.")).to_have_count(0)
    colleague.get_by_role("button", name="Release to the patient").click()
    colleague.get_by_label("For the patient, in plain words").fill("Your lungs look well.")
    colleague.get_by_role("button", name="Release", exact=True).click()

    expect(patient.get_by_text("Your lungs look well.")).to_be_visible()
    patient.screenshot(path=tmp_path / "patient.png")
    patient.get_by_role("tab", name="Comments").click()
    expect(patient.get_by_text("Nobody has said anything yet.")).to_be_visible()
    colleague.screenshot(path=tmp_path / "released.png")
    colleague.get_by_role("button", name="Take it back").click()
    colleague.get_by_role("button", name="Yes, take it back from the patient").click()
    patient.get_by_role("tab", name="Your result").click()
    expect(patient.get_by_text("There is no result for you yet.")).to_be_visible()


def test_a_comment_written_without_a_line_is_kept_and_sent_once(open_case: OpenCase) -> None:
    phone = open_case("colleague")
    phone.get_by_role("tab", name="Comments").click()
    phone.route("**/graphql", lambda route: route.abort())
    say(phone, "Written in the lift.")
    expect(phone.get_by_text("Waiting to be sent")).to_be_visible()
    expect(phone.get_by_role("textbox", name="Comment")).to_have_value("")

    phone.unroute_all(behavior="wait")

    expect(phone.get_by_text("Waiting to be sent")).to_have_count(0)
    expect(phone.get_by_text("Written in the lift.", exact=True)).to_be_visible()
    phone.reload()
    phone.get_by_role("tab", name="Comments").click()
    expect(phone.get_by_text("Written in the lift.", exact=True)).to_have_count(1)
