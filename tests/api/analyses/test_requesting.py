"""Asking for an analysis, and calling one off."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from api import analyses, cases
from api.errors import Conflict, NotFound, NotPermitted, Unauthenticated, Unavailable
from api.inference.embedded import EmbeddedPredictor
from api.permissions import Actor
from api.persistence.tables import Analysis, Case
from api.unit_of_work import House
from tests.deliveries import EVERYTHING, take_in
from tests.holdings import stacks_of
from tests.people import SHARED, People, limited
from tests.synthetic_ct import ct_file, ct_files

pytestmark = SHARED


async def request(
    house: House,
    actor: Actor | None,
    case_key: UUID,
    stack_key: UUID | None = None,
    model: tuple[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Analysis:
    async with house.unit_of_work(actor) as uow:
        return await analyses.request(uow, case_key, stack_key, model, idempotency_key)


async def cancel(house: House, actor: Actor | None, analysis_key: UUID) -> Analysis:
    async with house.unit_of_work(actor) as uow:
        return await analyses.cancel(uow, analysis_key)


async def received(house: House, actor: Actor) -> UUID:
    return (await take_in(house, actor, ct_files(2))).case.key


async def status_of(house: House, actor: Actor, case_key: UUID) -> str:
    async with house.unit_of_work(actor) as uow:
        found = await cases.find(uow, case_key)
        assert found is not None
        return found.status


async def jobs_of(house: House, analysis: Analysis) -> int:
    async with house.sessions() as session:
        counted = text("select count(*) from procrastinate_jobs where args->>'analysis_key' = :key")
        return int(await session.scalar(counted, {"key": str(analysis.key)}) or 0)


async def listed(house: House, actor: Actor, case_key: UUID) -> list[UUID]:
    async with house.unit_of_work(actor) as uow:
        return [row.key for row in (await analyses.list_analyses(uow, case_key, EVERYTHING)).rows]


async def test_an_analysis_waits_with_its_job_and_the_case_says_so(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)

    analysis = await request(house, people.colleague, case_key)

    assert (analysis.status, analysis.stage, analysis.progress) == ("QUEUED", "WAITING", 0.0)
    assert (analysis.model_name, analysis.model_version) == ("lung_nodule", "1")
    assert await jobs_of(house, analysis) == 1
    assert await status_of(house, people.clinician, case_key) == "ANALYZING"


async def test_the_newest_analysis_is_listed_first(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)

    made = [(await request(house, people.clinician, case_key)).key for _ in range(3)]

    assert await listed(house, people.clinician, case_key) == made[::-1]
    async with house.unit_of_work(people.clinician) as uow:
        assert (await analyses.latest_of_cases(uow, [case_key]))[case_key].key == made[-1]


async def test_the_same_key_asks_once(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)

    made = await asyncio.gather(
        *(request(house, people.clinician, case_key, idempotency_key="k") for _ in range(3)),
    )

    assert len({analysis.key for analysis in made}) == 1
    assert await jobs_of(house, made[0]) == 1
    with pytest.raises(Conflict):
        await request(house, people.clinician, case_key, model=("lung_nodule", "1"), idempotency_key="k")


async def test_a_case_has_only_so_many_analyses(house: House, people: People) -> None:
    case_key, small = await received(house, people.clinician), limited(house, analyses_per_case=2)
    for _ in range(2):
        await request(small, people.clinician, case_key)

    with pytest.raises(Conflict, match="at most 2"):
        await request(small, people.clinician, case_key)


async def test_a_case_whose_images_still_come_in_is_not_analysed(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(Case, case_key)).status = "RECEIVING"

    with pytest.raises(Conflict, match="coming in"):
        await request(house, people.clinician, case_key)


async def test_a_stack_or_model_that_is_not_there_is_told(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    other = (await take_in(house, people.clinician, {"b": ct_file(1, series="2.25.7", StudyInstanceUID="2.25.8")})).case
    (foreign,) = await stacks_of(house, other.key)

    for stack_key in (uuid4(), foreign.key):
        with pytest.raises(NotFound) as refused:
            await request(house, people.clinician, case_key, stack_key)
        assert refused.value.field == ["stackId"]
    with pytest.raises(NotFound) as unknown:
        await request(house, people.clinician, case_key, model=("lung_nodule", "99"))
    assert unknown.value.field == ["modelId"]


async def test_a_chosen_stack_is_kept(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    (stack,) = await stacks_of(house, case_key)

    assert (await request(house, people.clinician, case_key, stack.key)).stack_key == stack.key


async def test_without_a_model_no_analysis_can_be_asked_for(
    house: House, people: People, tmp_path_factory: pytest.TempPathFactory
) -> None:
    case_key = await received(house, people.clinician)
    empty = EmbeddedPredictor(tmp_path_factory.mktemp("models"))

    with pytest.raises(Unavailable, match="No model"):
        await request(replace(house, predictor=empty), people.clinician, case_key)
    await empty.close()


async def test_only_who_may_starts_cancels_and_sees_analyses(house: House, people: People) -> None:
    case_key = (await take_in(house, people.patient, ct_files(2))).case.key
    analysis = await request(house, people.clinician, case_key)

    with pytest.raises(NotPermitted):
        await request(house, people.patient, case_key)
    with pytest.raises(NotFound):  # of analyses a patient knows nothing
        await cancel(house, people.patient, analysis.key)
    for actor in (people.other_patient, people.administrator, people.stranger):
        with pytest.raises(NotFound):
            await request(house, actor, case_key)
        with pytest.raises(NotFound):
            await cancel(house, actor, analysis.key)
    with pytest.raises(Unauthenticated):
        await request(house, None, case_key)
    for actor in (people.patient, people.other_patient, people.administrator, people.stranger):
        assert await listed(house, actor, case_key) == []
        async with house.unit_of_work(actor) as uow:
            assert await analyses.find(uow, analysis.key) is None
            assert await analyses.latest_of_cases(uow, [case_key]) == {}
    assert await listed(house, people.partner, case_key) == [analysis.key]


async def test_a_waiting_analysis_is_called_off_at_once(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    analysis = await request(house, people.clinician, case_key)

    for _ in range(2):
        ended = await cancel(house, people.colleague, analysis.key)
        assert (ended.status, ended.stage) == ("CANCELLED", "DONE")

    assert ended.finished_at is not None
    assert await status_of(house, people.clinician, case_key) == "READY"


async def test_an_analysis_of_a_deleted_case_is_gone(house: House, people: People) -> None:
    case_key = await received(house, people.clinician)
    analysis = await request(house, people.clinician, case_key)
    async with house.unit_of_work(people.clinician) as uow:
        await cases.delete(uow, case_key, "a reason")

    with pytest.raises(NotFound):
        await cancel(house, people.clinician, analysis.key)
    with pytest.raises(NotFound):
        await request(house, people.clinician, case_key)
    async with house.unit_of_work(people.clinician) as uow:
        assert await analyses.find(uow, analysis.key) is None
