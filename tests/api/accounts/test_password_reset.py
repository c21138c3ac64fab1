"""A forgotten password: a code by mail, a new password, and nobody left inside who knew the old one."""

import asyncio
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlmodel import col

from api import accounts
from api.errors import Expired, Locked, RateLimited, Unauthenticated, WeakPassword, WrongCode, WrongCredentials
from api.identity.directory import StepKind
from api.persistence.tables import AuditEntry
from api.unit_of_work import House
from tests.accounts import ANOTHER, PASSWORD, Account, challenge_of, enroll, make_account, sign_in, visitor
from tests.mail import code_for, mail_to, mails_to
from tests.people import SHARED, limited

pytestmark = SHARED


@pytest_asyncio.fixture(loop_scope="module")
async def account(house: House) -> Account:
    return await make_account(house)


async def ask(house: House, email: str) -> str:
    """The code that came."""
    known = len(mails_to(house, email))
    await accounts.request_password_reset(visitor(house), email)
    return await code_for(house, email, known + 1)


async def test_a_reset_sets_the_password_and_ends_every_session(house: House, account: Account) -> None:
    signed_in = [await sign_in(house, account.email) for _ in range(2)]

    await accounts.reset_password(visitor(house), account.email.upper(), await ask(house, account.email), ANOTHER)

    assert [await accounts.find_actor(house, each.access_token) for each in signed_in] == [None, None]
    with pytest.raises(Unauthenticated):
        await accounts.refresh(visitor(house), signed_in[0].refresh_token)
    with pytest.raises(WrongCredentials):
        await sign_in(house, account.email)
    assert await sign_in(house, account.email, ANOTHER)
    assert "password was changed" in await mail_to(house, account.email, 2)


async def test_a_reset_does_not_go_around_the_second_factor(house: House) -> None:
    account = await make_account(house, mfa_exempt=False)
    await enroll(house, account.email)
    early = await challenge_of(house, account.email, StepKind.TOTP)

    await accounts.reset_password(visitor(house), account.email, await ask(house, account.email), ANOTHER)

    await challenge_of(house, account.email, StepKind.TOTP, ANOTHER)
    with pytest.raises(Expired):
        await accounts.answer_challenge(visitor(house), early, "123456")


async def test_asking_answers_the_same_whether_or_not_there_is_an_account(house: House, account: Account) -> None:
    unknown = f"{uuid4()}@test.example"

    for email in (account.email, unknown, "no address", "\ud800", "a\0b"):
        await accounts.request_password_reset(visitor(house), email)

    await mail_to(house, account.email)
    assert mails_to(house, unknown) == []


async def test_asking_takes_as_long_whether_or_not_there_is_an_account(house: House, account: Account) -> None:
    loop, times = asyncio.get_running_loop(), {account.email: 0.0, f"{uuid4()}@test.example": 0.0}
    patient = limited(house, sign_in_attempts=1000, sign_in_attempts_per_client=1000)
    for _ in range(30):
        for email in times:
            began = loop.time()
            await accounts.request_password_reset(visitor(patient), email)
            times[email] += loop.time() - began
            await asyncio.sleep(0.005)

    known, unknown = times.values()
    assert 0.4 < known / unknown < 2.5


async def test_a_wrong_code_says_nothing_of_the_account(house: House, account: Account) -> None:
    code = await ask(house, account.email)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    unknown = f"{uuid4()}@test.example"

    messages = set()
    for email in (account.email, unknown):
        for _ in range(6):  # one more than a code stands
            with pytest.raises(WrongCode) as refused:
                await accounts.reset_password(visitor(house), email, wrong, ANOTHER)
            messages.add(refused.value.message)

    assert len(messages) == 1
    with pytest.raises(WrongCode):
        await accounts.reset_password(visitor(house), account.email, code, ANOTHER)


async def test_a_weak_password_leaves_the_code_good(house: House, account: Account) -> None:
    code = await ask(house, account.email)
    with pytest.raises(WeakPassword):
        await accounts.reset_password(visitor(house), account.email, code, "Password12345!")

    await accounts.reset_password(visitor(house), account.email, code, ANOTHER)

    assert await sign_in(house, account.email, ANOTHER)


async def test_guessing_codes_locks_and_asking_too_often_is_limited(house: House, account: Account) -> None:
    small = limited(house, sign_in_attempts=2)
    for email in (account.email, f"{uuid4()}@test.example"):
        for _ in range(2):
            await accounts.request_password_reset(visitor(small), email)
            with pytest.raises(WrongCode):
                await accounts.reset_password(visitor(small), email, "nonsense", ANOTHER)

        with pytest.raises(RateLimited):
            await accounts.request_password_reset(visitor(small), email)
        with pytest.raises(Locked):
            await accounts.reset_password(visitor(small), email, "nonsense", ANOTHER)
        with pytest.raises(WrongCredentials):  # a password is another guess
            await sign_in(small, email, "wrong password")


async def test_a_reset_is_audited_with_whose_it_was(house: House, account: Account) -> None:
    code = await ask(house, account.email)
    with pytest.raises(WrongCode):
        await accounts.reset_password(visitor(house), account.email, "nonsense", ANOTHER)
    await accounts.reset_password(visitor(house), account.email, code, ANOTHER)

    async with house.sessions() as session:
        statement = select(AuditEntry).where(col(AuditEntry.actor_key) == account.user.key)
        found = [
            (entry.action, entry.outcome)
            for entry in (await session.execute(statement.order_by(col(AuditEntry.at)))).scalars()
        ]
    assert found == [("password:request_reset", "ok"), ("password:reset", "refused"), ("password:reset", "ok")]


async def test_the_old_password_stays_good_until_the_new_one_is_set(house: House, account: Account) -> None:
    await ask(house, account.email)

    assert await sign_in(house, account.email, PASSWORD)
