"""Applications of partners in tests: keys that are really there."""

from api import partners
from api.permissions import Actor, Scope
from api.unit_of_work import House


async def make_key(house: House, administrator: Actor, *scopes: Scope, name: str = "Partner app") -> partners.MadeKey:
    async with house.unit_of_work(administrator) as uow:
        return await partners.create_key(uow, name, scopes, None)
