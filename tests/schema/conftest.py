"""People of two organizations and the endpoint they speak to."""

from collections.abc import AsyncIterator

import pytest

from api.permissions import Role
from api.persistence import tables
from api.unit_of_work import House
from tests.schema.edge import Edge, serve_edge
from tests.schema.rows import Rows
from tests.served import as_api

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
        own, other = tables.Organization(name="Test hospital"), tables.Organization(name="Other hospital")
        uow.session.add_all([own, other])
        await uow.session.flush()
        for name, role in PEOPLE.items():
            rows.people[name] = tables.User(
                organization_key=(other if name == "stranger" else own).key,
                email=f"{name}@test.example",
                display_name=name.capitalize(),
                role=role.value,
            )
        uow.session.add_all(rows.people.values())
    return rows


@pytest.fixture
async def edge(house: House, rows: Rows, database_url: str) -> AsyncIterator[Edge]:
    people = {name: user.key for name, user in rows.people.items()}
    async with as_api(house, database_url) as served, serve_edge(house, people, served=served) as edge:
        yield edge
