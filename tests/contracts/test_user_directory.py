"""What every `UserDirectory` must do; each implementation is a line in `IMPLEMENTATIONS`.

A harness stands for the person: it reads their mail and holds their authenticator.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import pytest

from api.errors import Conflict, Expired, NotFound, Unauthenticated, WeakPassword, WrongCode, WrongCredentials
from api.identity.directory import Proof, Step, StepKind, UserDirectory
from tests.cognito.harness import cognito_directory
from tests.contracts.local_directory import local_directory

PASSWORD = "Nine-quiet-Lanterns"
ANOTHER = "Seven-loud-Kettles"
BREACHED = "Password12345!"


class Harness(Protocol):
    """directory: the one that is tested, empty or shared with other tests: every test has an address of its own."""

    @property
    def directory(self) -> UserDirectory: ...

    async def mailed_code(self, email: str) -> str:
        """The code of the newest mail to this address, which may still be on its way."""
        ...

    async def count_mails(self, email: str) -> int:
        """Mails to this address, once all that are on their way have come."""
        ...

    async def totp(self, secret: str) -> str:
        """A right code (RFC 6238: SHA-1, 6 digits, 30 s) that was not given before."""
        ...


Opener = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Harness]]

IMPLEMENTATIONS: dict[str, Opener] = {"local": local_directory, "cognito": cognito_directory}


@pytest.fixture(params=IMPLEMENTATIONS)
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with IMPLEMENTATIONS[request.param](request) as opened:
        yield opened


@pytest.fixture
def directory(harness: Harness) -> UserDirectory:
    return harness.directory


@pytest.fixture
def email() -> str:
    return f"{secrets.token_hex(8)}@test.example"


async def enroll(harness: Harness, email: str, password: str = PASSWORD) -> str:
    """A confirmed account with a second factor; its secret."""
    await harness.directory.register(email, password, confirmed=True)
    who = await harness.directory.authenticate(email, password)
    secret, who = await harness.directory.begin_totp(who)
    await harness.directory.confirm_totp(who, await harness.totp(secret))
    return secret


async def ask_for_totp(directory: UserDirectory, email: str, password: str = PASSWORD) -> Step:
    step = await directory.authenticate(email, password)
    assert isinstance(step, Step)
    assert step.kind is StepKind.TOTP
    return step


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


async def test_who_was_registered_and_confirmed_is_known_by_their_password(
    directory: UserDirectory, email: str
) -> None:
    subject = await directory.register(email, PASSWORD, confirmed=True)

    proof = await directory.authenticate(email, PASSWORD)

    assert isinstance(proof, Proof)
    assert (proof.subject, proof.has_totp) == (subject, False)
    assert await directory.find(email) == subject


async def test_a_subject_tells_nothing_of_the_address(directory: UserDirectory, email: str) -> None:
    subject = await directory.register(email, PASSWORD, confirmed=True)

    assert email.split("@")[0] not in subject


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD.lower(), "x" * 100_000, "a\0b", "\ud800"])
async def test_a_wrong_password_is_refused(directory: UserDirectory, email: str, password: str) -> None:
    await directory.register(email, PASSWORD, confirmed=True)

    with pytest.raises(WrongCredentials):
        await directory.authenticate(email, password)


async def test_an_unknown_address_is_refused_in_the_same_words(directory: UserDirectory, email: str) -> None:
    await directory.register(email, PASSWORD, confirmed=True)

    with pytest.raises(WrongCredentials) as wrong:
        await directory.authenticate(email, ANOTHER)
    with pytest.raises(WrongCredentials) as unknown:
        await directory.authenticate(f"no-{email}", PASSWORD)

    assert (unknown.value.message, unknown.value.code) == (wrong.value.message, wrong.value.code)
    assert await directory.find(f"no-{email}") is None


@pytest.mark.parametrize("password", ["short", "x" * 257, BREACHED])
async def test_a_weak_password_is_refused(directory: UserDirectory, email: str, password: str) -> None:
    with pytest.raises(WeakPassword):
        await directory.register(email, password)

    assert await directory.find(email) is None


async def test_a_confirmed_address_is_taken(directory: UserDirectory, email: str) -> None:
    await directory.register(email, PASSWORD, confirmed=True)

    with pytest.raises(Conflict):
        await directory.register(email, ANOTHER)

    assert isinstance(await directory.authenticate(email, PASSWORD), Proof)


async def test_an_address_is_confirmed_by_the_code_in_the_mail(harness: Harness, email: str) -> None:
    subject = await harness.directory.register(email, PASSWORD)
    step = await harness.directory.authenticate(email, PASSWORD)

    await harness.directory.confirm(email, await harness.mailed_code(email))

    assert isinstance(step, Step)
    assert step.kind is StepKind.CONFIRM_EMAIL
    proof = await harness.directory.authenticate(email, PASSWORD)
    assert isinstance(proof, Proof)
    assert proof.subject == subject


async def test_a_wrong_code_confirms_nothing(harness: Harness, email: str) -> None:
    await harness.directory.register(email, PASSWORD)
    code = await harness.mailed_code(email)

    for wrong in (other_than(code), "", "\ud800"):
        with pytest.raises(WrongCode):
            await harness.directory.confirm(email, wrong)
    with pytest.raises((WrongCode, Expired)):
        await harness.directory.confirm(f"no-{email}", code)

    await harness.directory.confirm(email, code)


async def test_a_code_confirms_once(harness: Harness, email: str) -> None:
    await harness.directory.register(email, PASSWORD)
    code = await harness.mailed_code(email)
    await harness.directory.confirm(email, code)

    with pytest.raises((WrongCode, Expired)):
        await harness.directory.confirm(email, code)


async def test_who_never_confirmed_begins_again_with_another_password(harness: Harness, email: str) -> None:
    await harness.directory.register(email, PASSWORD)
    subject = await harness.directory.register(email, ANOTHER)

    await harness.directory.confirm(email, await harness.mailed_code(email))

    with pytest.raises(WrongCredentials):
        await harness.directory.authenticate(email, PASSWORD)
    proof = await harness.directory.authenticate(email, ANOTHER)
    assert isinstance(proof, Proof)
    assert proof.subject == subject


async def test_a_new_code_is_mailed_to_who_waits_for_one_and_to_nobody_else(harness: Harness, email: str) -> None:
    await harness.directory.register(email, PASSWORD)
    await harness.directory.resend_confirmation(email)
    await harness.directory.resend_confirmation(f"no-{email}")
    assert await harness.count_mails(email) == 2
    assert await harness.count_mails(f"no-{email}") == 0

    await harness.directory.confirm(email, await harness.mailed_code(email))
    await harness.directory.resend_confirmation(email)

    assert await harness.count_mails(email) == 2


async def test_who_enrolled_is_asked_for_a_code(harness: Harness, email: str) -> None:
    secret = await enroll(harness, email)

    step = await ask_for_totp(harness.directory, email)
    proof = await harness.directory.answer_totp(step, await harness.totp(secret))

    assert (proof.subject, proof.has_totp) == (await harness.directory.find(email), True)


async def test_a_wrong_totp_code_is_refused(harness: Harness, email: str) -> None:
    secret = await enroll(harness, email)
    code = await harness.totp(secret)

    for wrong in (other_than(code), "", "12345", "1234567", "\ud800"):
        with pytest.raises((WrongCode, Expired)):
            await harness.directory.answer_totp(await ask_for_totp(harness.directory, email), wrong)

    step = await ask_for_totp(harness.directory, email)
    assert (await harness.directory.answer_totp(step, code)).has_totp


async def test_a_totp_code_opens_once(harness: Harness, email: str) -> None:
    secret = await enroll(harness, email)
    code = await harness.totp(secret)
    await harness.directory.answer_totp(await ask_for_totp(harness.directory, email), code)

    with pytest.raises((WrongCode, Expired)):
        await harness.directory.answer_totp(await ask_for_totp(harness.directory, email), code)


async def test_of_two_who_bring_one_code_at_once_one_gets_in(harness: Harness, email: str) -> None:
    secret = await enroll(harness, email)
    code = await harness.totp(secret)
    steps = [await ask_for_totp(harness.directory, email) for _ in range(2)]

    answers = await asyncio.gather(
        *(harness.directory.answer_totp(step, code) for step in steps), return_exceptions=True
    )

    assert sum(isinstance(answer, Proof) for answer in answers) == 1


async def test_a_secret_counts_only_once_it_is_confirmed(harness: Harness, email: str) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    secret, who = await harness.directory.begin_totp(await harness.directory.authenticate(email, PASSWORD))
    assert isinstance(await harness.directory.authenticate(email, PASSWORD), Proof)
    code = await harness.totp(secret)

    with pytest.raises(WrongCode):
        await harness.directory.confirm_totp(who, other_than(code))
    assert isinstance(await harness.directory.authenticate(email, PASSWORD), Proof)
    proof = await harness.directory.confirm_totp(who, code)

    assert proof.has_totp
    await ask_for_totp(harness.directory, email)


async def test_a_second_factor_that_was_not_answered_is_not_replaced(harness: Harness, email: str) -> None:
    await enroll(harness, email)
    step = await ask_for_totp(harness.directory, email)

    with pytest.raises((Expired, Unauthenticated)):
        await harness.directory.begin_totp(step)


async def test_a_new_secret_replaces_the_old_one(harness: Harness, email: str) -> None:
    old = await enroll(harness, email)
    step = await ask_for_totp(harness.directory, email)
    who = await harness.directory.answer_totp(step, await harness.totp(old))

    new, again = await harness.directory.begin_totp(who)
    await harness.directory.confirm_totp(again, await harness.totp(new))

    with pytest.raises((WrongCode, Expired)):
        await harness.directory.answer_totp(await ask_for_totp(harness.directory, email), await harness.totp(old))
    step = await ask_for_totp(harness.directory, email)
    assert (await harness.directory.answer_totp(step, await harness.totp(new))).has_totp


async def test_without_a_second_factor_the_password_suffices_again(harness: Harness, email: str) -> None:
    await enroll(harness, email)
    subject = await harness.directory.find(email)
    assert subject is not None

    await harness.directory.remove_totp(subject)
    await harness.directory.remove_totp(subject)

    proof = await harness.directory.authenticate(email, PASSWORD)
    assert isinstance(proof, Proof)
    assert not proof.has_totp


async def test_a_forgotten_password_is_set_anew_by_the_code_in_the_mail(harness: Harness, email: str) -> None:
    subject = await harness.directory.register(email, PASSWORD, confirmed=True)
    await harness.directory.request_reset(email)

    reset = await harness.directory.reset(email, await harness.mailed_code(email), ANOTHER)

    assert reset == subject
    assert isinstance(await harness.directory.authenticate(email, ANOTHER), Proof)
    with pytest.raises(WrongCredentials):
        await harness.directory.authenticate(email, PASSWORD)


async def test_a_reset_leaves_the_second_factor_as_it_is(harness: Harness, email: str) -> None:
    await enroll(harness, email)
    await harness.directory.request_reset(email)

    await harness.directory.reset(email, await harness.mailed_code(email), ANOTHER)

    await ask_for_totp(harness.directory, email, ANOTHER)


async def test_a_reset_code_works_once_and_a_wrong_one_never(harness: Harness, email: str) -> None:
    await harness.directory.register(email, PASSWORD, confirmed=True)
    await harness.directory.request_reset(email)
    code = await harness.mailed_code(email)

    with pytest.raises(WrongCode):
        await harness.directory.reset(email, other_than(code), ANOTHER)
    with pytest.raises(WeakPassword):
        await harness.directory.reset(email, code, BREACHED)
    await harness.directory.reset(email, code, ANOTHER)

    with pytest.raises((WrongCode, Expired)):
        await harness.directory.reset(email, code, PASSWORD)
    with pytest.raises((WrongCode, Expired)):
        await harness.directory.reset(f"no-{email}", code, PASSWORD)
    assert isinstance(await harness.directory.authenticate(email, ANOTHER), Proof)


async def test_nobody_but_a_confirmed_enabled_account_is_mailed_a_reset(harness: Harness, email: str) -> None:
    waiting, disabled, unknown = f"waiting-{email}", f"disabled-{email}", f"no-{email}"
    await harness.directory.register(waiting, PASSWORD)
    await harness.directory.set_enabled(await harness.directory.register(disabled, PASSWORD, confirmed=True), False)

    for address in (waiting, disabled, unknown):
        await harness.directory.request_reset(address)

    assert [await harness.count_mails(address) for address in (waiting, disabled, unknown)] == [1, 0, 0]


async def test_a_sign_in_can_be_renewed_until_the_account_is_disabled(harness: Harness, email: str) -> None:
    subject = await harness.directory.register(email, PASSWORD, confirmed=True)
    proof = await harness.directory.authenticate(email, PASSWORD)
    assert isinstance(proof, Proof)
    state = await harness.directory.renew(subject, proof.state)
    state = await harness.directory.renew(subject, state)

    await harness.directory.set_enabled(subject, False)

    with pytest.raises(Unauthenticated):
        await harness.directory.renew(subject, state)
    with pytest.raises(WrongCredentials):
        await harness.directory.authenticate(email, PASSWORD)
    await harness.directory.set_enabled(subject, True)
    assert isinstance(await harness.directory.authenticate(email, PASSWORD), Proof)


async def test_a_sign_in_that_a_recovery_code_opened_is_renewed_while_the_account_stands(
    harness: Harness, email: str
) -> None:
    subject = await harness.directory.register(email, PASSWORD, confirmed=True)

    assert await harness.directory.renew(subject, None) is None

    await harness.directory.set_enabled(subject, False)
    with pytest.raises(Unauthenticated):
        await harness.directory.renew(subject, None)


async def test_who_was_disabled_between_password_and_code_stays_out(harness: Harness, email: str) -> None:
    secret = await enroll(harness, email)
    step = await ask_for_totp(harness.directory, email)

    await harness.directory.set_enabled(step.subject, False)

    with pytest.raises((Expired, Unauthenticated, WrongCode)):
        await harness.directory.answer_totp(step, await harness.totp(secret))


async def test_an_account_that_is_not_there_cannot_be_disabled_or_renewed(directory: UserDirectory) -> None:
    with pytest.raises(NotFound):
        await directory.set_enabled("00000000-0000-4000-8000-000000000000", False)
    with pytest.raises(Unauthenticated):
        await directory.renew("00000000-0000-4000-8000-000000000000", None)


async def test_signing_out_everywhere_leaves_the_account_usable(directory: UserDirectory, email: str) -> None:
    subject = await directory.register(email, PASSWORD, confirmed=True)
    await directory.authenticate(email, PASSWORD)

    await directory.sign_out_everywhere(subject)

    assert isinstance(await directory.authenticate(email, PASSWORD), Proof)


async def test_states_are_not_shown_when_they_are_printed() -> None:
    assert "secret" not in repr(Proof("subject", True, "secret")) + repr(Step(StepKind.TOTP, "subject", "secret"))
