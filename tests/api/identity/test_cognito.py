"""What the Cognito directory does beyond the contract: challenges of the pool, AWS's refusals, outages."""

import logging
from typing import Any

import pytest

from api.errors import (
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
from api.identity.directory import Proof, Step, StepKind
from api.settings import Settings
from api.telemetry import set_up
from tests.api.identity.user_pool import ANOTHER, PASSWORD, administer, asked_since, signed_in
from tests.cognito.harness import CognitoHarness, opened
from tests.cognito.honest_api import HonestApi
from tests.cognito.honest_pool import RESET_SECONDS, SESSION_SECONDS
from tests.cognito.server import CognitoServer

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


# what is not told


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
