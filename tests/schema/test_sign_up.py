"""From an invitation to a session, over the wire: sign up, confirm, enrol, sign in, reset."""

import time
from typing import Any

import pytest

from api import accounts
from api.identity import totp
from schema.node_ids import node_id
from tests.mail import code_for, mails_to
from tests.schema.edge import PASSWORD, Edge, Json, give_password

INVITE = """mutation($i: InviteUserInput!) { inviteUser(input: $i) {
  token invitation { id email role createdAt expiresAt acceptedAt revokedAt } errors { code field } } }"""
SIGN_UP = """mutation($i: SignUpInput!) { signUp(input: $i) {
  accessToken challenge { kind token } errors { code field } } }"""
CONFIRM = "mutation($i: ConfirmSignUpInput!) { confirmSignUp(input: $i) { ok errors { code } } }"
SIGN_IN = """mutation($i: SignInInput!) { signIn(input: $i) {
  accessToken viewer { mfaEnabled } challenge { kind token } errors { code } } }"""
ANSWER = """mutation($i: AnswerChallengeInput!) { answerChallenge(input: $i) {
  accessToken viewer { mfaEnabled user { email } } challenge { kind token } errors { code field } } }"""
ENROLL = "mutation($i: EnrollMfaInput) { enrollMfa(input: $i) { secret otpauthUri errors { code } } }"
CONFIRM_MFA = """mutation($i: ConfirmMfaInput!) { confirmMfa(input: $i) {
  recoveryCodes accessToken expiresAt viewer { mfaEnabled user { email } sessions { current } } errors { code } } }"""
ASK_RESET = "mutation($i: RequestPasswordResetInput!) { requestPasswordReset(input: $i) { ok errors { code } } }"
RESET = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { ok errors { code field } } }"
EMAIL = "newcomer@test.example"


async def mutate(edge: Edge, document: str, given: Json, who: str | None = None) -> Json:
    (payload,) = (await edge.data(document, {"i": given}, who)).values()
    found: Json = payload
    return found


async def sign_up(edge: Edge) -> Json:
    invited = await mutate(edge, INVITE, {"email": EMAIL, "role": "CLINICIAN"}, "administrator")
    person = {"email": EMAIL, "password": PASSWORD, "displayName": "New Comer", "invitation": invited["token"]}
    return await mutate(edge, SIGN_UP, person)


def code_of(secret: str, steps: int = 0) -> str:
    return totp.code_at(secret, totp.step_at(time.time()) + steps)


async def enrolled(edge: Edge) -> tuple[str, Json]:
    """The authenticator's secret, and what confirming it answered."""
    signed_up = await sign_up(edge)
    assert signed_up["errors"] == []
    assert (signed_up["accessToken"], signed_up["challenge"]["kind"]) == (None, "CONFIRM_EMAIL")
    code = await code_for(edge.house, EMAIL, 2)
    answered = await mutate(edge, ANSWER, {"challenge": signed_up["challenge"]["token"], "code": code})
    token = answered["challenge"]["token"]
    begun = await mutate(edge, ENROLL, {"challenge": token})
    confirmed = await mutate(edge, CONFIRM_MFA, {"challenge": token, "code": code_of(begun["secret"])})
    return begun["secret"], confirmed


async def test_an_invitation_leads_to_a_session_with_a_second_factor(edge: Edge) -> None:
    secret, confirmed = await enrolled(edge)

    assert confirmed["errors"] == []
    assert len(confirmed["recoveryCodes"]) == 10
    assert confirmed["viewer"] == {"mfaEnabled": True, "user": {"email": EMAIL}, "sessions": [{"current": True}]}
    viewer = await edge.ask("{ viewer { mfaEnabled } }", authorization=f"Bearer {confirmed['accessToken']}")
    assert viewer == {"data": {"viewer": {"mfaEnabled": True}}}
    assert len(secret) == 32


async def test_signing_in_afterwards_asks_for_a_code_or_takes_a_recovery_code(edge: Edge) -> None:
    secret, confirmed = await enrolled(edge)

    async def challenge() -> str:
        signed_in = await mutate(edge, SIGN_IN, {"email": EMAIL, "password": PASSWORD})
        assert (signed_in["accessToken"], signed_in["challenge"]["kind"]) == (None, "TOTP")
        token: str = signed_in["challenge"]["token"]
        return token

    wrong = await mutate(edge, ANSWER, {"challenge": await challenge(), "code": "no code"})
    by_code = await mutate(edge, ANSWER, {"challenge": await challenge(), "code": code_of(secret, 1)})
    by_recovery = await mutate(edge, ANSWER, {"challenge": await challenge(), "code": confirmed["recoveryCodes"][0]})

    assert wrong["errors"] == [{"code": "WRONG_CODE", "field": ["code"]}]
    assert by_code["viewer"] == by_recovery["viewer"] == {"mfaEnabled": True, "user": {"email": EMAIL}}
    assert by_code["accessToken"]


