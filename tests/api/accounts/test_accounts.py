"""Sign-in, sessions and tokens: who is let in, for how long, and how a session ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import jwt
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlmodel import col

from api import accounts
from api.accounts import SignedIn, Visitor
from api.errors import Conflict, ErrorCode, Invalid, Locked, Unauthenticated, WeakPassword, WrongCredentials
from api.identity.tokens import AccessTokens
from api.permissions import Role
from api.persistence.columns import now
from api.persistence.tables import AuditEntry, LocalAccount, Session, SignInFailure, User
from api.unit_of_work import House
from tests.accounts import PASSWORD, Account, make_account, sign_in
from tests.people import SHARED, limited

pytestmark = SHARED


@pytest_asyncio.fixture(loop_scope="module")
async def account(house: House) -> Account:
    return await make_account(house)


async def refresh(house: House, token: str | None) -> SignedIn:
    return await accounts.refresh(Visitor(house, None, "another browser"), token)


async def sign_out(house: House, signed_in: SignedIn, *, everywhere: bool = False) -> None:
    actor = await accounts.find_actor(house, signed_in.access_token)
    async with house.unit_of_work(actor) as uow:
        await accounts.sign_out(uow, everywhere)


async def is_in(house: House, signed_in: SignedIn) -> bool:
    return await accounts.find_actor(house, signed_in.access_token) is not None


async def change_session(house: House, signed_in: SignedIn, **columns: datetime) -> None:
    async with house.unit_of_work() as uow:
        row = await uow.session.get_one(Session, signed_in.session.key)
        for name, value in columns.items():
            setattr(row, name, value)


async def test_whoever_signs_in_is_known_by_their_token(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)

    actor = await accounts.find_actor(house, signed_in.access_token)
    assert actor is not None
    assert (actor.user_key, actor.organization_key, actor.role) == (
        account.user.key,
        account.user.organization_key,
        Role.CLINICIAN,
    )
    assert actor.session_key == signed_in.session.key
    assert await accounts.is_current(house, actor)
    assert signed_in.session.user_agent == "a browser"
    assert signed_in.expires_at - now() == pytest.approx(timedelta(seconds=600), abs=timedelta(seconds=5))


async def test_an_address_is_the_same_in_any_case_and_with_spaces(house: House, account: Account) -> None:
    assert (await sign_in(house, f"  {account.email.upper()} ")).user.key == account.user.key


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD + " ", "x" * 100_000, "a\0b", "\ud800"])
async def test_a_wrong_password_is_refused(house: House, account: Account, password: str) -> None:
    with pytest.raises(WrongCredentials):
        await sign_in(house, account.email, password)


@pytest.mark.parametrize("email", ["nobody@test.example", "", "a\0b@test.example", "\ud800@test.example"])
async def test_an_unknown_address_is_refused_in_the_same_words(house: House, account: Account, email: str) -> None:
    with pytest.raises(WrongCredentials) as unknown:
        await sign_in(house, email, PASSWORD)
    with pytest.raises(WrongCredentials) as wrong:
        await sign_in(house, account.email, "wrong password")

    assert (unknown.value.message, unknown.value.code) == (wrong.value.message, wrong.value.code)


async def test_a_refused_sign_in_is_kept_for_the_audit_without_the_address(house: House, account: Account) -> None:
    with pytest.raises(WrongCredentials):
        await sign_in(house, account.email, "wrong password")

    async with house.sessions() as session:
        statement = select(AuditEntry).where(col(AuditEntry.outcome) == "refused").order_by(col(AuditEntry.at).desc())
        entry = (await session.execute(statement)).scalars().first()
    assert entry is not None
    assert (entry.action, entry.address) == ("session:open", "192.0.2.1")
    assert entry.actor_key == account.user.key


async def test_after_too_many_failures_even_the_right_password_must_wait(house: House, account: Account) -> None:
    small = limited(house, sign_in_attempts=2)
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            await sign_in(small, account.email, "wrong password")

    with pytest.raises(Locked) as refused:
        await sign_in(small, account.email.upper())

    assert refused.value.retry_after == pytest.approx(30, abs=5)
    async with house.unit_of_work() as uow:
        for row in (await uow.session.execute(select(SignInFailure))).scalars():
            row.at = now() - timedelta(seconds=31)
    assert await is_in(house, await sign_in(small, account.email))


async def test_a_sign_in_that_succeeds_forgets_the_failures(house: House, account: Account) -> None:
    small = limited(house, sign_in_attempts=2)
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            await sign_in(small, account.email, "wrong password")
        await sign_in(small, account.email)


async def test_refreshing_gives_a_new_token_for_the_same_session(house: House, account: Account) -> None:
    first = await sign_in(house, account.email)

    second = await refresh(house, first.refresh_token)
    third = await refresh(house, second.refresh_token)

    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert second.session.key == third.session.key == first.session.key
    assert await is_in(house, third)


async def test_an_answer_that_was_lost_is_given_again(house: House, account: Account) -> None:
    first = await sign_in(house, account.email)
    await refresh(house, first.refresh_token)

    again = await refresh(house, first.refresh_token)

    assert again.session.key == first.session.key
    assert await is_in(house, await refresh(house, again.refresh_token))


async def test_asking_again_does_not_prolong_the_grace(house: House, account: Account) -> None:
    first = await sign_in(house, account.email)
    await refresh(house, first.refresh_token)
    await change_session(house, first, rotated_at=now() - timedelta(seconds=29))
    await refresh(house, first.refresh_token)
    async with house.sessions() as session:
        rotated_at = (await session.get_one(Session, first.session.key)).rotated_at

    assert rotated_at is not None
    assert now() - rotated_at > timedelta(seconds=28)


async def test_a_refresh_token_used_again_later_ends_the_session(house: House, account: Account) -> None:
    first = await sign_in(house, account.email)
    second = await refresh(house, first.refresh_token)
    await change_session(house, first, rotated_at=now() - timedelta(seconds=31))

    with pytest.raises(Unauthenticated):
        await refresh(house, first.refresh_token)

    with pytest.raises(Unauthenticated):
        await refresh(house, second.refresh_token)
    assert not await is_in(house, second)


@pytest.mark.parametrize("token", [None, "", "no token"])
async def test_without_a_refresh_token_nothing_is_refreshed(house: House, token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await refresh(house, token)


async def test_signing_out_ends_this_session_only(house: House, account: Account) -> None:
    here, there = await sign_in(house, account.email), await sign_in(house, account.email)

    await sign_out(house, here)

    assert [await is_in(house, here), await is_in(house, there)] == [False, True]
    with pytest.raises(Unauthenticated):
        await refresh(house, here.refresh_token)


async def test_signing_out_everywhere_ends_all_sessions(house: House, account: Account) -> None:
    here, there = await sign_in(house, account.email), await sign_in(house, account.email)

    await sign_out(house, here, everywhere=True)

    assert [await is_in(house, here), await is_in(house, there)] == [False, False]
    with pytest.raises(Unauthenticated):
        await sign_out(house, there)


async def test_live_sessions_are_listed_newest_first(house: House, account: Account) -> None:
    first, second, third = [await sign_in(house, account.email) for _ in range(3)]
    await sign_out(house, second)
    actor = await accounts.find_actor(house, first.access_token)

    async with house.unit_of_work(actor) as uow:
        listed = await accounts.list_sessions(uow)

    assert [session.key for session in listed] == [third.session.key, first.session.key]


async def test_a_disabled_account_is_out_at_once(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)
    actor = await accounts.find_actor(house, signed_in.access_token)
    assert actor is not None
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(User, account.user.key)).disabled = True

    assert not await is_in(house, signed_in)
    assert not await accounts.is_current(house, actor)
    with pytest.raises(Unauthenticated):
        await refresh(house, signed_in.refresh_token)
    with pytest.raises(WrongCredentials):
        await sign_in(house, account.email)


async def test_a_role_that_changed_counts_at_once(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)
    before = await accounts.find_actor(house, signed_in.access_token)
    assert before is not None
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(User, account.user.key)).role = Role.PATIENT.value

    after = await accounts.find_actor(house, signed_in.access_token)

    assert after == replace(before, role=Role.PATIENT)
    assert not await accounts.is_current(house, before)


async def test_a_session_unused_for_long_has_ended(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)
    await change_session(house, signed_in, last_seen_at=now() - timedelta(seconds=1801))

    assert not await is_in(house, signed_in)
    with pytest.raises(Unauthenticated):
        await refresh(house, signed_in.refresh_token)


async def test_using_a_session_keeps_it(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)
    await change_session(house, signed_in, last_seen_at=now() - timedelta(seconds=1700))

    assert await is_in(house, signed_in)

    async with house.sessions() as session:
        seen = (await session.get_one(Session, signed_in.session.key)).last_seen_at
    assert now() - seen < timedelta(seconds=10)


async def test_a_session_ends_however_much_it_is_used(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)
    await change_session(house, signed_in, ends_at=now() - timedelta(seconds=1))

    assert not await is_in(house, signed_in)
    with pytest.raises(Unauthenticated):
        await refresh(house, signed_in.refresh_token)


async def test_an_access_token_never_outlives_its_session(house: House, account: Account) -> None:
    signed_in = await sign_in(limited(house, session_absolute_seconds=60), account.email)

    assert signed_in.expires_at == signed_in.session.ends_at


async def test_an_altered_or_foreign_token_is_nobodys(house: House, account: Account) -> None:
    token = (await sign_in(house, account.email)).access_token
    head, body, signature = token.split(".")
    claims = {"sub": str(account.user.key), "sid": str(uuid4()), "aud": "hilum", "exp": 9_999_999_999}
    forged = [
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-4]}AAAA.{signature}",
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, b"another key of at least 32 bytes.", "HS256"),
        "",
        "x.y.z",
    ]

    assert [await accounts.find_actor(house, each) for each in forged] == [None] * len(forged)


async def test_a_token_that_has_ended_is_nobodys(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)
    ended = AccessTokens(b"k" * 32, seconds=-1)
    fresh = AccessTokens(b"k" * 32, seconds=60)

    for tokens, expected in ((ended, False), (fresh, True)):
        token, _ = tokens.issue(account.user.key, signed_in.session.key)
        assert (await accounts.find_actor(replace(house, tokens=tokens), token) is not None) is expected


async def test_passwords_and_refresh_tokens_are_kept_as_hashes(house: House, account: Account) -> None:
    signed_in = await sign_in(house, account.email)

    async with house.sessions() as session:
        credential = await session.get_one(LocalAccount, account.user.subject)
        row = await session.get_one(Session, signed_in.session.key)
    assert credential.password_hash.startswith("$argon2id$")
    assert PASSWORD not in credential.password_hash
    assert signed_in.refresh_token not in row.refresh_hash


@pytest.mark.parametrize("password", ["short", "x" * 257, "long enough but \0"])
async def test_a_weak_password_is_refused(house: House, account: Account, password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        await accounts.create_user(
            house, account.user.organization_key, "new@test.example", password, Role.CLINICIAN, "New"
        )

    assert refused.value.code is ErrorCode.WEAK_PASSWORD


async def test_an_address_has_one_account(house: House, account: Account) -> None:
    for email, error in ((account.email.upper(), Conflict), ("no address", Invalid)):
        with pytest.raises(error):
            await accounts.create_user(house, account.user.organization_key, email, PASSWORD, Role.CLINICIAN, "Second")
