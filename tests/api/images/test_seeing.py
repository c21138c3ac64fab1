"""Who sees studies, series, stacks and frames; and what they see of them."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

from api import images
from api.permissions import Actor
from api.persistence.columns import now
from api.storage.leaves import FrameLeave
from api.storage.object_store import FrameKind
from api.unit_of_work import House
from tests.deliveries import take_in
from tests.holdings import stacks_of
from tests.people import SHARED, People
from tests.synthetic_ct import ct_file, ct_files

pytestmark = SHARED


async def test_images_are_seen_by_those_who_see_their_case(house: House, people: People) -> None:
    case_key = (await take_in(house, people.patient, ct_files(2))).case.key
    (stack,) = await stacks_of(house, case_key)
    async with house.unit_of_work() as uow:
        (study,) = (await images.studies_of_cases(uow, [case_key]))[case_key]

    async def sees(actor: Actor | None) -> set[bool]:
        async with house.unit_of_work(actor) as uow:
            return {
                study.key in await images.find_studies(uow, [study.key]),
                stack.series_key in await images.find_series(uow, [stack.series_key]),
                stack.key in await images.find_stacks(uow, [stack.key]),
                study.patient_key in await images.find_patients(uow, [study.patient_key] if study.patient_key else []),
            }

    for actor in (people.patient, people.clinician, people.colleague, people.partner):
        assert await sees(actor) == {True}
    for stranger in (people.other_patient, people.administrator, people.stranger, None):
        assert await sees(stranger) == {False}


async def test_frames_are_listed_in_the_order_of_the_stack(house: House, people: People) -> None:
    files = {str(number): ct_file(number) for number in (3, 1, 2)}
    case_key = (await take_in(house, people.clinician, files)).case.key
    (stack,) = await stacks_of(house, case_key)

    async with house.unit_of_work(people.clinician) as uow:
        frames = await images.frame_table(uow, stack)

    assert [(frame.index, frame.sop_instance_uid, frame.frame_number) for frame in frames] == [
        (0, "2.25.2.1", 1),
        (1, "2.25.2.2", 1),
        (2, "2.25.2.3", 1),
    ]
    assert all(frame.geometry["rescaleIntercept"] == -1024 for frame in frames if "rescaleIntercept" in frame.geometry)


async def test_one_signature_is_for_all_frames_of_a_stack(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(3))).case.key
    (stack,) = await stacks_of(house, case_key)

    async with house.unit_of_work(people.clinician) as uow:
        frames = await images.frame_source(uow, stack, "frames")
        previews = await images.frame_source(uow, stack, "previews")

    assert (frames.media_type, previews.media_type) == ("image/jphc", "image/webp")
    assert "{index}" in frames.url_template
    assert frames.expires_at > now()


async def test_address_asked_for_again_soon_is_the_same_and_ends_within_five_minutes(
    house: House, people: People
) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(2))).case.key
    (stack,) = await stacks_of(house, case_key)

    async with house.unit_of_work(people.clinician) as uow:
        sources = [await images.frame_source(uow, stack, "frames") for _ in range(4)]

    assert len({source.url_template for source in sources}) <= 2  # two where a grid line was crossed just now
    for source in sources:
        assert timedelta(seconds=230) < source.expires_at - now() <= timedelta(seconds=300)


async def test_the_object_of_a_frame_is_found_by_its_place_in_the_stack(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(3))).case.key
    (stack,) = await stacks_of(house, case_key)
    objects = images.FrameObjects(house, most_stacks=1)

    def leave(kind: FrameKind = "frames", stack_key: UUID = stack.key, actor: Actor = people.clinician) -> FrameLeave:
        return FrameLeave(actor, 0, kind, stack_key)

    for _ in range(2):
        found = [await objects.find(leave(), index) for index in (-1, 0, 1, 2, 3)]

        assert [frame is not None for frame in found] == [False, True, True, True, False]
        assert len({frame.name for frame in found if frame}) == 3
        for frame in found:
            if frame is not None:
                assert frame.digest == hashlib.sha256(await house.store.read(frame.name)).digest()
    assert await objects.find(leave(stack_key=uuid4()), 0) is None
    assert await images.FrameObjects(house).find(leave(actor=people.stranger), 0) is None


async def test_earlier_studies_of_the_patient_are_priors(house: House, people: People) -> None:
    old = await take_in(
        house,
        people.clinician,
        {"a": ct_file(1, series="2.25.7", StudyInstanceUID="2.25.70", StudyDate="20240101", StudyTime="120000")},
    )
    new = await take_in(house, people.clinician, {"b": ct_file(2, StudyDate="20260101", StudyTime="120000")})

    async with house.unit_of_work(people.clinician) as uow:
        priors = await images.priors_of_cases(uow, [old.case.key, new.case.key])
        studies = await images.studies_of_cases(uow, [old.case.key])
    async with house.unit_of_work(people.stranger) as uow:
        hidden = await images.priors_of_cases(uow, [new.case.key])

    assert [study.key for study in priors[new.case.key]] == [study.key for study in studies[old.case.key]]
    assert old.case.key not in priors
    assert hidden == {}
