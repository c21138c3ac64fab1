"""What administrators change of people, and what they cannot."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from api import accounts
from api.errors import Conflict, Invalid, NotFound, NotPermitted, WrongCredentials
from api.permissions import Actor, Role
from api.persistence.paging import PageRequest
from api.persistence.tables import AuditEntry, User
from api.unit_of_work import House, UnitOfWork
from tests.accounts import PASSWORD, Account, make_account, sign_in
from tests.people import SHARED, People

pytestmark = SHARED

Change = Callable[[UnitOfWork, UUID], Awaitable[User]]
CHANGES: dict[str, Change] = {
    "role": lambda uow, key: accounts.set_role(uow, key, Role.PATIENT),
    "disabled": lambda uow, key: accounts.set_disabled(uow, key, True),
}


def administrator_of(account: Account) -> Actor:
    """Somebody else of the organization; rows of theirs are not needed."""
    return Actor(uuid4(), account.user.organization_key, Role.ADMINISTRATOR, uuid4())


async def change(house: House, actor: Actor | None, how: str, key: UUID) -> User:
    async with house.unit_of_work(actor) as uow:
        return await CHANGES[how](uow, key)


async def add_administrator(house: House, account: Account) -> None:
    async with house.unit_of_work() as uow:
        uow.session.add(
            User(
                organization_key=account.user.organization_key,
                email=f"{uuid4()}@test.example",
                display_name="Another administrator",
                role=Role.ADMINISTRATOR.value,
            )
        )


@pytest.mark.parametrize("how", CHANGES)
async def test_whoever_is_changed_is_out_at_once(house: House, how: str) -> None:
    account = await make_account(house)
    await add_administrator(house, account)
    signed_in = [await sign_in(house, account.email) for _ in range(2)]

    changed = await change(house, administrator_of(account), how, account.user.key)

    assert (changed.role, changed.disabled) == (("PATIENT", False) if how == "role" else ("CLINICIAN", True))
    assert [await accounts.find_actor(house, each.access_token) for each in signed_in] == [None, None]
    if how == "role":
        assert (await sign_in(house, account.email)).actor.role is Role.PATIENT
    else:
        with pytest.raises(WrongCredentials):
            await sign_in(house, account.email)


async def test_who_is_enabled_again_signs_in_again(house: House) -> None:
    account = await make_account(house)
    await add_administrator(house, account)
    actor = administrator_of(account)
    await change(house, actor, "disabled", account.user.key)
    await accounts.tell_directory(house, account.user.key)

    async with house.unit_of_work(actor) as uow:
        await accounts.set_disabled(uow, account.user.key, False)
    await accounts.tell_directory(house, account.user.key)

    assert await sign_in(house, account.email, PASSWORD)


async def test_the_directory_is_told_of_who_is_disabled(house: House) -> None:
    account = await make_account(house)
    await add_administrator(house, account)
    await change(house, administrator_of(account), "disabled", account.user.key)

    for _ in range(2):
        await accounts.tell_directory(house, account.user.key)

    with pytest.raises(WrongCredentials):
        await house.directory.authenticate(account.email, PASSWORD)
    await accounts.tell_directory(house, uuid4())


@pytest.mark.parametrize("how", CHANGES)
async def test_only_an_administrator_of_the_organization_changes_people(house: House, people: People, how: str) -> None:
    for who, subject, error in (
        (people.clinician, people.colleague, NotPermitted),
        (people.patient, people.colleague, NotPermitted),
        (people.partner, people.colleague, NotPermitted),
        (people.administrator, people.stranger, NotFound),
        (people.administrator, people.administrator, Conflict),
        (people.administrator, people.partner, Conflict),
    ):
        with pytest.raises(error):
            await change(house, who, how, subject.user_key)
    with pytest.raises(NotFound):
        await change(house, people.administrator, how, uuid4())


async def test_nobody_becomes_a_partner(house: House, people: People) -> None:
    with pytest.raises(Invalid):
        async with house.unit_of_work(people.administrator) as uow:
            await accounts.set_role(uow, people.colleague.user_key, Role.PARTNER)


@pytest.mark.parametrize("how", CHANGES)
async def test_an_organization_keeps_an_administrator(house: House, how: str) -> None:
    account = await make_account(house, Role.ADMINISTRATOR)

    with pytest.raises(Conflict):
        await change(house, administrator_of(account), how, account.user.key)

    await add_administrator(house, account)
    await change(house, administrator_of(account), how, account.user.key)


async def test_two_administrators_cannot_unseat_each_other(house: House) -> None:
    account = await make_account(house, Role.ADMINISTRATOR)
    await add_administrator(house, account)
    async with house.sessions() as session:
        ours = select(User).where(col(User.organization_key) == account.user.organization_key)
        both = list((await session.execute(ours)).scalars())
    actors = [Actor(user.key, user.organization_key, Role.ADMINISTRATOR, uuid4()) for user in both]

    answers = await asyncio.gather(
        *(change(house, actor, "role", other.key) for actor, other in zip(actors, reversed(both), strict=True)),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "User"]


async def test_what_an_administrator_does_is_audited(house: House) -> None:
    account = await make_account(house)
    await add_administrator(house, account)
    actor = administrator_of(account)
    await sign_in(house, account.email)

    await change(house, actor, "role", account.user.key)
    await change(house, actor, "role", account.user.key)  # changes nothing
    await change(house, actor, "disabled", account.user.key)

    async with house.sessions() as session:
        statement = select(AuditEntry).where(col(AuditEntry.actor_key) == actor.user_key)
        found = [entry.action for entry in (await session.execute(statement.order_by(col(AuditEntry.at)))).scalars()]
    assert found == ["session:close_all", "user:set_role", "user:disable"]


async def test_people_are_listed_newest_first_and_found_by_words_of_name_and_address(
    house: House, people: People
) -> None:
    async with house.unit_of_work(people.administrator) as uow:
        everybody = await accounts.list_users(uow, None, PageRequest())
        first = await accounts.list_users(uow, None, PageRequest(size=2))
        second = await accounts.list_users(uow, None, PageRequest(size=2, after=first.cursors[-1]))
        found = await accounts.list_users(uow, " COLL", PageRequest())
        total = await found.total()
        by_address = await accounts.list_users(uow, "colleague-", PageRequest())
        none = await accounts.list_users(uow, "100%_sure", PageRequest())

    names = [user.display_name for user in everybody.rows]
    assert names == ["Partner", "Administrator", "Other_patient", "Patient", "Colleague", "Clinician"]
    assert [user.display_name for user in [*first.rows, *second.rows]] == names[:4]
    assert (
        [user.display_name for user in found.rows] == [user.display_name for user in by_address.rows] == ["Colleague"]
    )
    assert (total, list(none.rows)) == (1, [])


async def test_only_administrators_list_people(house: House, people: People) -> None:
    for actor in (people.clinician, people.patient, people.partner):
        async with house.unit_of_work(actor) as uow:
            with pytest.raises(NotPermitted):
                await accounts.list_users(uow, None, PageRequest())
            with pytest.raises(NotPermitted):
                await accounts.list_invitations(uow, PageRequest())
