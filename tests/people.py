"""Two organizations' people, as the features see them: actors with rows, without passwords."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.permissions import Actor, Role, Scope
from api.persistence.tables import Organization, User
from api.unit_of_work import House

# For modules whose tests share one house, and so its event loop.
SHARED = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class People:
    """`stranger` and `strange_patient` are of another organization; everybody else of one."""

    clinician: Actor
    colleague: Actor
    patient: Actor
    other_patient: Actor
    administrator: Actor
    partner: Actor
    stranger: Actor
    strange_patient: Actor


ROLES = {
    "clinician": Role.CLINICIAN,
    "colleague": Role.CLINICIAN,
    "patient": Role.PATIENT,
    "other_patient": Role.PATIENT,
    "administrator": Role.ADMINISTRATOR,
    "partner": Role.PARTNER,
    "stranger": Role.CLINICIAN,
    "strange_patient": Role.PATIENT,
}


async def make_people(house: House) -> People:
    async with house.unit_of_work() as uow:
        own, other = Organization(name="Own hospital"), Organization(name="Other hospital")
        uow.session.add_all([own, other])
        await uow.session.flush()
        users = {
            name: User(
                key=uuid4(),
                organization_key=(other if name.startswith("strange") else own).key,
                email=f"{name}-{own.key}@test.example",
                display_name=name.capitalize(),
                role=role.value,
            )
            for name, role in ROLES.items()
        }
        uow.session.add_all(users.values())
    return People(**{name: _actor(user) for name, user in users.items()})


def _actor(user: User) -> Actor:
    """In a session; an application with a key of every scope."""
    if user.role == Role.PARTNER:
        return Actor(user.key, user.organization_key, Role.PARTNER, api_key_key=uuid4(), scopes=frozenset(Scope))
    return Actor(user.key, user.organization_key, Role(user.role), uuid4())


def person(role: Role = Role.CLINICIAN) -> Actor:
    """Somebody in a session, without rows: for what is not looked up."""
    return Actor(uuid4(), uuid4(), role, uuid4())


class Everybody:
    """An admission to whoever holds an address: for routes without a database behind them."""

    async def admit(self, actor: Actor) -> None:
        return None

    async def admit_to_stack(self, actor: Actor, stack_key: UUID) -> None:
        return None

    async def admit_to_case(self, actor: Actor, case_key: UUID) -> None:
        return None

    async def admit_to_analysis(self, actor: Actor, analysis_key: UUID) -> None:
        return None


def limited(house: House, **settings: Any) -> House:
    """The same house with other settings."""
    return replace(house, settings=house.settings.model_copy(update=settings))
