"""How a real installation begins: an empty server, one command beside it, and the people who come in from there."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.client.credentials import FILE_NAME
from api.identity import totp
from api.mail import mailbox
from tests.graphql_client import GraphQLClient, Refused
from tests.running import ROOT, RunningServer, forget_database
from tests.waiting import until

PASSWORD = "Nine-quiet-Lanterns"
SIGN_UP = "mutation ($input: SignUpInput!) { signUp(input: $input) { challenge { token } errors { code message } } }"
ANSWER = """mutation ($input: AnswerChallengeInput!) { answerChallenge(input: $input) {
  challenge { kind token } errors { code message } } }"""
ENROLL = "mutation ($input: EnrollMfaInput!) { enrollMfa(input: $input) { secret errors { code message } } }"
CONFIRM = """mutation ($input: ConfirmMfaInput!) { confirmMfa(input: $input) {
  accessToken viewer { user { role } organization { name } } errors { code message } } }"""
CODE = re.compile(r"Your code is (\d{6})\.")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path / "data")
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()
    forget_database(server.data_dir)


def hilum(server: RunningServer, *words: str) -> "subprocess.CompletedProcess[str]":
    """Beside the server, as its operator does."""
    command = [sys.executable, "-m", "api", *words]
    return subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=60)


async def come_in(client: GraphQLClient, server: RunningServer, email: str, **more: Any) -> Any:
    """Sign up, confirm the address, enrol an authenticator; what that answers."""
    person = {"email": email, "password": PASSWORD, "displayName": "Some Body", **more}
    signed_up = await client.mutate("signUp", SIGN_UP, person)
    box = server.data_dir / mailbox.FILE_NAME
    addressed = f"To: {email}\n"
    await until(lambda: any(addressed in mail and CODE.search(mail) for mail in box.read_text().split("-" * 72)), 5.0)
    codes = [CODE.search(mail) for mail in box.read_text().split("-" * 72) if addressed in mail]
    code = next(found.group(1) for found in codes if found is not None)
    given = {"challenge": signed_up["challenge"]["token"], "code": code}
    token = (await client.mutate("answerChallenge", ANSWER, given))["challenge"]["token"]
    secret = (await client.mutate("enrollMfa", ENROLL, {"challenge": token}))["secret"]
    now = totp.code_at(secret, totp.step_at(time.time()))
    return await client.mutate("confirmMfa", CONFIRM, {"challenge": token, "code": now})


@pytest.mark.slow
async def test_an_installation_begins_with_an_invitation_and_goes_on_with_more(installation: RunningServer) -> None:
    begun = hilum(installation, "organization", "create", "First hospital", "--administrator", "Ada@test.example")
    assert begun.returncode == 0, begun.stderr
    invitation = re.search(r"#/invitations/(\S+)$", begun.stdout, re.MULTILINE)
    organization = re.search(r"^Organization First hospital, id (\S+)$", begun.stdout, re.MULTILINE)
    assert invitation is not None
    assert organization is not None
    installation.start()
    assert not (installation.data_dir / FILE_NAME).exists()  # no demo accounts

    async with GraphQLClient(installation.url) as client:
        administrator = await come_in(client, installation, "ada@test.example", invitation=invitation.group(1))
        with pytest.raises(Refused) as closed:
            await come_in(client, installation, "pat@test.example", organizationId=organization.group(1))
        opened = hilum(installation, "organization", "open", "First hospital")
        patient = await come_in(client, installation, "pat@test.example", organizationId=organization.group(1))
        shut = hilum(installation, "organization", "close", organization.group(1))
        with pytest.raises(Refused) as again:
            await come_in(client, installation, "late@test.example", organizationId=organization.group(1))

    assert administrator["viewer"] == {"user": {"role": "ADMINISTRATOR"}, "organization": {"name": "First hospital"}}
    assert patient["viewer"]["user"] == {"role": "PATIENT"}
    assert (opened.returncode, shut.returncode) == (0, 0)
    assert closed.value.code == again.value.code == "NOT_FOUND"
    assert installation.stop() == 0


@pytest.mark.slow
def test_what_the_command_cannot_do_is_said(installation: RunningServer) -> None:
    missing = hilum(installation, "organization", "open", "Nowhere")
    nobody = hilum(installation, "organization", "create", "Hospital", "--administrator", "no address")

    assert (missing.returncode, nobody.returncode) == (1, 1)
    assert missing.stderr == "hilum: There is no organization Nowhere.\n"
    assert nobody.stderr == "hilum: An e-mail address looks like name@hospital.example.\n"
