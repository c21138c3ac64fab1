"""Refusals of whoever is not signed in: one entry an action and address a minute, lest anybody could fill the trail."""

from api.persistence.audit.entries import Outcome
from api.persistence.audit.writing import is_first_of_burst
from api.persistence.columns import now
from api.unit_of_work import House


class AnonymousRefusals:
    def __init__(self, house: House) -> None:
        self._house = house

    async def record(self, action: str, address: str | None) -> None:
        """action: what was refused."""
        minute = now().replace(second=0, microsecond=0)
        async with self._house.unit_of_work(address=address) as uow:
            if await is_first_of_burst(uow.session, self._house.service.key, action, address or "", minute):
                uow.audit(action, None, Outcome.REFUSED)
