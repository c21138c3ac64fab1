"""An analysis whose model server is away: it waits and says so, goes on where it was, and can be called off."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlmodel import col

from api import analyses, worker
from api.analyses import running, waiting
from api.analyses.asking import Asking
from api.analyses.timing import Stopwatch
from api.analyses.watch import Watch
from api.errors import PredictorAway
from api.events.append import EventKind
from api.inference.predictor import ModelDescription, Predictor, Spent, Tensors
from api.inference.repository import read_repository
from api.permissions import Actor
from api.persistence.columns import now
from api.persistence.tables import Analysis, Event
from api.unit_of_work import House
from tests.api.analyses.runs import get, get_case, request
from tests.deliveries import deliver, outcome, take_in
from tests.people import SHARED, limited, make_people
from tests.phantoms import small_phantom
from tests.synthetic_ct import ct_files

pytestmark = SHARED
AWAY = [dict(waiting.MODEL_AWAY)]
WAIT_SECONDS = 30.0
(INPUT,) = read_repository(Path("triton_models"))["lung_nodule"].inputs


@dataclass
class Absent:
    """The embedded predictor, away from its `leaves_after`th answer until it is told to be back."""

    asked: Predictor
    leaves_after: int = 2
    is_back: bool = False
    answers: int = 0
    cancelled: int = 0
    slow: asyncio.Event | None = field(default=None)

    async def models(self) -> Sequence[ModelDescription]:
        return await self.asked.models()

    async def is_ready(self, name: str, version: str) -> bool:
        return not await self.is_away()

    async def is_away(self) -> bool:
        return self.answers >= self.leaves_after and not self.is_back

    async def spent(self, name: str, version: str) -> Spent | None:
        return await self.asked.spent(name, version)

    async def predict(self, name: str, version: str, inputs: Tensors) -> dict[str, Any]:
        if await self.is_away():
            raise PredictorAway("away")
        if self.slow is not None:
            self.slow.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        self.answers += 1
        return await self.asked.predict(name, version, inputs)

    async def close(self) -> None:
        return None


@dataclass(frozen=True)
class Chest:
    owner: Actor
    case_key: UUID


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chest(house: House) -> Chest:
    people = await make_people(house)
    return Chest(people.clinician, (await take_in(house, people.clinician, small_phantom())).case.key)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - rows tell, nobody rings
            await asyncio.sleep(0.05)


async def waits(house: House, key: UUID) -> Analysis:
    async def is_waiting() -> bool:
        return (await get(house, key)).warnings == AWAY

    await until(is_waiting)
    return await get(house, key)


async def worklist_news(house: House, case_key: UUID) -> int:
    statement = select(col(Event.number)).where(
        col(Event.subject_key) == case_key, col(Event.kind) == EventKind.WORKLIST_CHANGED.value
    )
    async with house.sessions() as session:
        return len((await session.execute(statement)).all())


async def test_it_waits_and_says_so_and_goes_on_with_what_it_had(house: House, chest: Chest) -> None:
    absent = Absent(house.predictor)
    key = await request(house, chest.owner, chest.case_key)
    news = await worklist_news(house, chest.case_key)
    task = asyncio.create_task(running.run(replace(house, predictor=absent), key))

    waited = await waits(house, key)
    told = await worklist_news(house, chest.case_key)
    absent.is_back = True
    await task

    assert (waited.status, waited.stage, waited.failure) == ("RUNNING", "WAITING", None)
    assert waited.progress > running.LOOK
    assert told > news
    ended = await get(house, key)
    assert (ended.status, ended.failure) == ("SUCCEEDED", None)
    assert AWAY[0] not in ended.warnings
    without = Absent(house.predictor, leaves_after=10_000)
    again = await request(house, chest.owner, chest.case_key)
    await running.run(replace(house, predictor=without), again)
    assert absent.answers == without.answers  # no batch was asked about twice
    assert (await get(house, again)).scores == ended.scores


async def test_the_time_it_waits_is_not_counted(house: House, chest: Chest) -> None:
    absent = Absent(house.predictor, leaves_after=0)
    analysis = await get(house, await request(house, chest.owner, chest.case_key))
    batch = {INPUT.name: np.zeros((1, *INPUT.dims), np.int16)}
    loop = asyncio.get_running_loop()
    loop.call_later(4.0, partial(setattr, absent, "is_back", True))

    async with asyncio.timeout(3.0) as clock:
        watch, stopwatch = Watch(house, analysis), Stopwatch(absent, "lung_nodule", "1")
        ask = Asking(replace(house, predictor=absent), analysis, watch, clock, stopwatch)
        answer = await ask(batch)

    assert len(answer["plane_logit"]) == 1
    assert stopwatch.inferences == 1


async def test_it_can_be_called_off_while_it_waits(house: House, chest: Chest) -> None:
    key = await request(house, chest.owner, chest.case_key)
    task = asyncio.create_task(running.run(replace(house, predictor=Absent(house.predictor)), key))
    await waits(house, key)

    async with house.unit_of_work(chest.owner) as uow:
        await analyses.cancel(uow, key)
    await asyncio.wait_for(task, 1.0)

    ended = await get(house, key)
    assert (ended.status, ended.stage, ended.warnings) == ("CANCELLED", "DONE", [])


async def test_calling_it_off_calls_off_what_its_model_was_asked(house: House, chest: Chest) -> None:
    busy = Absent(house.predictor, slow=asyncio.Event())
    key = await request(house, chest.owner, chest.case_key)
    task = asyncio.create_task(running.run(replace(house, predictor=busy), key))
    assert busy.slow is not None
    await asyncio.wait_for(busy.slow.wait(), WAIT_SECONDS)

    async with house.unit_of_work(chest.owner) as uow:
        await analyses.cancel(uow, key)
    await asyncio.wait_for(task, 1.0)

    assert busy.cancelled == 1
    assert (await get(house, key)).status == "CANCELLED"


async def test_after_a_while_it_makes_room_and_is_left_to_a_later_run(house: House, chest: Chest) -> None:
    absent = Absent(house.predictor)
    key = await request(house, chest.owner, chest.case_key)
    impatient = limited(replace(house, predictor=absent), predictor_hold_seconds=0.0, predictor_pause_seconds=7)

    with pytest.raises(PredictorAway) as left:
        await running.run(impatient, key)

    row = await get(house, key)
    assert left.value.retry_after == 7
    assert (row.status, row.stage, row.warnings) == ("RUNNING", "WAITING", AWAY)
    absent.is_back = True
    await running.run(impatient, key)
    assert (await get(house, key)).status == "SUCCEEDED"


async def test_one_that_was_asked_for_too_long_ago_fails_and_says_why(house: House, chest: Chest) -> None:
    case_key = (await take_in(house, chest.owner, ct_files(2))).case.key
    key = await request(house, chest.owner, case_key)
    async with house.sessions() as session, session.begin():
        (await session.get_one(Analysis, key)).queued_at = now() - timedelta(hours=25)

    await running.run(replace(house, predictor=Absent(house.predictor, leaves_after=0)), key)

    ended = await get(house, key)
    assert (ended.status, ended.failure, ended.warnings) == ("FAILED", waiting.TOO_LONG, [])
    assert (await get_case(house, case_key)).status == "FAILED"


async def test_while_many_wait_other_jobs_go_on_and_no_failure_is_counted(house: House, chest: Chest) -> None:
    absent = Absent(house.predictor, leaves_after=0)
    case_key = (await take_in(house, chest.owner, ct_files(2))).case.key
    async with house.sessions() as session, session.begin():
        await session.execute(text("delete from procrastinate_jobs"))
    keys = [await request(house, chest.owner, case_key) for _ in range(worker.CONCURRENCY + 1)]
    quick = limited(replace(house, predictor=absent), predictor_pause_seconds=1, predictor_hold_seconds=0.0)
    work = asyncio.create_task(worker.work(quick))
    try:
        for key in keys:
            assert (await waits(house, key)).stage == "WAITING"
        upload_key = await deliver(house, chest.owner, ct_files(2))

        async def is_in() -> bool:
            return (await outcome(house, chest.owner, upload_key)).upload.status == "COMPLETE"

        await until(is_in)
        async with house.sessions() as session:
            failures = await session.scalars(text("select args -> 'failures' from procrastinate_jobs"))
            assert set(failures) == {None}
        absent.is_back = True

        async def are_done() -> bool:
            return all([(await get(house, key)).status == "UNSUITABLE" for key in keys])

        await until(are_done)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
