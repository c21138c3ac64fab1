"""Analyses that end without having been read: given up, or of a case that has gone."""

from api import cases
from api.analyses import running
from api.unit_of_work import House
from tests.api.analyses.runs import get, get_case, request
from tests.deliveries import take_in
from tests.people import SHARED, People
from tests.synthetic_ct import ct_files

pytestmark = SHARED


async def test_an_analysis_given_up_says_that_its_worker_died(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(2))).case.key
    key = await request(house, people.clinician, case_key)

    await running.give_up(house, key)

    ended = await get(house, key)
    assert (ended.status, ended.failure) == ("FAILED", running.DIED)
    assert (await get_case(house, case_key)).status == "FAILED"


async def test_an_analysis_of_a_case_deleted_meanwhile_is_called_off(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(2))).case.key
    key = await request(house, people.clinician, case_key)
    async with house.unit_of_work(people.clinician) as uow:
        await cases.delete(uow, case_key, "a reason")

    await running.run(house, key)

    assert (await get(house, key)).status == "CANCELLED"
