"""The second factor: nobody is in without it, and what a code opens it opens once."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from sqlalchemy import select, text, update
from sqlmodel import col

from api import accounts
from api.accounts import NewChallenge, SignedIn, Visitor
from api.errors import Expired, Invalid, Locked, NotFound, NotPermitted, Unauthenticated, WrongCode, WrongCredentials
from api.identity.directory import StepKind
from api.persistence.columns import now
from api.persistence.tables import AuditEntry, Challenge, Session, User
from api.unit_of_work import House
from tests.accounts import PASSWORD, Account, challenge_of, enroll, make_account, sign_in, visitor
from tests.authenticator import Authenticator
from tests.people import SHARED, limited

pytestmark = SHARED


@pytest_asyncio.fixture(loop_scope="module")
async def account(house: House) -> Account:
    return await make_account(house, mfa_exempt=False)


async def answer(house: House, token: str, code: str) -> SignedIn:
    outcome = await accounts.answer_challenge(visitor(house), token, code)
    assert isinstance(outcome, SignedIn)
    return outcome


def as_signed_in(house: House, signed_in: SignedIn) -> Visitor:
    return Visitor(house, actor=signed_in.actor)


async def test_the_password_alone_opens_nothing(house: House, account: Account) -> None:
    outcome = await accounts.sign_in(visitor(house), account.email, PASSWORD)

    assert isinstance(outcome, NewChallenge)
    async with house.sessions() as session:
        assert await session.scalar(select(Session).where(col(Session.user_key) == account.user.key)) is None
    assert await accounts.find_actor(house, outcome.token) is None


async def test_where_the_installation_asks_for_none_the_password_suffices(house: House, account: Account) -> None:
    assert await sign_in(limited(house, second_factor_required=False), account.email)


async def test_enrolling_gives_a_session_and_ten_recovery_codes(house: House, account: Account) -> None:
    token = await challenge_of(house, account.email, StepKind.ENROLL_TOTP)
    begun = await accounts.begin_enrollment(visitor(house), token)

    codes, signed_in = await accounts.confirm_enrollment(
        visitor(house), Authenticator(house, begun.secret).code(), token
    )

    uri = urlsplit(begun.uri)
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", f"/Hilum:{account.email.replace('@', '%40')}")
    assert parse_qs(uri.query)["secret"] == [begun.secret]
    assert signed_in is not None
    assert signed_in.user.mfa_enabled
    assert await accounts.find_actor(house, signed_in.access_token) == signed_in.actor
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)


async def test_an_enrolled_person_signs_in_with_password_and_code(house: House, account: Account) -> None:
    authenticator, _, _ = await enroll(house, account.email)
    token = await challenge_of(house, account.email, StepKind.TOTP)

    signed_in = await answer(house, token, authenticator.code())

    assert signed_in.user.key == account.user.key
    with pytest.raises(Expired):
        await answer(house, token, authenticator.code())


async def test_a_wrong_code_opens_nothing_and_five_end_the_challenge(house: House, account: Account) -> None:
    authenticator, _, _ = await enroll(house, account.email)
    token = await challenge_of(house, account.email, StepKind.TOTP)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await answer(house, token, authenticator.wrong_code())

    with pytest.raises(Expired):
        await answer(house, token, authenticator.code())


async def test_wrong_codes_lock_whoever_knows_the_password(house: House, account: Account) -> None:
    authenticator, codes, _ = await enroll(house, account.email)
    small = limited(house, sign_in_attempts=3)
    token = await challenge_of(small, account.email, StepKind.TOTP)
    for wrong in (authenticator.wrong_code(), "abcd-efgh-ijkl-mnop", "000000"):
        with pytest.raises(WrongCode):
            await answer(small, token, wrong)

    again = await challenge_of(small, account.email, StepKind.TOTP)
    for right in (authenticator.code(), codes[0]):
        with pytest.raises(Locked) as refused:
            await answer(small, again, right)
        assert refused.value.retry_after == pytest.approx(30, abs=5)


async def test_a_recovery_code_stands_in_once(house: House, account: Account) -> None:
    _, codes, _ = await enroll(house, account.email)
    first = await challenge_of(house, account.email, StepKind.TOTP)
    second = await challenge_of(house, account.email, StepKind.TOTP)

    signed_in = await answer(house, first, f" {codes[3].upper()} ")

    with pytest.raises(WrongCode):
        await answer(house, second, codes[3])
    assert await answer(house, second, codes[4])
    assert signed_in.user.mfa_enabled
    assert (await accounts.refresh(visitor(house), signed_in.refresh_token)).session.key == signed_in.session.key


async def test_of_two_who_bring_one_recovery_code_at_once_one_gets_in(house: House, account: Account) -> None:
    _, codes, _ = await enroll(house, account.email)
    tokens = [await challenge_of(house, account.email, StepKind.TOTP) for _ in range(2)]

    answers = await asyncio.gather(*(answer(house, token, codes[0]) for token in tokens), return_exceptions=True)

    assert sorted(type(each).__name__ for each in answers) == ["SignedIn", "WrongCode"]


async def test_somebody_elses_recovery_code_opens_nothing(house: House, account: Account) -> None:
    await enroll(house, account.email)
    other = await make_account(house, mfa_exempt=False)
    _, codes, _ = await enroll(house, other.email)

    with pytest.raises(WrongCode):
        await answer(house, await challenge_of(house, account.email, StepKind.TOTP), codes[0])


async def test_a_challenge_ends_with_its_time(house: House, account: Account) -> None:
    token = await challenge_of(house, account.email, StepKind.ENROLL_TOTP)
    async with house.unit_of_work() as uow:
        await uow.session.execute(update(Challenge).values(expires_at=now()))

    with pytest.raises(Expired):
        await accounts.begin_enrollment(visitor(house), token)

    await accounts.sweep(house)
    async with house.sessions() as session:
        assert await session.scalar(select(Challenge)) is None


@pytest.mark.parametrize("token", ["", "no token", "\ud800", "a\0b"])
async def test_a_token_that_is_none_opens_nothing(house: House, token: str) -> None:
    with pytest.raises(Expired):
        await answer(house, token, "123456")
    with pytest.raises(Expired):
        await accounts.begin_enrollment(visitor(house), token)


async def test_a_challenge_is_answered_by_what_it_asks_for(house: House, account: Account) -> None:
    enrolling = await challenge_of(house, account.email, StepKind.ENROLL_TOTP)
    with pytest.raises(Expired):  # enrolled by enrollMfa and confirmMfa alone
        await answer(house, enrolling, "123456")
    await enroll(house, account.email)
    token = await challenge_of(house, account.email, StepKind.TOTP)

    with pytest.raises(Invalid):
        await accounts.answer_challenge(visitor(house), token, new_password=PASSWORD)
    with pytest.raises(Expired):
        await accounts.begin_enrollment(visitor(house), token)


async def test_a_password_alone_does_not_replace_a_second_factor(house: House, account: Account) -> None:
    early = await challenge_of(house, account.email, StepKind.ENROLL_TOTP)
    await enroll(house, account.email)

    with pytest.raises(Expired):
        await accounts.begin_enrollment(visitor(house), early)
    with pytest.raises((Expired, WrongCode)):
        await accounts.confirm_enrollment(visitor(house), "123456", early)


async def test_a_new_authenticator_is_enrolled_within_a_young_session(house: House, account: Account) -> None:
    _, old_codes, signed_in = await enroll(house, account.email)
    within = as_signed_in(house, signed_in)

    begun = await accounts.begin_enrollment(within)
    authenticator = Authenticator(house, begun.secret)
    codes, session = await accounts.confirm_enrollment(within, authenticator.code())

    assert session is None
    assert not set(codes) & set(old_codes)
    with pytest.raises(WrongCode):
        await answer(house, await challenge_of(house, account.email, StepKind.TOTP), old_codes[0])
    assert await answer(house, await challenge_of(house, account.email, StepKind.TOTP), authenticator.code())


async def test_an_old_session_does_not_replace_the_second_factor(house: House, account: Account) -> None:
    _, _, signed_in = await enroll(house, account.email)
    async with house.unit_of_work() as uow:
        row = await uow.session.get_one(Session, signed_in.session.key)
        row.created_at = now() - timedelta(seconds=901)

    with pytest.raises(NotPermitted):
        await accounts.begin_enrollment(as_signed_in(house, signed_in))
    with pytest.raises(NotPermitted):
        await accounts.confirm_enrollment(as_signed_in(house, signed_in), "123456")
    with pytest.raises(Unauthenticated):
        await accounts.begin_enrollment(visitor(house))


async def test_who_lost_everything_enrols_anew_once_the_operator_says_so(house: House, account: Account) -> None:
    _, codes, signed_in = await enroll(house, account.email)

    await accounts.remove_second_factor(house, account.email.upper())

    assert await accounts.find_actor(house, signed_in.access_token) is None
    _, fresh, _ = await enroll(house, account.email)
    assert not set(fresh) & set(codes)
    with pytest.raises(WrongCode):
        await answer(house, await challenge_of(house, account.email, StepKind.TOTP), codes[0])
    with pytest.raises(NotFound):
        await accounts.remove_second_factor(house, "nobody@test.example")


async def test_who_was_disabled_between_password_and_code_stays_out(house: House, account: Account) -> None:
    authenticator, _, _ = await enroll(house, account.email)
    token = await challenge_of(house, account.email, StepKind.TOTP)
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(User, account.user.key)).disabled = True

    with pytest.raises(WrongCredentials):
        await answer(house, token, authenticator.code())


async def test_whoever_reads_the_database_cannot_answer_for_somebody(house: House, account: Account) -> None:
    token = await challenge_of(house, account.email, StepKind.ENROLL_TOTP)
    begun = await accounts.begin_enrollment(visitor(house), token)
    _, codes, _ = await enroll(house, account.email)

    async with house.sessions() as session:
        tables = ("challenges", "recovery_codes", "local_accounts", "sessions")
        dump = str([(await session.execute(text(f"select * from {table}"))).all() for table in tables])

    assert token not in dump
    assert begun.secret not in dump
    assert not any(code.replace("-", "") in dump for code in codes)


async def test_every_step_is_audited_with_who_it_was(house: House, account: Account) -> None:
    authenticator, codes, _ = await enroll(house, account.email)
    token = await challenge_of(house, account.email, StepKind.TOTP)
    with pytest.raises(WrongCode):
        await answer(house, token, authenticator.wrong_code())
    await answer(house, token, codes[0])

    async with house.sessions() as session:
        statement = select(AuditEntry).where(col(AuditEntry.actor_key) == account.user.key)
        found = [
            (entry.action, entry.outcome)
            for entry in (await session.execute(statement.order_by(col(AuditEntry.at)))).scalars()
        ]
    assert found == [
        ("session:challenge", "ok"),
        ("second_factor:begin", "ok"),
        ("session:open", "ok"),
        ("second_factor:enroll", "ok"),
        ("session:challenge", "ok"),
        ("second_factor:answer", "refused"),
        ("recovery_code:use", "ok"),
        ("second_factor:answer", "ok"),
        ("session:open", "ok"),
    ]
