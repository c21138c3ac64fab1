"""People of two organizations and the endpoint they speak to."""

from collections.abc import AsyncIterator

import pytest

from api import accounts
from api.permissions import Role
from api.unit_of_work import House
from tests.schema.edge import Edge, serve_edge
from tests.schema.rows import Rows

PEOPLE = {
    "clinician": Role.CLINICIAN,
    "colleague": Role.CLINICIAN,
    "patient": Role.PATIENT,
    "administrator": Role.ADMINISTRATOR,
    "stranger": Role.CLINICIAN,
}


@pytest.fixture
async def rows(house: House) -> Rows:
    """`stranger` is of the other organization."""
    rows = Rows(house)
    async with house.unit_of_work() as uow:
        own = await accounts.create_organization(uow, "Test hospital")
        other = await accounts.create_organization(uow, "Other hospital")
        for name, role in PEOPLE.items():
            organization = other if name == "stranger" else own
            password = f"{name} has a password"
            rows.people[name] = await accounts.create_user(
                uow, organization.key, f"{name}@test.example", password, role, name.capitalize()
            )
            rows.credentials[name] = (f"{name}@test.example", password)
    return rows


@pytest.fixture
async def edge(house: House, rows: Rows) -> AsyncIterator[Edge]:
    async with serve_edge(house, rows.credentials) as edge:
        yield edge
