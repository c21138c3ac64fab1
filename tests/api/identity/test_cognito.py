"""What the Cognito directory does beyond the contract: challenges of the pool, AWS's refusals, outages."""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from api.errors import (
    ApiError,
    Conflict,
    ErrorCode,
    Expired,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    WeakPassword,
    WrongCode,
    WrongCredentials,
)
from api.identity.cognito import CognitoDirectory
from api.identity.directory import Proof, Step, StepKind, UserDirectory
from api.settings import Settings
from api.telemetry import set_up
from tests.cognito.harness import CognitoHarness, opened
from tests.cognito.honest_api import HonestApi
from tests.cognito.honest_pool import RESET_SECONDS, SESSION_SECONDS
from tests.cognito.server import CognitoServer, Pool

PASSWORD = "Nine-quiet-Lanterns"
ANOTHER = "Seven-loud-Kettles"


@pytest.fixture(autouse=True)
def _no_faults_are_left() -> Iterator[None]:
    yield
    HonestApi.faults.clear()
    HonestApi.before.clear()


@pytest.fixture
async def harness(cognito: CognitoServer) -> AsyncIterator[CognitoHarness]:
    async with opened(cognito.new_pool()) as made:
        yield made


@pytest.fixture
def directory(harness: CognitoHarness) -> CognitoDirectory:
    return harness.directory


@pytest.fixture
def email() -> str:
    return f"{secrets.token_hex(8)}@test.example"


def administer(pool: Pool, operation: str, email: str, **parameters: Any) -> Any:
    return getattr(pool.client, operation)(UserPoolId=pool.settings.cognito_pool_id, Username=email, **parameters)


def asked_since(count: int) -> list[str]:
    return HonestApi.seen[count:]


async def signed_in(directory: UserDirectory, email: str, password: str = PASSWORD) -> Proof:
    proof = await directory.authenticate(email, password)
    assert isinstance(proof, Proof)
    return proof


# what the pool asks for


async def test_who_was_given_a_first_password_chooses_their_own(harness: CognitoHarness, email: str) -> None:
    administer(harness.pool, "admin_create_user", email, MessageAction="SUPPRESS")
    administer(harness.pool, "admin_set_user_password", email, Password=PASSWORD, Permanent=False)
    step = await harness.directory.authenticate(email, PASSWORD)
    assert isinstance(step, Step)
    assert step.kind is StepKind.NEW_PASSWORD

    with pytest.raises(WeakPassword) as refusal:
        await harness.directory.answer_new_password(step, "short")
    proof = await harness.directory.answer_new_password(step, ANOTHER)

    assert refusal.value.field == ["newPassword"]
    assert isinstance(proof, Proof)
    assert proof.subject == step.subject == await harness.directory.find(email)
    assert (await signed_in(harness.directory, email, ANOTHER)).subject == proof.subject


async def test_a_pool_that_demands_a_second_factor_has_it_enrolled_before_anybody_is_in(
    cognito: CognitoServer, email: str
) -> None:
    async with opened(cognito.new_pool(mfa="ON")) as harness:
        await harness.directory.register(email, PASSWORD, confirmed=True)
        step = await harness.directory.authenticate(email, PASSWORD)
        assert isinstance(step, Step)
        assert step.kind is StepKind.ENROLL_TOTP

        secret, step_with_secret = await harness.directory.begin_totp(step)
        code = await harness.totp(secret)
        with pytest.raises(WrongCode):
            await harness.directory.confirm_totp(step_with_secret, f"{(int(code) + 1) % 10**6:06}")
        proof = await harness.directory.confirm_totp(step_with_secret, code)

        assert proof.has_totp
        assert proof.subject == step.subject
        again = await harness.directory.authenticate(email, PASSWORD)
        assert isinstance(again, Step)
        assert again.kind is StepKind.TOTP
        assert (await harness.directory.answer_totp(again, await harness.totp(secret))).has_totp


async def test_an_app_client_without_secret_serves_as_well(cognito: CognitoServer, email: str) -> None:
    async with opened(cognito.new_pool(has_secret=False)) as harness:
        await harness.directory.register(email, PASSWORD)
        await harness.directory.confirm(email, await harness.mailed_code(email))
        proof = await signed_in(harness.directory, email)

        assert await harness.directory.renew(proof.subject, proof.state)


