"""Where images go: titles, cases, patients; and that a known UID opens nobody's study."""

import re

import pytest
from sqlalchemy import delete

from api import cases, images, ingest
from api.errors import RejectionCode
from api.permissions import Actor
from api.persistence.tables import Case, Participant
from api.unit_of_work import House
from tests.deliveries import deliver, outcome, take_in
from tests.holdings import stacks_of
from tests.people import SHARED, People
from tests.synthetic_ct import ct_file, ct_files

pytestmark = SHARED


async def may_see(house: House, actor: Actor, case: Case) -> bool:
    async with house.unit_of_work(actor) as uow:
        found = await cases.find(uow, case.key)
        studies = (await images.studies_of_cases(uow, [case.key]))[case.key]
        shown = await images.find_studies(uow, [study.key for study in studies])
    assert bool(shown) is (found is not None)
    return found is not None


@pytest.mark.parametrize(
    ("title", "attributes", "expected"),
    [
        ("  My   chest ", {}, r"My chest"),
        (None, {"BodyPartExamined": "CHEST"}, r"CT of the chest [0-9A-F]{4}"),
        ("   ", {}, r"CT [0-9A-F]{4}"),
        (None, {"StudyDescription": "Doe Jane", "SeriesDescription": "Doe Jane"}, r"CT [0-9A-F]{4}"),
        (None, {"BodyPartExamined": "DOE JANE"}, r"CT [0-9A-F]{4}"),
        (None, {"Modality": "DOEJANE"}, r"Images [0-9A-F]{4}"),
    ],
)
async def test_a_case_is_named_by_its_uploader_or_in_our_own_words(
    house: House, people: People, title: str | None, attributes: dict[str, str], expected: str
) -> None:
    delivery = await take_in(house, people.clinician, {"Doe Jane.dcm": ct_file(1, **attributes)}, title=title)

    assert re.fullmatch(expected, delivery.case.title)


async def test_the_uploader_owns_the_case(house: House, people: People) -> None:
    case = (await take_in(house, people.patient, ct_files(1))).case

    async with house.unit_of_work(people.patient) as uow:
        ((participant, user),) = await cases.participants_of(uow, [case.key])
    assert (participant.access, user.key if user else None) == ("OWNER", people.patient.user_key)


async def test_images_for_a_case_join_it(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(1))).case.key
    other_study = ct_file(2, series="2.25.8", StudyInstanceUID="2.25.9")

    delivery = await take_in(house, people.colleague, {"b": other_study}, case_key=case_key)

    assert delivery.case.key == case_key
    assert len(await stacks_of(house, case_key)) == 2


async def test_another_study_of_a_patient_makes_a_case_of_its_own(house: House, people: People) -> None:
    first = await take_in(house, people.clinician, ct_files(1))

    second = await take_in(house, people.clinician, {"b": ct_file(2, series="2.25.8", StudyInstanceUID="2.25.9")})

    assert first.case.key != second.case.key
    assert first.case.patient_key == second.case.patient_key


async def test_a_known_study_uid_opens_no_case_to_a_patient(house: House, people: People) -> None:
    held = (await take_in(house, people.clinician, ct_files(2))).case

    for files in ({"a": ct_file(3)}, {"a": ct_file(3, PatientID=None)}, {"a": ct_file(1)}):
        delivery = await take_in(house, people.patient, files)
        assert delivery.rejections == {"a": RejectionCode.PATIENT_MISMATCH.value}
        assert delivery.cases == []

    assert not await may_see(house, people.patient, held)
    assert len((await stacks_of(house, held.key))[0].frame_keys) == 2


async def test_a_known_study_uid_does_not_bring_the_study_into_ones_own_case(house: House, people: People) -> None:
    held = (await take_in(house, people.clinician, ct_files(2))).case
    mine = ct_file(9, series="2.25.8", StudyInstanceUID="2.25.9", PatientID=None)
    own = (await take_in(house, people.patient, {"mine": mine})).case

    delivery = await take_in(house, people.patient, {"a": ct_file(3, PatientID=None)}, case_key=own.key)

    assert delivery.rejections == {"a": RejectionCode.PATIENT_MISMATCH.value}
    async with house.unit_of_work(people.patient) as uow:
        assert len((await images.studies_of_cases(uow, [own.key]))[own.key]) == 1
    assert not await may_see(house, people.patient, held)


async def test_a_known_study_uid_does_not_bring_back_what_was_deleted(house: House, people: People) -> None:
    held = (await take_in(house, people.clinician, ct_files(2))).case
    async with house.unit_of_work(people.clinician) as uow:
        await cases.delete(uow, held.key, "sent by mistake")

    delivery = await take_in(house, people.patient, {"a": ct_file(3)})
    again = await take_in(house, people.clinician, ct_files(2))

    assert delivery.rejections == {"a": RejectionCode.PATIENT_MISMATCH.value}
    assert (again.accepted, again.duplicates) == (0, 2)
    assert again.case.key != held.key
    assert await may_see(house, people.clinician, again.case)


async def test_images_for_a_case_deleted_meanwhile_are_refused_with_words(house: House, people: People) -> None:
    held = (await take_in(house, people.clinician, ct_files(1))).case
    upload_key = await deliver(house, people.clinician, ct_files(2, first=2), case_key=held.key, analyze=True)
    async with house.unit_of_work(people.clinician) as uow:
        await cases.delete(uow, held.key, "sent by mistake")

    await ingest.run(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.accepted, delivery.cases) == ("COMPLETE", 0, [])
    assert set(delivery.rejections.values()) == {RejectionCode.PATIENT_MISMATCH.value}
    assert "deleted" in next(iter(delivery.messages.values()))
    assert not await may_see(house, people.clinician, held)


async def take_part(house: House, actor: Actor, case: Case, access: str) -> None:
    async with house.unit_of_work() as uow:
        await uow.session.execute(delete(Participant).filter_by(case_key=case.key, user_key=actor.user_key))
        uow.session.add(Participant(case_key=case.key, user_key=actor.user_key, access=access))


async def test_a_reader_adds_nothing_to_a_case_by_its_study_uid(house: House, people: People) -> None:
    held = (await take_in(house, people.clinician, ct_files(2))).case
    await take_part(house, people.patient, held, "READER")

    delivery = await take_in(house, people.patient, {"a": ct_file(3)})

    assert delivery.rejections == {"a": RejectionCode.PATIENT_MISMATCH.value}
    assert len((await stacks_of(house, held.key))[0].frame_keys) == 2


async def test_an_owner_adds_to_a_case_by_its_study_uid(house: House, people: People) -> None:
    held = (await take_in(house, people.clinician, ct_files(2))).case
    await take_part(house, people.patient, held, "OWNER")

    delivery = await take_in(house, people.patient, {"a": ct_file(3)})

    assert (delivery.accepted, delivery.case.key) == (1, held.key)


async def test_a_right_lost_since_the_upload_began_is_missed_at_its_end(house: House, people: People) -> None:
    held = (await take_in(house, people.patient, ct_files(1))).case
    upload_key = await deliver(house, people.patient, ct_files(2, first=2), case_key=held.key)
    await take_part(house, people.patient, held, "READER")

    await ingest.run(house, upload_key)

    delivery = await outcome(house, people.patient, upload_key)
    assert set(delivery.rejections.values()) == {RejectionCode.PATIENT_MISMATCH.value}
    assert len((await stacks_of(house, held.key))[0].frame_keys) == 1
