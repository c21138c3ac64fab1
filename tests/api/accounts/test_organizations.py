"""How an installation begins: an organization, and who is invited to it."""

from uuid import uuid4

import pytest

from api import accounts
from api.errors import Conflict, Invalid, NotFound
from api.permissions import Role
from api.unit_of_work import House
from tests.people import SHARED

pytestmark = SHARED


async def test_an_organization_is_found_by_its_name_or_its_key(house: House) -> None:
    name = f"Hospital {uuid4()}"
    async with house.unit_of_work() as uow:
        made = await accounts.create_organization(uow, f"  {name} ")

    async with house.unit_of_work() as uow:
        assert (await accounts.find_organization(uow, name)).key == made.key
        assert (await accounts.find_organization(uow, "another", made.key)).key == made.key
        with pytest.raises(NotFound):
            await accounts.find_organization(uow, "another")


async def test_of_two_with_one_name_the_id_says_which(house: House) -> None:
    name = f"Hospital {uuid4()}"
    async with house.unit_of_work() as uow:
        for _ in range(2):
            await accounts.create_organization(uow, name)

    with pytest.raises(Conflict):
        async with house.unit_of_work() as uow:
            await accounts.find_organization(uow, name)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 201])
async def test_a_name_that_is_none_is_refused(house: House, name: str) -> None:
    with pytest.raises(Invalid):
        async with house.unit_of_work() as uow:
            await accounts.create_organization(uow, name)


async def test_its_first_administrator_is_invited_by_whoever_runs_the_server(house: House) -> None:
    async with house.unit_of_work() as uow:
        organization = await accounts.create_organization(uow, "Hospital")
        made = await accounts.add_invitation(uow, organization.key, "Ada@Test.example", Role.ADMINISTRATOR, None)

    assert (made.row.email, made.row.role, made.row.created_by) == ("ada@test.example", "ADMINISTRATOR", None)