async def test_a_challenge_that_hilum_does_not_know_lets_nobody_in(harness: CognitoHarness, email: str) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    user = harness.pool.honest.user(email)
    assert user is not None
    harness.pool.honest.next_answer = lambda client, user: harness.pool.honest.challenge("SMS_MFA", user)  # type: ignore[method-assign]

    with pytest.raises(Unavailable):
        await harness.directory.authenticate(email, PASSWORD)


async def test_a_pool_that_is_set_up_wrongly_is_the_operators_to_see_and_nobodys_password(
    cognito: CognitoServer, email: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(cognito.new_pool(flows=("ALLOW_REFRESH_TOKEN_AUTH",))) as harness:
        await harness.directory.register(email, PASSWORD, confirmed=True)

        with pytest.raises(Unavailable):
            await harness.directory.authenticate(email, PASSWORD)

    assert "Cognito refused initiate_auth: InvalidParameterException" in caplog.text


async def test_an_app_client_that_tells_who_exists_is_not_repeated(cognito: CognitoServer, email: str) -> None:
    async with opened(cognito.new_pool(hides=False)) as harness:
        before = len(HonestApi.seen)
        with pytest.raises(WrongCredentials):
            await harness.directory.authenticate(email, PASSWORD)
        assert asked_since(before) == ["initiate_auth", "respond_to_auth_challenge"]

        await harness.directory.request_reset(email)
        await harness.directory.resend_confirmation(email)
        with pytest.raises(WrongCode):
            await harness.directory.confirm(email, "123456")
        with pytest.raises(WrongCode):
            await harness.directory.reset(email, "123456", ANOTHER)


async def test_a_sign_in_that_took_too_long_begins_again(harness: CognitoHarness, email: str) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    secret, who = await harness.directory.begin_totp(await signed_in(harness.directory, email))
    await harness.directory.confirm_totp(who, await harness.totp(secret))
    step = await harness.directory.authenticate(email, PASSWORD)
    assert isinstance(step, Step)

    harness.pool.honest.seconds_later = SESSION_SECONDS + 1

    with pytest.raises(Expired):
        await harness.directory.answer_totp(step, await harness.totp(secret))


async def test_a_step_whose_state_is_not_ours_begins_again(directory: CognitoDirectory) -> None:
    for state in (None, "", "null", "[]", "{", '{"session": 1}', '{"refresh": "x", "username": "y"}'):
        with pytest.raises(Expired):
            await directory.answer_totp(Step(StepKind.TOTP, "subject", state), "123456")
        with pytest.raises(Expired):
            await directory.answer_new_password(Step(StepKind.NEW_PASSWORD, "subject", state), ANOTHER)
        with pytest.raises(Expired):
            await directory.begin_totp(Step(StepKind.ENROLL_TOTP, "subject", state))


async def test_an_answer_about_another_account_is_not_believed(harness: CognitoHarness, email: str) -> None:
    """As when two people's sign-ins were mixed up on their way."""
    await harness.directory.register(email, PASSWORD, confirmed=True)
    other = await harness.directory.register(f"other-{email}", PASSWORD, confirmed=True)
    proof = await signed_in(harness.directory, email)

    with pytest.raises(Unavailable):
        await harness.directory.renew(other, proof.state)
    with pytest.raises(Unavailable):
        await harness.directory.begin_totp(Proof(other, False, proof.state))


# who is told what


@pytest.mark.parametrize("told", ["any", "before"])
async def test_a_pool_that_tells_anybody_who_is_unconfirmed_is_not_repeated(
    harness: CognitoHarness, email: str, told: Any
) -> None:
    harness.pool.honest.unconfirmed_is_told = told
    await harness.directory.register(email, PASSWORD)

    for password in (ANOTHER, PASSWORD):
        with pytest.raises(WrongCredentials):
            await harness.directory.authenticate(email, password)

    await harness.directory.confirm(email, await harness.mailed_code(email))
    assert isinstance(await harness.directory.authenticate(email, PASSWORD), Proof)


async def test_only_a_right_password_is_told_that_the_address_waits_for_its_code(
    directory: CognitoDirectory, email: str
) -> None:
    subject = await directory.register(email, PASSWORD)

    with pytest.raises(WrongCredentials) as refusal:
        await directory.authenticate(email, ANOTHER)
    step = await directory.authenticate(email, PASSWORD)

    assert refusal.value.code is ErrorCode.WRONG_CREDENTIALS
    assert type(refusal.value) is WrongCredentials
    assert step == Step(StepKind.CONFIRM_EMAIL, subject)


async def test_every_wrong_sign_in_makes_the_same_requests(harness: CognitoHarness, email: str) -> None:
    """So that none is answered sooner than another."""
    await harness.directory.register(email, PASSWORD, confirmed=True)
    disabled = f"disabled-{email}"
    await harness.directory.set_enabled(await harness.directory.register(disabled, PASSWORD, confirmed=True), False)
    waiting = f"waiting-{email}"
    await harness.directory.register(waiting, PASSWORD)
    harness.pool.honest.unconfirmed_is_told = "before"

    requests = []
    for address, password in (
        (email, ANOTHER),
        (f"no-{email}", PASSWORD),
        (disabled, PASSWORD),
        (waiting, PASSWORD),
        ("no address", PASSWORD),
        (email, "x" * 1000),
        (email, ""),
        (email + "\0", PASSWORD),
        ("a" * 200 + email, PASSWORD),
    ):
        before = len(HonestApi.seen)
        with pytest.raises(WrongCredentials):
            await harness.directory.authenticate(address, password)
        requests.append(asked_since(before))

    assert requests == [["initiate_auth", "respond_to_auth_challenge"]] * 9


async def test_nobody_signs_in_by_another_name_than_their_address(directory: CognitoDirectory, email: str) -> None:
    """Cognito takes a subject too, and failures are counted by address."""
    subject = await directory.register(email, PASSWORD, confirmed=True)

    with pytest.raises(WrongCredentials):
        await directory.authenticate(subject, PASSWORD)
    assert await directory.find(subject) is None
    with pytest.raises(Invalid):
        await directory.register(subject, PASSWORD)


async def test_who_asks_for_a_mail_learns_nothing(directory: CognitoDirectory, email: str) -> None:
    for code in (
        *("UserNotFoundException", "InvalidParameterException", "NotAuthorizedException", "LimitExceededException"),
        *("UserNotConfirmedException", "CodeDeliveryFailureException"),
    ):
        HonestApi.faults.update(forgot_password=code, resend_confirmation_code=code)

        await directory.request_reset(email)
        await directory.resend_confirmation(email)


async def test_a_reset_code_that_is_too_old_is_told_apart(harness: CognitoHarness, email: str) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    await harness.directory.request_reset(email)
    harness.pool.honest.seconds_later = RESET_SECONDS + 1

    with pytest.raises(Expired):
        await harness.directory.reset(email, await harness.mailed_code(email), ANOTHER)


# accounts


async def test_an_invited_person_takes_over_their_own_unconfirmed_account(harness: CognitoHarness, email: str) -> None:
    begun = await harness.directory.register(email, PASSWORD)

    subject = await harness.directory.register(email, ANOTHER, confirmed=True)

    assert subject == begun
    assert (await signed_in(harness.directory, email, ANOTHER)).subject == subject
    await harness.directory.request_reset(email)
    assert await harness.count_mails(email) == 2  # the address counts as confirmed


async def test_a_registration_that_broke_off_is_taken_up_again(harness: CognitoHarness, email: str) -> None:
    HonestApi.faults["admin_set_user_password"] = "InternalErrorException"
    with pytest.raises(Unavailable):
        await harness.directory.register(email, PASSWORD, confirmed=True)
    HonestApi.faults.clear()

    subject = await harness.directory.register(email, PASSWORD, confirmed=True)

    assert (await signed_in(harness.directory, email)).subject == subject


async def test_a_confirmed_account_is_not_taken_over_by_an_invitation(directory: CognitoDirectory, email: str) -> None:
    await directory.register(email, PASSWORD, confirmed=True)

    with pytest.raises(Conflict):
        await directory.register(email, ANOTHER, confirmed=True)

    await signed_in(directory, email)


async def test_passwords_that_cognito_cannot_keep_are_refused_with_the_reason(
    directory: CognitoDirectory, email: str
) -> None:
    for password in (" begins-with-a-blank", "ends-with-a-blank ", "has-two\nlines-of-text"):
        with pytest.raises(WeakPassword, match="blank"):
            await directory.register(email, password)


async def test_who_runs_the_server_sets_a_password(directory: CognitoDirectory, email: str) -> None:
    subject = await directory.register(email, PASSWORD, confirmed=True)

    await directory.set_password(subject, ANOTHER)

    await signed_in(directory, email, ANOTHER)
    with pytest.raises(WeakPassword):
        await directory.set_password(subject, "short")
    with pytest.raises(NotFound):
        await directory.set_password("00000000-0000-4000-8000-000000000000", ANOTHER)


# sign-ins


async def test_signing_out_everywhere_ends_every_sign_in_of_the_account_and_of_no_other(
    directory: CognitoDirectory, email: str
) -> None:
    subject = await directory.register(email, PASSWORD, confirmed=True)
    neighbour = await directory.register(f"other-{email}", PASSWORD, confirmed=True)
    proofs = [await signed_in(directory, email) for _ in range(2)]
    others = await signed_in(directory, f"other-{email}")

    await directory.sign_out_everywhere(subject)

    for proof in proofs:
        with pytest.raises(Unauthenticated):
            await directory.renew(subject, proof.state)
        with pytest.raises(Expired):
            await directory.begin_totp(proof)
    assert await directory.renew(neighbour, others.state)


async def test_a_sign_in_that_the_pool_does_not_know_enrolls_nothing(directory: CognitoDirectory, email: str) -> None:
    subject = await directory.register(email, PASSWORD, confirmed=True)

    with pytest.raises(Expired):
        await directory.begin_totp(Proof(subject, False, None))


async def test_an_account_that_was_removed_is_renewed_no_more(harness: CognitoHarness, email: str) -> None:
    subject = await harness.directory.register(email, PASSWORD, confirmed=True)
    proof = await signed_in(harness.directory, email)
    administer(harness.pool, "admin_delete_user", email)

    for state in (proof.state, None):
        with pytest.raises(Unauthenticated):
            await harness.directory.renew(subject, state)
    await harness.directory.sign_out_everywhere(subject)
    await harness.directory.remove_totp(subject)
    with pytest.raises(NotFound):
        await harness.directory.set_enabled(subject, True)


async def test_tokens_that_another_key_signed_let_nobody_in(
    harness: CognitoHarness, cognito: CognitoServer, email: str, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    harness.pool.honest.key = cognito.new_pool().honest.key

    with pytest.raises(Unavailable):
        await harness.directory.authenticate(email, PASSWORD)

    assert "not to be trusted" in caplog.text


@pytest.mark.parametrize("setting", ["cognito_issuer", "cognito_jwks_url"])
async def test_tokens_of_another_issuer_or_of_keys_that_are_away_let_nobody_in(
    cognito: CognitoServer, email: str, setting: str
) -> None:
    pool = cognito.new_pool()
    other = {"cognito_issuer": "https://issuer.example/pool", "cognito_jwks_url": cognito.jwks.url("/nothing")}[setting]
    pool.settings = pool.settings.model_copy(update={setting: other})
    async with opened(pool) as harness:
        await harness.directory.register(email, PASSWORD, confirmed=True)

        with pytest.raises(Unavailable) as refusal:
            await harness.directory.authenticate(email, PASSWORD)

    assert refusal.value.retry_after


async def test_people_sign_in_after_the_pool_has_changed_its_keys(cognito: CognitoServer, email: str) -> None:
    pool = cognito.new_pool()
    pool.settings = pool.settings.model_copy(update={"cognito_keys_pause_seconds": 0.1})
    path = f"/{pool.honest.pool.id}/.well-known/jwks.json"
    async with opened(pool) as harness:
        await harness.directory.register(email, PASSWORD, confirmed=True)
        await signed_in(harness.directory, email)
        newer = cognito.new_pool().honest
        pool.honest.key, pool.honest.kid = newer.key, newer.kid
        cognito.jwks.served[path] = pool.honest.jwks()
        await asyncio.sleep(0.1)

        await signed_in(harness.directory, email)

    assert cognito.jwks.asked[path] == 2


# what AWS refuses, and when it is away


async def everything(directory: CognitoDirectory, email: str) -> dict[str, ApiError | None]:
    """What each method says, asked with rights and wrongs that reach Cognito."""
    step = Step(StepKind.TOTP, "subject", '{"session": "%s", "username": "name"}' % ("s" * 40))
    enroll = Step(StepKind.ENROLL_TOTP, "subject", step.state)
    renewal = Step(StepKind.NEW_PASSWORD, "subject", step.state)
    proof = Proof("subject", False, '{"refresh": "token", "username": "name"}')
    calls = {
        "register": directory.register(email, PASSWORD),
        "register confirmed": directory.register(email, PASSWORD, confirmed=True),
        "find": directory.find(email),
        "confirm": directory.confirm(email, "123456"),
        "resend_confirmation": directory.resend_confirmation(email),
        "authenticate": directory.authenticate(email, PASSWORD),
        "answer_totp": directory.answer_totp(step, "123456"),
        "answer_new_password": directory.answer_new_password(renewal, ANOTHER),
        "begin_totp": directory.begin_totp(proof),
        "begin_totp by step": directory.begin_totp(enroll),
        "confirm_totp": directory.confirm_totp(proof, "123456"),
        "confirm_totp by step": directory.confirm_totp(enroll, "123456"),
        "remove_totp": directory.remove_totp("subject"),
        "request_reset": directory.request_reset(email),
        "reset": directory.reset(email, "123456", ANOTHER),
        "renew": directory.renew("subject", proof.state),
        "renew without state": directory.renew("subject", None),
        "sign_out_everywhere": directory.sign_out_everywhere("subject"),
        "set_enabled": directory.set_enabled("subject", True),
    }
    said: dict[str, ApiError | None] = {}
    for name, call in calls.items():
        try:
            await call
            said[name] = None
        except ApiError as error:
            said[name] = error
    return said


OPERATIONS = [
    *("sign_up", "confirm_sign_up", "resend_confirmation_code", "initiate_auth", "respond_to_auth_challenge"),
    *("associate_software_token", "verify_software_token", "forgot_password", "confirm_forgot_password"),
    *("admin_create_user", "admin_set_user_password", "admin_get_user", "admin_set_user_mfa_preference"),
    *("admin_user_global_sign_out", "admin_enable_user", "admin_disable_user", "admin_confirm_sign_up"),
]


async def test_who_is_throttled_or_finds_aws_away_is_told_when_to_come_back(
    directory: CognitoDirectory, email: str
) -> None:
    for code in ("TooManyRequestsException", "ThrottlingException", "InternalErrorException", "ServiceUnavailable"):
        HonestApi.faults.update(dict.fromkeys(OPERATIONS, code))

        said = await everything(directory, email)

        assert {name: type(error) for name, error in said.items()} == dict.fromkeys(said, Unavailable)
        assert all(error and error.retry_after for error in said.values())


def every_code_of_aws() -> list[str]:
    import botocore.session

    service = botocore.session.get_session().get_service_model("cognito-idp")
    return sorted({*(shape.name for shape in service.error_shapes), "AccessDeniedException", "Unheard", ""})


async def test_every_code_of_aws_becomes_an_error_of_ours_and_its_words_stay_inside(
    directory: CognitoDirectory, email: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "api")
    errors: list[ApiError] = []

    for code in every_code_of_aws():
        HonestApi.faults.update(dict.fromkeys(OPERATIONS, code))
        errors += [error for error in (await everything(directory, email)).values() if error]

    assert len(errors) > 800
    for error in errors:
        assert "test.example" not in error.message
        assert "Exception" not in error.message
        assert error.__cause__ is None
        assert not isinstance(error, Unavailable) or error.retry_after
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("api")]
    assert not [line for line in ours if "test.example" in line]


async def test_when_cognito_is_away_people_are_told_to_come_back(cognito: CognitoServer, email: str) -> None:
    pool = cognito.new_pool()
    pool.settings = pool.settings.model_copy(update={"cognito_endpoint": "http://127.0.0.1:9"})
    async with opened(pool) as harness:
        said = await everything(harness.directory, email)

    assert {name: type(error) for name, error in said.items()} == dict.fromkeys(said, Unavailable)


async def test_an_answer_that_is_none_of_cognitos_is_an_outage(cognito: CognitoServer, email: str) -> None:
    pool = cognito.new_pool()
    cognito.jwks.served["/"] = b"<html>Sign in to the hotel's network</html>"
    pool.settings = pool.settings.model_copy(update={"cognito_endpoint": cognito.jwks.url("")})
    async with opened(pool) as harness:
        said = await everything(harness.directory, email)

    assert {name: type(error) for name, error in said.items()} == dict.fromkeys(said, Unavailable)


@pytest.mark.parametrize(
    ("missing", "call"),
    [
        ("UserSub", lambda directory, email, _: directory.register(f"other-{email}", PASSWORD)),
        ("SecretCode", lambda directory, _, proof: directory.begin_totp(proof)),
        ("AccessToken", lambda directory, email, _: directory.authenticate(email, PASSWORD)),
        ("IdToken", lambda directory, email, _: directory.authenticate(email, PASSWORD)),
        ("RefreshToken", lambda directory, email, _: directory.authenticate(email, PASSWORD)),
        ("USERNAME", lambda directory, email, _: directory.authenticate(email, PASSWORD)),
        ("SRP_B", lambda directory, email, _: directory.authenticate(email, PASSWORD)),
        ("UserAttributes", lambda directory, email, _: directory.find(email)),
    ],
)
async def test_an_answer_that_lacks_what_it_must_hold_is_an_outage(
    harness: CognitoHarness, email: str, missing: str, call: Callable[[UserDirectory, str, Proof], Awaitable[Any]]
) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    proof = await signed_in(harness.directory, email)

    def take_out(parsed: dict[str, Any], **_: Any) -> None:
        for part in (parsed, parsed.get("AuthenticationResult"), parsed.get("ChallengeParameters")):
            if part:
                part.pop(missing, None)

    harness.directory._pool._client.meta.events.register("after-call.cognito-identity-provider", take_out)

    with pytest.raises(Unavailable):
        await call(harness.directory, email, proof)


async def test_a_slow_cognito_is_given_up_in_time(cognito: CognitoServer, email: str) -> None:
    pool = cognito.new_pool()
    pool.settings = pool.settings.model_copy(update={"cognito_seconds": 0.3})
    answer_now = threading.Event()
    HonestApi.before["admin_get_user"] = lambda: answer_now.wait(5)
    async with opened(pool) as harness:
        began = time.monotonic()
        with pytest.raises(Unavailable) as refusal:
            await harness.directory.find(email)
        took = time.monotonic() - began
        answer_now.set()

    assert took < 2
    assert refusal.value.retry_after


async def test_few_requests_are_made_at_once_and_who_comes_after_many_is_told_to_come_back(
    cognito: CognitoServer, email: str
) -> None:
    pool = cognito.new_pool()
    pool.settings = pool.settings.model_copy(update={"cognito_calls": 2, "cognito_waiting_calls": 3})
    now, most, lock = 0, 0, threading.Lock()

    def count() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.2)
        with lock:
            now -= 1

    HonestApi.before["admin_get_user"] = count
    async with opened(pool) as harness:
        answers = await asyncio.gather(*(harness.directory.find(email) for _ in range(12)), return_exceptions=True)
        later = await harness.directory.find(email)

    assert most <= 2
    assert [type(answer) for answer in answers].count(Unavailable) == 7
    assert answers.count(None) == 5
    assert later is None


