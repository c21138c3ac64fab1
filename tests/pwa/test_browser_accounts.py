"""Accounts as people have them on a phone: from the invitation to the end of the last session."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from api.identity import totp
from api.mail.mailbox import FILE_NAME
from tests.mail import CODE, END, INVITATION
from tests.pwa.test_browser_journey import sign_in
from tests.running import RunningServer

pytestmark = pytest.mark.browser

PASSWORD, ANOTHER = "Nine-quiet-Lanterns", "Seven-loud-Kettles"
SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { accessToken errors { code } } }"
INVITE = "mutation ($i: InviteUserInput!) { inviteUser(input: $i) { errors { code message } } }"
WAIT_SECONDS = 10.0


def ask(server: RunningServer, query: str, given: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"query": query, "variables": {"i": given}}
    answer = httpx.post(f"{server.url}/graphql", json=body, headers=headers).json()
    data: dict[str, Any] = answer["data"]
    return data


def invite(server: RunningServer, email: str) -> None:
    chief, password = server.credentials["administrator"]
    token = ask(server, SIGN_IN, {"email": chief, "password": password})["signIn"]["accessToken"]
    assert ask(server, INVITE, {"email": email, "role": "CLINICIAN"}, token)["inviteUser"]["errors"] == []


def mailed(server: RunningServer, email: str, pattern: re.Pattern[str], number: int = 1) -> str:
    """What the pattern finds in the mail of that number that holds it; it may still be on its way."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        file = server.data_dir / FILE_NAME
        mails = file.read_text().split(END) if file.exists() else []
        found = [match for mail in mails if mail.startswith(f"To: {email}\n") and (match := pattern.search(mail))]
        if len(found) >= number:
            return found[number - 1].group(1)
        time.sleep(0.05)
    raise AssertionError(f"no such mail came to {email}")


def code_of(secret: str, later: int = 0) -> str:
    """later: steps of half a minute; a code is good once, and the next one already."""
    return totp.code_at(secret, totp.step_at(time.time()) + later)


def answer(page: Page, label: str, code: str, button: str) -> None:
    page.get_by_label(label).fill(code)
    page.get_by_role("button", name=button, exact=True).click()


def enrolled(page: Page, server: RunningServer, shoot: Callable[[str], object]) -> tuple[str, str, list[str]]:
    """E-mail, key and recovery codes of somebody who was invited and signed up; their worklist is open."""
    email = f"{uuid4().hex[:12]}@test.example"
    invite(server, email)
    page.goto(f"{server.url}/#/invitations/{mailed(server, email, INVITATION)}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Your name").fill("Ivy Invited")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    shoot("sign-up")
    page.get_by_role("button", name="Make the account").click()
    answer(page, "Code from the mail", mailed(server, email, CODE), "Confirm")
    page.get_by_text("The app is on another device").click()
    shoot("enroll")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    answer(page, "Six digits that the app shows", code_of(secret), "Confirm")
    listed = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(listed).to_have_count(10)
    codes = listed.all_inner_texts()
    shoot("recovery-codes")
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("link", name="Upload").first).to_be_visible()
    return email, secret, codes


def give_password(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def shoot(phone: Page, tmp_path: Path) -> Callable[[str], object]:
    return lambda name: phone.screenshot(path=tmp_path / f"{name}.png", full_page=True)


def test_an_invited_doctor_signs_up_enrolls_and_signs_in_again(
    phone: Page, server: RunningServer, shoot: Callable[[str], object]
) -> None:
    email, secret, codes = enrolled(phone, server, shoot)
    phone.goto(f"{server.url}/#/settings")
    expect(phone.get_by_text("this one")).to_be_visible()
    shoot("settings")
    phone.get_by_role("button", name="Sign out everywhere").click()
    expect(phone.get_by_text("You are signed out everywhere.")).to_be_visible()

    give_password(phone, email, PASSWORD)
    shoot("second-step")
    answer(phone, "Code", code_of(secret, later=1), "Sign in")
    expect(phone.get_by_text("this one")).to_be_visible()
    phone.get_by_role("button", name="Sign out everywhere").click()
    give_password(phone, email, PASSWORD)
    answer(phone, "Code", codes[0], "Sign in")

    expect(phone.get_by_text("this one")).to_be_visible()


def test_a_wrong_code_is_told_and_the_next_one_counts(
    phone: Page, server: RunningServer, shoot: Callable[[str], object]
) -> None:
    email, secret, _ = enrolled(phone, server, shoot)
    phone.goto(f"{server.url}/#/settings")
    phone.get_by_role("button", name="Sign out everywhere").click()
    give_password(phone, email, PASSWORD)
    right = code_of(secret, later=1)

    answer(phone, "Code", f"{(int(right) + 1) % 1_000_000:06}", "Sign in")
    expect(phone.get_by_role("alert")).to_contain_text("code")
    shoot("wrong-code")
    answer(phone, "Code", right, "Sign in")

    expect(phone.get_by_text("this one")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_a_mailed_code(
    phone: Page, server: RunningServer, shoot: Callable[[str], object]
) -> None:
    email, secret, _ = enrolled(phone, server, shoot)
    phone.goto(f"{server.url}/#/settings")
    phone.get_by_role("button", name="Sign out everywhere").click()

    phone.get_by_role("button", name="Forgot the password?").click()
    phone.get_by_label("E-mail").fill(email)
    phone.get_by_role("button", name="Send a code").click()
    phone.get_by_label("Code from the mail").fill(mailed(server, email, CODE, number=2))
    phone.get_by_label("New password", exact=True).fill("password1234")
    phone.get_by_role("button", name="Set the password").click()
    expect(phone.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))
    shoot("weak-password")
    phone.get_by_label("New password", exact=True).fill(ANOTHER)
    phone.get_by_role("button", name="Set the password").click()
    expect(phone.get_by_text("The password is changed.")).to_be_visible()
    give_password(phone, email, ANOTHER)
    answer(phone, "Code", code_of(secret, later=1), "Sign in")

    expect(phone.get_by_text("this one")).to_be_visible()


def test_a_phone_that_is_left_alone_is_signed_out(phone: Page, server: RunningServer) -> None:
    phone.clock.install()
    sign_in(phone, server)

    phone.clock.fast_forward("16:00")

    expect(phone.get_by_text("You were signed out after 15 minutes without use.")).to_be_visible()
    expect(phone.get_by_label("Password")).to_be_visible()
