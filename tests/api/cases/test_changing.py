"""Rename, archive and delete a case; a deleted one is gone everywhere."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from api import analyses, cases, images, uploads
from api.cases import CaseFilter, CaseOrder
from api.errors import Invalid, NotFound, NotPermitted, Unauthenticated
from api.events.append import EventKind
from api.permissions import Actor
from api.persistence.tables import AuditEntry, Case, Event
from api.unit_of_work import House
from tests.deliveries import EVERYTHING, take_in
from tests.holdings import stacks_of
from tests.people import SHARED, People
from tests.synthetic_ct import ct_files

pytestmark = SHARED


async def received(house: House, actor: Actor) -> UUID:
    return (await take_in(house, actor, ct_files(2))).case.key


async def update(
    house: House, actor: Actor | None, case_key: UUID, title: str | None = None, archived: bool | None = None
) -> Case:
    async with house.unit_of_work(actor) as uow:
        return await cases.update(uow, case_key, title, archived)


async def delete(house: House, actor: Actor | None, case_key: UUID, reason: str = "a reason") -> None:
    async with house.unit_of_work(actor) as uow:
        await cases.delete(uow, case_key, reason)


async def listed(house: House, actor: Actor, chosen: CaseFilter) -> list[UUID]:
    async with house.unit_of_work(actor) as uow:
        return [row.key for row in (await cases.list_cases(uow, chosen, CaseOrder.NEWEST, EVERYTHING)).rows]


async def news_of(house: House, case_key: UUID) -> list[str]:
    async with house.sessions() as session:
        statement = select(col(Event.kind)).where(col(Event.case_key) == case_key).order_by(col(Event.at))
        return list((await session.execute(statement)).scalars())


async def test_a_case_is_renamed_and_everybody_hears_of_it(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    before = await news_of(house, case_key)

    row = await update(house, people.colleague, case_key, title="  Left   upper lobe ")

    assert row.title == "Left upper lobe"
    assert sorted((await news_of(house, case_key))[len(before) :]) == [
        EventKind.CASE_CHANGED.value,
        EventKind.WORKLIST_CHANGED.value,
    ]


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\0b"])
async def test_a_title_that_is_none_is_refused(house: House, people: People, title: str) -> None:
    case_key = await received(house, people.clinician)

    with pytest.raises(Invalid) as refused:
        await update(house, people.clinician, case_key, title=title)

    assert refused.value.field == ["title"]


async def test_an_archived_case_leaves_the_worklist_and_comes_back(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)

    assert (await update(house, people.clinician, case_key, archived=True)).status == "ARCHIVED"
    assert await listed(house, people.clinician, CaseFilter()) == []
    assert await listed(house, people.clinician, CaseFilter(status=["ARCHIVED"])) == [case_key]
    assert (await update(house, people.clinician, case_key, archived=True)).status == "ARCHIVED"

    assert (await update(house, people.clinician, case_key, archived=False)).status == "READY"
    assert await listed(house, people.clinician, CaseFilter()) == [case_key]


async def test_a_case_comes_back_from_the_archive_as_its_analysis_left_it(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    await update(house, people.clinician, case_key, archived=True)
    async with house.unit_of_work(people.clinician) as uow:
        await analyses.request(uow, case_key, None, None, None)

    assert (await listed(house, people.clinician, CaseFilter(status=["ARCHIVED"]))) == [case_key]
    assert (await update(house, people.clinician, case_key, archived=False)).status == "ANALYZING"


async def test_a_change_is_the_latest_activity(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    async with house.unit_of_work() as uow:
        row = await uow.session.get_one(Case, case_key)
        before = row.updated_at = row.updated_at - timedelta(hours=1)

    assert (await update(house, people.clinician, case_key, title="x")).updated_at > before


async def test_only_who_may_changes_a_case(house: House, people: People) -> None:
    case_key = await received(house, people.patient)

    assert (await update(house, people.patient, case_key, title="mine")).title == "mine"
    assert (await update(house, people.partner, case_key, title="partner's")).title == "partner's"
    for actor in (people.other_patient, people.administrator, people.stranger):
        with pytest.raises(NotFound):
            await update(house, actor, case_key, title="theirs")
    with pytest.raises(Unauthenticated):
        await update(house, None, case_key, title="nobody's")
    with pytest.raises(NotFound):
        await update(house, people.clinician, uuid4(), title="nowhere")


async def test_only_a_clinician_who_owns_a_case_deletes_it(house: House, people: People) -> None:
    own, patients = await received(house, people.clinician), (await take_in(house, people.patient, {"a": b"x"})).cases
    assert patients == []

    for actor in (people.colleague, people.partner):
        with pytest.raises(NotPermitted):
            await delete(house, actor, own)
    for actor in (people.patient, people.administrator, people.stranger):
        with pytest.raises(NotFound):
            await delete(house, actor, own)
    await delete(house, people.clinician, own)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "a\0b"])
async def test_a_case_is_deleted_for_a_reason_only(house: House, people: People, reason: str) -> None:
    case_key = await received(house, people.clinician)

    with pytest.raises(Invalid) as refused:
        await delete(house, people.clinician, case_key, reason)

    assert refused.value.field == ["reason"]
    assert await listed(house, people.clinician, CaseFilter()) == [case_key]


async def test_a_deleted_case_is_gone_everywhere(house: House, people: People) -> None:
    delivery = await take_in(house, people.clinician, ct_files(2), analyze=True)
    case_key, (stack,) = delivery.case.key, await stacks_of(house, delivery.case.key)
    async with house.unit_of_work(people.clinician) as uow:
        (study,) = (await images.studies_of_cases(uow, [case_key]))[case_key]
        analysis = (await analyses.latest_of_cases(uow, [case_key]))[case_key]

    assert study.patient_key is not None

    await delete(house, people.clinician, case_key)

    for actor in (people.clinician, people.colleague):
        async with house.unit_of_work(actor) as uow:
            assert await cases.find(uow, case_key) is None
            assert await cases.subjects(uow, [case_key]) == {}
            assert await images.find_studies(uow, [study.key]) == {}
            assert await images.find_series(uow, [stack.series_key]) == {}
            assert await images.find_stacks(uow, [stack.key]) == {}
            assert await images.find_patients(uow, [study.patient_key]) == {}
            assert await analyses.find(uow, analysis.key) is None
            assert (await analyses.list_analyses(uow, case_key, EVERYTHING)).rows == []
        assert await listed(house, actor, CaseFilter()) == []
    async with house.unit_of_work(people.clinician) as uow:
        upload = await uploads.find(uow, delivery.upload.key)
        assert upload is not None
        assert (await uploads.list_cases(uow, upload, EVERYTHING)).rows == []
    with pytest.raises(NotFound):
        await delete(house, people.clinician, case_key)
    with pytest.raises(NotFound):
        await update(house, people.clinician, case_key, title="x")


async def test_what_was_deleted_stays_for_the_audit(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)

    await delete(house, people.clinician, case_key, " sent by mistake ")

    async with house.sessions() as session:
        row = await session.get_one(Case, case_key)
        statement = select(AuditEntry).where(col(AuditEntry.subject_key) == case_key)
        actions = [entry.action for entry in (await session.execute(statement)).scalars()]
    assert (row.deletion_reason, row.deleted_by) == ("sent by mistake", people.clinician.user_key)
    assert actions == ["case:add_images", "case:delete"]