async def test_who_gives_up_waiting_does_not_free_a_place_before_its_time(cognito: CognitoServer, email: str) -> None:
    """Else threads would pile up behind a Cognito that hangs."""
    pool = cognito.new_pool()
    pool.settings = pool.settings.model_copy(update={"cognito_calls": 1, "cognito_waiting_calls": 0})
    answer_now = threading.Event()
    HonestApi.before["admin_get_user"] = lambda: answer_now.wait(5)
    async with opened(pool) as harness:
        first = asyncio.create_task(harness.directory.find(email))
        await asyncio.sleep(0.2)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

        with pytest.raises(Unavailable):
            await harness.directory.find(email)
        answer_now.set()
        for _ in range(100):
            await asyncio.sleep(0.05)
            try:
                assert await harness.directory.find(email) is None
                break
            except Unavailable:
                continue
        else:
            pytest.fail("the place was never given back")


async def test_secrets_are_not_shown_when_things_are_printed(harness: CognitoHarness, email: str) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    proof = await signed_in(harness.directory, email)
    secret = harness.pool.settings.cognito_client_secret
    assert secret is not None
    assert proof.state is not None

    shown = f"{harness.pool.settings!r} {harness.directory!r} {harness.directory._pool!r} {proof!r}"

    assert secret.get_secret_value() not in shown
    assert proof.state not in shown
    assert PASSWORD not in shown


async def test_nothing_of_a_sign_in_is_logged_even_where_everything_is(
    harness: CognitoHarness, email: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At its most talkative boto3 would write down what it sends."""
    set_up(Settings(log_level="debug"))
    caplog.set_level(logging.DEBUG)
    await harness.directory.register(email, PASSWORD, confirmed=True)
    secret, who = await harness.directory.begin_totp(await signed_in(harness.directory, email))
    await harness.directory.confirm_totp(who, await harness.totp(secret))
    with pytest.raises(WrongCredentials):
        await harness.directory.authenticate(email, ANOTHER)

    servers = ("werkzeug", "moto")
    ours = " ".join(line.getMessage() for line in caplog.records if not line.name.startswith(servers))

    for hidden in (email, PASSWORD, ANOTHER, secret, str(who.state)):
        assert hidden not in ours
