"""What AWS refuses, and when it is away."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.errors import ApiError, Unavailable
from api.identity.cognito import CognitoDirectory
from api.identity.directory import Proof, Step, StepKind, UserDirectory
from tests.api.identity.user_pool import ANOTHER, PASSWORD, signed_in
from tests.cognito.harness import CognitoHarness, opened
from tests.cognito.honest_api import HonestApi
from tests.cognito.server import CognitoServer


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
