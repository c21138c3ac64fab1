"""Nothing of a patient is in the trail, whatever way it came in: images, file names, titles, reasons, sign-ins."""

import pytest
from sqlalchemy import text

from api import accounts, cases
from api.analyses import running
from api.cases import CaseFilter, CaseOrder
from api.errors import WrongCredentials
from api.persistence.paging import PageRequest
from api.unit_of_work import House
from tests.audit import entries_of
from tests.deliveries import take_in
from tests.people import SHARED, People
from tests.synthetic_ct import ct_file

pytestmark = SHARED

MARK = "Quetzalcoatlus"


async def test_a_marked_patient_is_nowhere_in_the_trail(house: House, people: People) -> None:
    slices = [ct_file(n, PatientName=f"{MARK}^Jane", PatientID=MARK, StudyDescription=MARK) for n in range(1, 4)]
    files = {f"{MARK}/{number}.dcm": content for number, content in enumerate(slices)} | {f"{MARK}.txt": b"no image"}

    delivery = await take_in(house, people.clinician, files, title=f"{MARK} again", analyze=True)
    case = delivery.case
    async with house.unit_of_work(people.clinician) as uow:
        found = await cases.list_cases(uow, CaseFilter(text=MARK), CaseOrder.NEWEST, PageRequest())
        analysis = await uow.session.scalar(text("select key from analyses where case_key = :key"), {"key": case.key})
        await cases.update(uow, case.key, f"{MARK} renamed", None)
    if analysis is not None:
        await running.run(house, analysis)
    async with house.unit_of_work(people.clinician) as uow:
        await cases.delete(uow, case.key, f"of {MARK}")
    with pytest.raises(WrongCredentials):
        await accounts.sign_in(accounts.Visitor(house, None, MARK), f"{MARK}@test.example", MARK)

    assert [row.key for row in found.rows] == [case.key]
    entries = await entries_of(house, people.clinician.organization_key)
    assert {"upload:create", "case:add_images", "upload:ingest", "case:update", "case:delete"} <= {
        entry.action for entry in entries
    }
    async with house.sessions() as session:
        dumped = await session.scalar(text("select string_agg(e::text, ' ') from audit_entries e"))
    assert dumped
    assert MARK.lower() not in str(dumped).lower()