async def test_the_address_may_be_confirmed_without_the_challenge(edge: Edge) -> None:
    await sign_up(edge)
    code = await code_for(edge.house, EMAIL, 2)

    wrong = await mutate(edge, CONFIRM, {"email": EMAIL, "code": f"{(int(code) + 1) % 1_000_000:06}"})
    right = await mutate(edge, CONFIRM, {"email": EMAIL, "code": code})
    signed_in = await mutate(edge, SIGN_IN, {"email": EMAIL, "password": PASSWORD})

    assert wrong == {"ok": False, "errors": [{"code": "WRONG_CODE"}]}
    assert right == {"ok": True, "errors": []}
    assert signed_in["challenge"]["kind"] == "ENROLL_TOTP"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "Password12345!"}, {"code": "WEAK_PASSWORD", "field": ["password"]}),
        ({"email": "other@test.example"}, {"code": "NOT_FOUND", "field": ["invitation"]}),
        ({"displayName": ""}, {"code": "INVALID", "field": ["displayName"]}),
        ({"organizationId": "nonsense"}, {"code": "NOT_FOUND", "field": ["organizationId"]}),
        ({"invitation": None}, {"code": "INVALID", "field": ["invitation"]}),
    ],
)
async def test_what_is_wrong_with_a_sign_up_is_told(edge: Edge, change: Json, error: Json) -> None:
    invited = await mutate(edge, INVITE, {"email": EMAIL, "role": "PATIENT"}, "administrator")
    person = {"email": EMAIL, "password": PASSWORD, "displayName": "Name", "invitation": invited["token"]}

    refused = await mutate(edge, SIGN_UP, person | change)

    assert refused == {"accessToken": None, "challenge": None, "errors": [error]}


async def test_where_sign_up_is_open_a_patient_needs_no_invitation(edge: Edge) -> None:
    organization_id = (await edge.data("{ viewer { organization { id } } }", who="patient"))["viewer"]["organization"]
    person = {"password": PASSWORD, "displayName": "Name", "organizationId": organization_id["id"]}
    closed = await mutate(edge, SIGN_UP, {"email": EMAIL, **person})
    async with edge.house.unit_of_work() as uow:
        await accounts.set_open(uow, await accounts.find_organization(uow, "Test hospital"), True)

    free = await mutate(edge, SIGN_UP, {"email": EMAIL, **person})
    taken = await mutate(edge, SIGN_UP, {"email": "clinician@test.example", **person})

    assert closed["errors"] == [{"code": "NOT_FOUND", "field": ["organizationId"]}]
    for payload in (free, taken):
        assert (payload["challenge"].pop("kind"), payload["errors"]) == ("CONFIRM_EMAIL", [])
    assert len(mails_to(edge.house, EMAIL)) == len(mails_to(edge.house, "clinician@test.example")) == 1


async def test_a_forgotten_password_is_set_anew(edge: Edge) -> None:
    _, confirmed = await enrolled(edge)
    asked = [await mutate(edge, ASK_RESET, {"email": email}) for email in (EMAIL, "nobody@test.example")]
    code, another = await code_for(edge.house, EMAIL, 3), "Seven-loud-Kettles"

    weak = await mutate(edge, RESET, {"email": EMAIL, "code": code, "newPassword": "short"})
    reset = await mutate(edge, RESET, {"email": EMAIL, "code": code, "newPassword": another})

    assert asked[0] == asked[1] == {"ok": True, "errors": []}
    assert weak == {"ok": False, "errors": [{"code": "WEAK_PASSWORD", "field": ["newPassword"]}]}
    assert reset == {"ok": True, "errors": []}
    viewer = await edge.ask("{ viewer { mfaEnabled } }", authorization=f"Bearer {confirmed['accessToken']}")
    assert viewer == {"data": {"viewer": None}}
    signed_in = await mutate(edge, SIGN_IN, {"email": EMAIL, "password": another})
    assert signed_in["challenge"]["kind"] == "TOTP"


async def test_a_second_factor_is_enrolled_from_within_a_session(edge: Edge) -> None:
    account = await give_password(edge, "patient")
    signed_in = await mutate(edge, SIGN_IN, account)
    bearer = f"Bearer {signed_in['accessToken']}"

    async def within(document: str, **variables: Any) -> Json:
        (payload,) = (await edge.ask(document, variables, authorization=bearer))["data"].values()
        found: Json = payload
        return found

    begun = await within("mutation { enrollMfa { secret errors { code } } }")
    confirmed = await within(CONFIRM_MFA, i={"code": code_of(begun["secret"])})

    assert signed_in["viewer"] == {"mfaEnabled": False}
    assert (confirmed["accessToken"], confirmed["expiresAt"], confirmed["errors"]) == (None, None, [])
    assert confirmed["viewer"]["mfaEnabled"] is True
    assert (await mutate(edge, SIGN_IN, account))["challenge"]["kind"] == "TOTP"


async def test_nothing_of_a_second_factor_is_given_to_whoever_is_not_signed_in(edge: Edge) -> None:
    begun = await edge.data("mutation { enrollMfa { secret errors { code } } }")
    confirmed = await mutate(edge, CONFIRM_MFA, {"code": "123456"})

    assert begun["enrollMfa"] == {"secret": None, "errors": [{"code": "UNAUTHENTICATED"}]}
    assert confirmed["errors"] == [{"code": "UNAUTHENTICATED"}]


async def test_an_invitation_shows_its_token_once_and_can_be_asked_for_again(edge: Edge) -> None:
    invited = await mutate(edge, INVITE, {"email": EMAIL, "role": "CLINICIAN"}, "administrator")
    query = "query($id: ID!) { node(id: $id) { ... on Invitation { email role } } }"

    seen = await edge.data(query, {"id": invited["invitation"]["id"]}, "administrator")
    hidden = [await edge.data(query, {"id": invited["invitation"]["id"]}, who) for who in ("clinician", "stranger")]

    assert invited["invitation"]["acceptedAt"] is None
    assert seen["node"] == {"email": EMAIL, "role": "CLINICIAN"}
    assert hidden == [{"node": None}] * 2
    assert invited["token"] not in invited["invitation"]["id"]
    assert node_id("Invitation", "x") != invited["invitation"]["id"]
