"""What is the local directory's own: how its codes end, how its hashes change, what it keeps."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from api.errors import Expired, Unavailable, WeakPassword, WrongCode, WrongCredentials
from api.identity.directory import Proof, Step, StepKind
from api.identity.letters import Letter
from api.identity.local import WAITING_LETTERS
from api.identity.passwords import HashCost, Passwords
from api.persistence.columns import now
from api.persistence.engine import transaction
from api.persistence.tables import LocalAccount, MailedCode
from tests.contracts.local_directory import LocalHarness, local_directory

EMAIL, PASSWORD, ANOTHER = "somebody@test.example", "Nine-quiet-Lanterns", "Seven-loud-Kettles"


@pytest.fixture
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[LocalHarness]:
    async with local_directory(request) as opened:
        yield opened


async def stored_hash(harness: LocalHarness) -> str:
    async with harness.sessions() as session:
        return str(await session.scalar(text("select password_hash from local_accounts")))


async def test_a_mailed_code_ends_after_ten_minutes(harness: LocalHarness) -> None:
    await harness.directory.register(EMAIL, PASSWORD)
    code = await harness.mailed_code(EMAIL)
    async with transaction(harness.sessions) as session:
        left = await session.scalar(text("select expires_at - now() from mailed_codes"))
        await session.execute(update(MailedCode).values(expires_at=now()))

    with pytest.raises(Expired):
        await harness.directory.confirm(EMAIL, code)

    assert timedelta(minutes=9) < left <= timedelta(minutes=10)


async def test_after_five_wrong_codes_the_right_one_is_no_longer_good(harness: LocalHarness) -> None:
    await harness.directory.register(EMAIL, PASSWORD)
    code = await harness.mailed_code(EMAIL)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        with pytest.raises(WrongCode):
            await harness.directory.confirm(EMAIL, wrong)

    with pytest.raises(Expired):
        await harness.directory.confirm(EMAIL, code)

    await harness.directory.register(EMAIL, PASSWORD)
    await harness.directory.confirm(EMAIL, await harness.mailed_code(EMAIL))


async def test_of_two_resets_with_one_code_one_counts(harness: LocalHarness) -> None:
    await harness.directory.register(EMAIL, PASSWORD, confirmed=True)
    await harness.directory.request_reset(EMAIL)
    code = await harness.mailed_code(EMAIL)

    answers = await asyncio.gather(
        *(harness.directory.reset(EMAIL, code, f"{ANOTHER}-{i}") for i in range(2)), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["WrongCode", "str"]


async def test_a_code_that_could_not_be_mailed_can_be_asked_for_again(harness: LocalHarness) -> None:
    deliver = harness.deliver

    async def fail(letter: Letter) -> None:
        raise Unavailable("The mail could not be sent.", retry_after=1.0)

    harness.directory._deliver = fail
    with pytest.raises(Unavailable):
        await harness.directory.register(EMAIL, PASSWORD)
    harness.directory._deliver = deliver

    await harness.directory.resend_confirmation(EMAIL)

    await harness.directory.confirm(EMAIL, await harness.mailed_code(EMAIL))


async def test_whether_a_mail_can_be_sent_tells_nothing_of_an_account(harness: LocalHarness) -> None:
    async def fail(letter: Letter) -> None:
        raise Unavailable("The mail could not be sent.", retry_after=1.0)

    await harness.directory.register(EMAIL, PASSWORD, confirmed=True)
    harness.directory._deliver = fail

    for email in (EMAIL, f"no-{EMAIL}"):
        await harness.directory.request_reset(email)
    await harness.directory.close()


async def test_mails_that_wait_are_limited(harness: LocalHarness) -> None:
    for number in range(WAITING_LETTERS):
        await harness.directory.request_reset(f"{number}@test.example")

    with pytest.raises(Unavailable):
        await harness.directory.request_reset("one more@test.example")


async def test_hashes_follow_the_settings(harness: LocalHarness) -> None:
    await harness.directory.register(EMAIL, PASSWORD, confirmed=True)
    before = await stored_hash(harness)
    harness.directory._passwords = Passwords(HashCost(2048, 2, 1, concurrent=2, waiting=8))

    await harness.directory.authenticate(EMAIL, PASSWORD)

    after = await stored_hash(harness)
    assert (before.split("$")[3], after.split("$")[3]) == ("m=1024,t=1,p=1", "m=2048,t=2,p=1")
    assert isinstance(await harness.directory.authenticate(EMAIL, PASSWORD), Proof)
    assert await stored_hash(harness) == after


async def test_where_too_many_wait_the_next_is_sent_away(harness: LocalHarness) -> None:
    harness.directory._passwords = Passwords(HashCost(65_536, 3, 1, concurrent=1, waiting=1))

    answers = await asyncio.gather(
        *(harness.directory.authenticate(EMAIL, PASSWORD) for _ in range(5)), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["Unavailable"] * 3 + ["WrongCredentials"] * 2


async def test_a_password_from_before_the_list_is_changed_at_the_next_sign_in(harness: LocalHarness) -> None:
    await harness.directory.register(EMAIL, PASSWORD, confirmed=True)
    breached = "Password12345!"
    hashed = await harness.directory._passwords.hash(breached)
    async with transaction(harness.sessions) as session:
        await session.execute(update(LocalAccount).values(password_hash=hashed))
    step = await harness.directory.authenticate(EMAIL, breached)
    assert isinstance(step, Step)
    assert step.kind is StepKind.NEW_PASSWORD

    with pytest.raises(WeakPassword):
        await harness.directory.answer_new_password(step, "Password123456")
    proof = await harness.directory.answer_new_password(step, ANOTHER)

    assert isinstance(proof, Proof)
    assert isinstance(await harness.directory.authenticate(EMAIL, ANOTHER), Proof)
    with pytest.raises(WrongCredentials):
        await harness.directory.authenticate(EMAIL, breached)


async def test_a_step_of_one_kind_answers_for_no_other(harness: LocalHarness) -> None:
    subject = await harness.directory.register(EMAIL, PASSWORD, confirmed=True)

    for step in (Step(StepKind.CONFIRM_EMAIL, subject), Step(StepKind.ENROLL_TOTP, subject)):
        with pytest.raises(Expired):
            await harness.directory.answer_new_password(step, ANOTHER)
        with pytest.raises(Expired):
            await harness.directory.answer_totp(step, "123456")


async def test_neither_passwords_nor_secrets_nor_codes_are_kept_in_clear(harness: LocalHarness) -> None:
    await harness.directory.register(EMAIL, PASSWORD, confirmed=True)
    secret, who = await harness.directory.begin_totp(await harness.directory.authenticate(EMAIL, PASSWORD))
    await harness.directory.confirm_totp(who, await harness.totp(secret))
    await harness.directory.request_reset(EMAIL)
    code = await harness.mailed_code(EMAIL)

    async with harness.sessions() as session:
        accounts = str((await session.execute(text("select * from local_accounts"))).all())
        codes = str((await session.execute(text("select code_hash from mailed_codes"))).all())

    assert "$argon2id$" in accounts
    assert PASSWORD not in accounts
    assert secret not in accounts
    assert code not in codes
