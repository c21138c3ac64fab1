"""Sign up: who is let in, by which way, and what whoever is not let in learns."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlmodel import col

from api import accounts
from api.accounts import InvitationToken, NewChallenge, NewPerson
from api.errors import Conflict, Expired, Invalid, NotFound, NotPermitted, RateLimited, WeakPassword, WrongCode
from api.identity.directory import StepKind
from api.permissions import Actor, Role
from api.persistence.audit.entries import Service
from api.persistence.columns import now
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import AuditEntry, Invitation, Organization, User
from api.unit_of_work import House
from tests.accounts import ANOTHER, PASSWORD, Account, challenge_of, make_account, visitor
from tests.mail import INVITATION, code_for, mail_to, mails_to
from tests.people import SHARED, limited

pytestmark = SHARED


@pytest_asyncio.fixture(loop_scope="module")
async def administrator(house: House) -> Account:
    return await make_account(house, Role.ADMINISTRATOR)


@pytest.fixture
def email() -> str:
    return f"{uuid4()}@test.example"


def actor(account: Account) -> Actor:
    return Actor(account.user.key, account.user.organization_key, Role(account.user.role), uuid4())


async def invite(house: House, administrator: Account, email: str, role: Role = Role.CLINICIAN) -> InvitationToken:
    async with house.unit_of_work(actor(administrator)) as uow:
        return await accounts.invite(uow, email, role)


async def open_organization(house: House) -> Organization:
    async with house.unit_of_work() as uow:
        organization = await accounts.create_organization(uow, f"Practice {uuid4()}")
        await accounts.set_open(uow, organization, True)
    return organization


def person(email: str, password: str = PASSWORD, **more: object) -> NewPerson:
    return replace(NewPerson(email, password, "Jane Doe"), **more)  # type: ignore[arg-type]


async def find_user(house: House, email: str) -> User | None:
    async with house.sessions() as session:
        user: User | None = await session.scalar(select(User).where(is_blind(User, "email_blind", None, email)))
    return user


async def change_invitation(house: House, row: Invitation, **columns: object) -> None:
    async with house.unit_of_work() as uow:
        found = await uow.session.get_one(Invitation, row.key)
        for name, value in columns.items():
            setattr(found, name, value)


async def test_who_is_invited_becomes_a_user_once_the_address_is_confirmed(
    house: House, administrator: Account, email: str
) -> None:
    invited = await invite(house, administrator, email)
    mailed = INVITATION.search(await mail_to(house, email))

    challenge = await accounts.sign_up(visitor(house), person(email, invitation=invited.token))
    before = await find_user(house, email)
    await accounts.confirm_sign_up(visitor(house), email, await code_for(house, email, 2))

    user = await find_user(house, email)
    assert mailed is not None
    assert mailed.group(1) == invited.token
    assert challenge.kind is StepKind.CONFIRM_EMAIL
    assert before is None
    assert user is not None
    assert (user.organization_key, user.role) == (administrator.user.organization_key, Role.CLINICIAN)
    assert (user.display_name, user.mfa_enabled, user.mfa_exempt) == ("Jane Doe", False, False)
    async with house.sessions() as session:
        assert (await session.get_one(Invitation, invited.row.key)).accepted_at is not None
    await challenge_of(house, email, StepKind.ENROLL_TOTP)


async def test_the_challenge_of_a_sign_up_goes_on_to_the_second_factor(
    house: House, administrator: Account, email: str
) -> None:
    invited = await invite(house, administrator, email)
    challenge = await accounts.sign_up(visitor(house), person(email, invitation=invited.token))

    outcome = await accounts.answer_challenge(visitor(house), challenge.token, await code_for(house, email, 2))

    assert isinstance(outcome, NewChallenge)
    assert outcome.kind is StepKind.ENROLL_TOTP


async def test_an_address_counts_in_any_case_and_with_spaces(house: House, administrator: Account, email: str) -> None:
    invited = await invite(house, administrator, f" {email.upper()} ")

    await accounts.sign_up(visitor(house), person(f"{email.title()} ", invitation=invited.token))
    await accounts.confirm_sign_up(visitor(house), email.upper(), await code_for(house, email, 2))

    assert await find_user(house, email) is not None


async def test_an_invitation_is_for_its_address_alone(house: House, administrator: Account, email: str) -> None:
    invited = await invite(house, administrator, email)

    with pytest.raises(NotFound) as foreign:
        await accounts.sign_up(visitor(house), person(f"other-{email}", invitation=invited.token))
    with pytest.raises(NotFound) as unknown:
        await accounts.sign_up(visitor(house), person(f"other-{email}", invitation="no such token"))

    assert foreign.value.message == unknown.value.message
    assert mails_to(house, f"other-{email}") == []


@pytest.mark.parametrize("ending", ["revoked", "expired", "accepted"])
async def test_an_invitation_that_has_ended_lets_nobody_in(
    house: House, administrator: Account, email: str, ending: str
) -> None:
    invited = await invite(house, administrator, email)
    column = {"revoked": "revoked_at", "expired": "expires_at", "accepted": "accepted_at"}[ending]
    await change_invitation(house, invited.row, **{column: now()})

    with pytest.raises(Expired):
        await accounts.sign_up(visitor(house), person(email, invitation=invited.token))


async def test_an_invitation_revoked_before_the_code_came_lets_nobody_in(
    house: House, administrator: Account, email: str
) -> None:
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house), person(email, invitation=invited.token))
    async with house.unit_of_work(actor(administrator)) as uow:
        await accounts.revoke_invitation(uow, invited.row.key)

    with pytest.raises(WrongCode):
        await accounts.confirm_sign_up(visitor(house), email, await code_for(house, email, 2))

    assert await find_user(house, email) is None


async def test_who_never_confirmed_may_begin_again(house: House, administrator: Account, email: str) -> None:
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house), person(email, invitation=invited.token))
    await code_for(house, email, 2)

    await accounts.sign_up(visitor(house), person(email, ANOTHER, invitation=invited.token))
    await accounts.confirm_sign_up(visitor(house), email, await code_for(house, email, 3))

    await challenge_of(house, email, StepKind.ENROLL_TOTP, ANOTHER)


async def test_who_signs_in_unconfirmed_is_mailed_a_new_code(house: House, administrator: Account, email: str) -> None:
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house), person(email, invitation=invited.token))

    token = await challenge_of(house, email, StepKind.CONFIRM_EMAIL)
    outcome = await accounts.answer_challenge(visitor(house), token, await code_for(house, email, 3))

    assert isinstance(outcome, NewChallenge)
    assert outcome.kind is StepKind.ENROLL_TOTP


async def test_a_second_invitation_to_an_address_revokes_the_first(
    house: House, administrator: Account, email: str
) -> None:
    first = await invite(house, administrator, email)
    second = await invite(house, administrator, email, Role.ADMINISTRATOR)

    with pytest.raises(Expired):
        await accounts.sign_up(visitor(house), person(email, invitation=first.token))
    await accounts.sign_up(visitor(house), person(email, invitation=second.token))
    await accounts.confirm_sign_up(visitor(house), email, await code_for(house, email, 3))

    user = await find_user(house, email)
    assert user is not None
    assert user.role == Role.ADMINISTRATOR


async def test_only_an_administrator_invites_and_nobody_as_a_partner(
    house: House, administrator: Account, email: str
) -> None:
    clinician = await make_account(house)

    for account, role, address, error in (
        (clinician, Role.CLINICIAN, email, NotPermitted),
        (administrator, Role.PARTNER, email, Invalid),
        (administrator, Role.CLINICIAN, "no address", Invalid),
        (administrator, Role.CLINICIAN, f"{email}\r\nBcc: {email}", Invalid),
        (administrator, Role.CLINICIAN, administrator.email, Conflict),
    ):
        with pytest.raises(error):
            await invite(house, account, address, role)


async def test_an_administrator_learns_nothing_of_accounts_elsewhere(house: House, administrator: Account) -> None:
    elsewhere = await make_account(house)

    invited = await invite(house, administrator, elsewhere.email)

    with pytest.raises(Conflict):
        await accounts.sign_up(visitor(house), person(elsewhere.email, invitation=invited.token))


async def test_invitations_of_a_day_are_limited(house: House, administrator: Account, email: str) -> None:
    small = limited(house, invitations_per_day=2)
    for number in range(2):
        await invite(small, administrator, f"{number}-{email}")

    with pytest.raises(RateLimited):
        await invite(small, administrator, email)


async def test_of_two_who_confirm_at_once_one_user_comes(house: House, administrator: Account, email: str) -> None:
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house), person(email, invitation=invited.token))
    code = await code_for(house, email, 2)

    await asyncio.gather(
        *(accounts.confirm_sign_up(visitor(house), email, code) for _ in range(3)), return_exceptions=True
    )

    async with house.sessions() as session:
        assert (
            await session.scalar(
                select(func.count()).select_from(User).where(is_blind(User, "email_blind", None, email))
            )
            == 1
        )


async def test_a_crash_after_the_directory_confirmed_is_made_good_at_the_next_sign_in(
    house: House, administrator: Account, email: str
) -> None:
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house), person(email, invitation=invited.token))
    await house.directory.confirm(email, await code_for(house, email, 2))

    await challenge_of(house, email, StepKind.ENROLL_TOTP)

    assert await find_user(house, email) is not None


async def test_patients_sign_up_where_an_organization_lets_them(house: House, email: str) -> None:
    organization = await open_organization(house)

    await accounts.sign_up(visitor(house), person(email, organization_key=organization.key))
    await accounts.confirm_sign_up(visitor(house), email, await code_for(house, email))

    user = await find_user(house, email)
    assert user is not None
    assert (user.organization_key, user.role) == (organization.key, Role.PATIENT)


async def test_a_closed_organization_and_one_that_is_not_there_are_alike(
    house: House, administrator: Account, email: str
) -> None:
    refusals = []
    for key in (administrator.user.organization_key, uuid4()):
        with pytest.raises(NotFound) as refused:
            await accounts.sign_up(visitor(house), person(email, organization_key=key))
        refusals.append(refused.value.message)

    assert refusals[0] == refusals[1]


@pytest.mark.parametrize("taken_by", ["an account", "an invitation"])
async def test_a_taken_address_is_answered_like_a_free_one_and_its_owner_told(
    house: House, administrator: Account, email: str, taken_by: str
) -> None:
    organization = await open_organization(house)
    if taken_by == "an account":
        email = administrator.email
    else:
        await invite(house, administrator, email)
    known = len(mails_to(house, email))

    challenge = await accounts.sign_up(visitor(house), person(email, ANOTHER, organization_key=organization.key))

    assert challenge.kind is StepKind.CONFIRM_EMAIL
    assert "have a Hilum account already" in await mail_to(house, email, known + 1)
    with pytest.raises(WrongCode):
        await accounts.confirm_sign_up(visitor(house), email, "123456")
    with pytest.raises(WrongCode):
        await accounts.answer_challenge(visitor(house), challenge.token, "123456")
    with pytest.raises(WeakPassword):
        await accounts.sign_up(visitor(house), person(email, "Password12345!", organization_key=organization.key))


async def test_nobody_sets_the_password_of_somebody_who_is_about_to_confirm(
    house: House, administrator: Account, email: str
) -> None:
    organization = await open_organization(house)
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house), person(email, invitation=invited.token))
    code = await code_for(house, email, 2)

    await accounts.sign_up(visitor(house), person(email, ANOTHER, organization_key=organization.key))
    await accounts.confirm_sign_up(visitor(house), email, code)

    user = await find_user(house, email)
    assert user is not None
    assert user.role == Role.CLINICIAN
    await challenge_of(house, email, StepKind.ENROLL_TOTP, PASSWORD)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"email": "no address"}, Invalid),
        ({"display_name": "  "}, Invalid),
        ({"display_name": "a\0b"}, Invalid),
        ({"display_name": "x" * 201}, Invalid),
        ({"password": "short"}, WeakPassword),
        ({"organization_key": None}, Invalid),
        ({"invitation": "both"}, Invalid),
    ],
)
async def test_what_is_wrong_with_a_sign_up_is_told(
    house: House, email: str, change: dict[str, object], error: type[Exception]
) -> None:
    organization = await open_organization(house)

    with pytest.raises(error):
        await accounts.sign_up(
            visitor(house),
            replace(person(email, organization_key=organization.key), **change),  # type: ignore[arg-type]
        )


async def test_mails_to_one_address_are_limited(house: House, email: str) -> None:
    small, organization = limited(house, sign_in_attempts=2), await open_organization(house)
    for _ in range(2):
        await accounts.sign_up(visitor(small), person(email, organization_key=organization.key))

    with pytest.raises(RateLimited):
        await accounts.sign_up(visitor(small), person(email, organization_key=organization.key))


async def test_what_nobody_confirmed_is_forgotten(house: House, email: str) -> None:
    organization = await open_organization(house)
    await accounts.sign_up(visitor(house), person(email, organization_key=organization.key))
    code = await code_for(house, email)

    await accounts.sweep(limited(house, invitation_days=1e-9))

    with pytest.raises(WrongCode):
        await accounts.confirm_sign_up(visitor(house), email, code)


async def test_a_sign_up_is_audited_with_whoever_it_became(house: House, administrator: Account, email: str) -> None:
    invited = await invite(house, administrator, email)
    await accounts.sign_up(visitor(house, "192.0.2.40"), person(email, invitation=invited.token))
    await accounts.confirm_sign_up(visitor(house, "192.0.2.40"), email, await code_for(house, email, 2))

    async with house.sessions() as session:
        statement = select(AuditEntry).where(col(AuditEntry.address) == "192.0.2.40").order_by(col(AuditEntry.at))
        entries = list((await session.execute(statement)).scalars())
    user = await find_user(house, email)
    assert user is not None
    assert {entry.action: entry.actor_key for entry in entries} == {
        "account:sign_up": Service.ANONYMOUS.key,
        "account:confirm": user.key,
        "invitation:accept": user.key,
    }
    assert now() - entries[0].at < timedelta(minutes=1)
