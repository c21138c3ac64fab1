"""An analysis on the phantom with the real server, which dies meanwhile and comes back."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api import analyses, worker
from api.analyses import running, waiting
from api.inference.predictor import ModelDescription, Predictor, Spent, Tensors
from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from api.persistence.tables import Analysis
from api.unit_of_work import House
from tests.api.analyses.runs import analyse, get, get_case, request
from tests.deliveries import take_in
from tests.people import limited, make_people
from tests.phantoms import small_phantom
from tests.triton.server import ROOT, TritonServer

pytestmark = pytest.mark.triton
WAIT_SECONDS = 90.0
AWAY = [dict(waiting.MODEL_AWAY)]


@dataclass
class Counted:
    """Counts answers, and kills the server after so many."""

    asked: Predictor
    server: TritonServer | None = None
    dies_after: int = 0
    answers: int = 0

    async def models(self) -> Sequence[ModelDescription]:
        return await self.asked.models()

    async def is_ready(self, name: str, version: str) -> bool:
        return await self.asked.is_ready(name, version)

    async def is_away(self) -> bool:
        return await self.asked.is_away()

    async def spent(self, name: str, version: str) -> Spent | None:
        return await self.asked.spent(name, version)

    async def predict(self, name: str, version: str, inputs: Tensors) -> dict[str, Any]:
        answer = await self.asked.predict(name, version, inputs)
        self.answers += 1
        if self.server is not None and self.answers == self.dies_after:
            self.server.kill()
        return answer

    async def close(self) -> None:
        await self.asked.close()


async def until(house: House, key: UUID, is_so: Callable[[Analysis], bool]) -> None:
    while not is_so(await get(house, key)):  # noqa: ASYNC110 - the row tells, nobody rings
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("hold_seconds", [60.0, 0.0], ids=["restart", "outage"])
async def test_triton_dies_during_an_analysis_which_waits_and_goes_on(
    house: House, own_triton: TritonServer, hold_seconds: float
) -> None:
    owner = (await make_people(house)).clinician
    case_key = (await take_in(house, owner, small_phantom())).case.key
    triton = TritonPredictor(ROOT / "triton_models", Asked(own_triton.address, retries=1, breaker_pause=0.5))
    counted = Counted(triton, own_triton, dies_after=3)
    async with house.sessions() as session, session.begin():
        await session.execute(text("delete from procrastinate_jobs"))
    key = await request(house, owner, case_key)
    with_triton = limited(
        replace(house, predictor=counted), predictor_hold_seconds=hold_seconds, predictor_pause_seconds=1
    )

    work = asyncio.create_task(worker.work(with_triton))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await until(house, key, lambda row: row.warnings == AWAY)
            waited, case = await get(house, key), await get_case(house, case_key)
            await asyncio.sleep(2.0)
            async with house.sessions() as session:
                failures = list(await session.scalars(text("select args -> 'failures' from procrastinate_jobs")))
            await asyncio.to_thread(own_triton.start)
            await until(house, key, lambda row: row.finished_at is not None)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    ended = await get(house, key)
    assert (waited.status, waited.stage, waited.failure, case.status) == ("RUNNING", "WAITING", None, "ANALYZING")
    assert failures == [None]
    assert (ended.status, ended.failure) == ("SUCCEEDED", None)
    assert AWAY[0] not in ended.warnings
    undisturbed = Counted(house.predictor)
    alone = await analyse(replace(house, predictor=undisturbed), owner, case_key)
    assert (ended.scores[0]["probability"], ended.uncertainty) == pytest.approx(
        (alone.scores[0]["probability"], alone.uncertainty), abs=1e-3
    )
    if hold_seconds:
        assert counted.answers == undisturbed.answers  # no batch was asked about twice
    await triton.close()


async def test_calling_off_an_analysis_in_a_hanging_server_ends_it_at_once(
    house: House, own_triton: TritonServer
) -> None:
    owner = (await make_people(house)).clinician
    case_key = (await take_in(house, owner, small_phantom())).case.key
    triton = TritonPredictor(ROOT / "triton_models", Asked(own_triton.address))
    key = await request(house, owner, case_key)
    task = asyncio.create_task(running.run(replace(house, predictor=triton), key))
    async with asyncio.timeout(WAIT_SECONDS):
        await until(house, key, lambda row: row.stage == "INFERRING")

    with own_triton.frozen():
        await asyncio.sleep(0.5)
        async with house.unit_of_work(owner) as uow:
            await analyses.cancel(uow, key)
        await asyncio.wait_for(task, 2.0)

    assert (await get(house, key)).status == "CANCELLED"
    await triton.close()
