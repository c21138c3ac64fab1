"""The worklist: filters, orders, paging, and who sees what."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api import cases
from api.cases import CaseFilter, CaseOrder
from api.errors import Invalid, Unauthenticated
from api.permissions import Actor, Scope
from api.persistence.paging import PageRequest
from api.persistence.tables import Case, CaseStudy, Participant, Patient, Series, Study
from api.unit_of_work import House
from tests.deliveries import EVERYTHING
from tests.people import SHARED, People

pytestmark = SHARED
START = datetime(2026, 1, 1, tzinfo=UTC)
ALL = CaseFilter()


async def add_case(
    house: House,
    owner: Actor,
    title: str,
    *,
    minute: int = 0,
    modality: str = "CT",
    study: dict[str, Any] | None = None,
    patient: dict[str, Any] | None = None,
    **columns: Any,
) -> UUID:
    """A case with one study and series, as after an ingest. minute: of its creation."""
    async with house.unit_of_work() as uow:
        person = Patient(organization_key=owner.organization_key, **(patient or {"name": "Nobody"}))
        uow.session.add(person)
        await uow.session.flush()
        at = START + timedelta(minutes=minute)
        case = Case(
            organization_key=owner.organization_key,
            patient_key=person.key,
            title=title,
            created_by=owner.user_key,
            **{"status": "READY", "created_at": at, "updated_at": at, **columns},
        )
        held = Study(
            organization_key=owner.organization_key,
            patient_key=person.key,
            study_instance_uid=f"2.25.{uuid4().int}",
            **(study or {}),
        )
        uow.session.add_all([case, held])
        await uow.session.flush()
        uow.session.add_all(
            [
                CaseStudy(case_key=case.key, study_key=held.key),
                Series(study_key=held.key, series_instance_uid="2.25.1", modality=modality),
                Participant(case_key=case.key, user_key=owner.user_key, access="OWNER"),
            ]
        )
        return case.key


async def titles(
    house: House, actor: Actor, chosen: CaseFilter = ALL, order: CaseOrder = CaseOrder.NEWEST
) -> list[str]:
    async with house.unit_of_work(actor) as uow:
        return [row.title for row in (await cases.list_cases(uow, chosen, order, EVERYTHING)).rows]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (CaseFilter(status=["FAILED"]), {"b"}),
        (CaseFilter(status=["FAILED", "READY"]), {"a", "b"}),
        (CaseFilter(status=["ARCHIVED"]), {"c"}),
        (CaseFilter(status=[]), set()),
        (CaseFilter(urgency=["URGENT"]), {"b"}),
        (CaseFilter(urgency=["URGENT", "ROUTINE"]), {"a", "b"}),
        (CaseFilter(modality=["MR"]), {"b"}),
        (CaseFilter(modality=["MR", "CT"]), {"a", "b"}),
        (CaseFilter(created_after=START), {"b"}),
        (CaseFilter(created_before=START + timedelta(minutes=1)), {"a"}),
        (CaseFilter(created_after=START, created_before=START + timedelta(minutes=1)), set()),
        (CaseFilter(status=["READY"], modality=["MR"]), set()),
        (CaseFilter(), {"a", "b"}),
    ],
)
async def test_a_filter_shows_what_holds_in_all_it_gives(
    house: House, people: People, chosen: CaseFilter, expected: set[str]
) -> None:
    await add_case(house, people.clinician, "a", urgency="ROUTINE")
    await add_case(house, people.clinician, "b", minute=1, status="FAILED", urgency="URGENT", modality="MR")
    await add_case(house, people.clinician, "c", minute=2, status="ARCHIVED", archived=True)

    assert set(await titles(house, people.clinician, chosen)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lung", {"Left Lung 100%"}),
        ("LUNG 100%", {"Left Lung 100%"}),
        ("lef LUN", {"Left Lung 100%"}),
        ("lung left", {"Left Lung 100%"}),
        ("lung thorax", set()),
        ("eft", set()),
        ("le", set()),
        ("%", set()),
        ("_", set()),
        ("snake-case", {"snake_case"}),
        ("back\\", {"back\\slash"}),
        ("  a/b  ", {"a/b"}),
        ("a", {"a/b"}),
        ("doe", {"snake_case"}),
        ("jané", {"snake_case"}),
        ("Jane Doe", {"snake_case"}),
        ("snake doe", {"snake_case"}),
        ("id-7", {"back\\slash"}),
        (" ID -7 ", {"back\\slash"}),
        ("ID-77", set()),
        ("ID", set()),
        ("thorax", {"a/b"}),
        ("ACC1", {"Left Lung 100%"}),
        ("ACC", set()),
        ("lung acc1", {"Left Lung 100%"}),
        ("nothing like it", set()),
        ("   ", {"Left Lung 100%", "snake_case", "back\\slash", "a/b"}),
    ],
)
async def test_a_text_finds_words_by_their_beginning_and_ids_by_all_of_them(
    house: House, people: People, text: str, expected: set[str]
) -> None:
    await add_case(house, people.clinician, "Left Lung 100%", study={"accession_number": "ACC1"})
    await add_case(house, people.clinician, "snake_case", patient={"name": "Doe^Jane"})
    await add_case(house, people.clinician, "back\\slash", patient={"patient_id": "ID-7"})
    await add_case(house, people.clinician, "a/b", study={"description": "CT Thorax"})

    assert set(await titles(house, people.clinician, CaseFilter(text=text))) == expected


@pytest.mark.parametrize("text", ["x" * 201, "a\0b", " ".join("abcdefghijklmnopq")])
async def test_a_text_that_cannot_be_searched_is_refused(house: House, people: People, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        await titles(house, people.clinician, CaseFilter(text=text))

    assert refused.value.field == ["filter", "text"]


async def test_a_partner_cannot_search_by_names_it_may_not_see(house: House, people: People) -> None:
    await add_case(house, people.clinician, "a", patient={"name": "Doe^Jane", "patient_id": "ID-7"})

    nameless = replace(people.partner, scopes=frozenset({Scope.CASES_READ}))

    assert await titles(house, nameless) == ["a"]
    assert await titles(house, nameless, CaseFilter(text="doe")) == []
    assert await titles(house, nameless, CaseFilter(text="ID-7")) == []
    assert await titles(house, people.partner, CaseFilter(text="doe")) == ["a"]


async def test_a_case_of_another_organization_is_found_by_whom_it_is_shared_with(house: House, people: People) -> None:
    key = await add_case(house, people.clinician, "Nodule", patient={"name": "Doe^Jane"})
    async with house.unit_of_work() as uow:
        uow.session.add(Participant(case_key=key, user_key=people.stranger.user_key, access="READER"))

    assert await titles(house, people.stranger, CaseFilter(text="nod doe")) == ["Nodule"]


async def test_a_case_is_found_by_its_new_title_and_not_by_the_old_one(house: House, people: People) -> None:
    key = await add_case(house, people.clinician, "Before")

    async with house.unit_of_work(people.clinician) as uow:
        await cases.update(uow, key, "After", None)

    assert await titles(house, people.clinician, CaseFilter(text="before")) == []
    assert await titles(house, people.clinician, CaseFilter(text="after")) == ["After"]


async def test_each_order_is_what_it_says(house: House, people: People) -> None:
    late = START + timedelta(hours=1)
    await add_case(house, people.clinician, "routine", minute=1, urgency="ROUTINE", updated_at=late)
    await add_case(house, people.clinician, "urgent", minute=2, urgency="URGENT")
    await add_case(house, people.clinician, "none", minute=3)
    await add_case(house, people.clinician, "urgent too", minute=4, urgency="URGENT")
    await add_case(house, people.clinician, "priority", minute=0, urgency="PRIORITY")

    assert await titles(house, people.clinician, order=CaseOrder.MOST_URGENT) == [
        *("urgent too", "urgent", "priority", "routine", "none")
    ]
    assert await titles(house, people.clinician, order=CaseOrder.NEWEST) == [
        *("urgent too", "none", "urgent", "routine", "priority")
    ]
    assert (await titles(house, people.clinician, order=CaseOrder.LAST_ACTIVITY))[0] == "routine"


@pytest.mark.parametrize("order", CaseOrder)
async def test_pages_of_the_worklist_are_complete_in_both_directions(
    house: House, people: People, order: CaseOrder
) -> None:
    for number in range(7):
        urgency = ("URGENT", "ROUTINE", None)[number % 3]
        await add_case(house, people.clinician, str(number), minute=number // 2, urgency=urgency)
    whole = await titles(house, people.clinician, order=order)

    async with house.unit_of_work(people.clinician) as uow:
        forward: list[str] = []
        asked = PageRequest(2)
        while True:
            page = await cases.list_cases(uow, ALL, order, asked)
            forward += [row.title for row in page.rows]
            if not page.has_next:
                break
            asked = PageRequest(2, after=page.cursors[-1])
        backward: list[str] = []
        asked = PageRequest(2, backward=True)
        while True:
            page = await cases.list_cases(uow, ALL, order, asked)
            backward = [*(row.title for row in page.rows), *backward]
            if not page.has_previous:
                break
            asked = PageRequest(2, before=page.cursors[0], backward=True)

    assert len(whole) == 7
    assert forward == whole
    assert backward == whole


async def test_each_role_lists_what_it_may_see(house: House, people: People) -> None:
    await add_case(house, people.clinician, "clinician's")
    await add_case(house, people.patient, "patient's")

    async def seen(actors: Sequence[Actor]) -> list[set[str]]:
        return [set(await titles(house, actor)) for actor in actors]

    assert await seen([people.clinician, people.colleague, people.partner]) == [{"clinician's", "patient's"}] * 3
    assert await seen([people.patient]) == [{"patient's"}]
    assert (
        await seen([people.other_patient, people.administrator, people.stranger, people.strange_patient]) == [set()] * 4
    )
    async with house.unit_of_work(None) as uow:
        with pytest.raises(Unauthenticated):
            await cases.list_cases(uow, ALL, CaseOrder.NEWEST, EVERYTHING)


async def test_a_patient_learns_nothing_of_urgency_from_filter_or_order(house: House, people: People) -> None:
    await add_case(house, people.patient, "urgent", minute=1, urgency="URGENT")
    await add_case(house, people.patient, "routine", minute=2, urgency="ROUTINE")

    assert await titles(house, people.patient, CaseFilter(urgency=["URGENT"])) == []
    assert await titles(house, people.patient, order=CaseOrder.MOST_URGENT) == ["routine", "urgent"]


async def test_somebody_of_another_organization_who_takes_part_sees_the_case(house: House, people: People) -> None:
    key = await add_case(house, people.clinician, "shared")
    async with house.unit_of_work() as uow:
        uow.session.add(Participant(case_key=key, user_key=people.stranger.user_key, access="READER"))

    assert await titles(house, people.stranger) == ["shared"]
