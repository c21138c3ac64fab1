"""How Triton's client behaves where the real server is slow, full, away, back, or of another version."""

import asyncio
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from api.errors import PredictorAway, Unavailable
from api.inference.repository import read_repository
from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from tests.triton.server import ROOT, TritonServer
from tests.triton.slow import SLOW, seconds, slow_predictor

pytestmark = pytest.mark.triton

FOLDER = read_repository(ROOT / "triton_models")["lung_nodule"]
MODEL = (FOLDER.name, FOLDER.versions[-1])
(INPUT,) = FOLDER.inputs
NOTICE_SECONDS = 5.0


def patches(count: int) -> dict[str, NDArray[np.int16]]:
    return {INPUT.name: np.zeros((count, *INPUT.dims), np.int16)}


async def called_off(server: TritonServer) -> float:
    """How many requests the slow model has left undone; it answers once it is done with those before."""
    asked = slow_predictor(server.address, deadline=60.0)
    async with asyncio.timeout(NOTICE_SECONDS):
        answer = await asked.predict(*SLOW, seconds(0.0))
    await asked.close()
    return float(answer["called_off"][0, 0])


# slow


async def test_a_slow_model_is_waited_for_as_long_as_the_deadline_says(triton_server: TritonServer) -> None:
    asked, before = slow_predictor(triton_server.address, deadline=0.5), await called_off(triton_server)
    begun = time.monotonic()

    with pytest.raises(Unavailable, match=r"did not answer within 0\.5 s") as refused:
        await asked.predict(*SLOW, seconds(30.0))

    assert time.monotonic() - begun < 3.0
    assert not isinstance(refused.value, PredictorAway)
    assert await called_off(triton_server) == before + 1  # the server was told
    await asked.close()


async def test_a_caller_that_is_called_off_calls_the_server_off(triton_server: TritonServer) -> None:
    asked, before = slow_predictor(triton_server.address), await called_off(triton_server)
    running = asyncio.create_task(asked.predict(*SLOW, seconds(30.0)))
    waiting = asyncio.create_task(asked.predict(*SLOW, seconds(30.0)))
    await asyncio.sleep(0.5)

    for task in (running, waiting):
        task.cancel()
    ended = await asyncio.gather(running, waiting, return_exceptions=True)

    assert [type(error) for error in ended] == [asyncio.CancelledError] * 2
    assert await called_off(triton_server) > before
    await asked.close()


# full


async def test_too_many_callers_are_told_to_come_back_and_the_others_are_served(triton_server: TritonServer) -> None:
    asked = slow_predictor(triton_server.address, calls=1, waiting_calls=2)

    ended = await asyncio.gather(*(asked.predict(*SLOW, seconds(0.2)) for _ in range(5)), return_exceptions=True)

    assert [isinstance(answer, dict) for answer in ended] == [True, True, True, False, False]
    for refused in ended[3:]:
        assert isinstance(refused, PredictorAway)
        assert "Too many" in refused.message
        assert refused.retry_after is not None
    await asked.close()


async def test_callers_at_once_share_the_servers_batches(
    triton_server: TritonServer, predictor: TritonPredictor
) -> None:
    model = 'model="lung_nodule"'
    runs, rows = (
        triton_server.metric("nv_inference_exec_count", model),
        triton_server.metric("nv_inference_count", model),
    )

    await asyncio.gather(*(predictor.predict(*MODEL, patches(8)) for _ in range(8)))

    assert triton_server.metric("nv_inference_count", model) - rows == 64
    assert triton_server.metric("nv_inference_exec_count", model) - runs < 8


# away


async def test_a_server_that_is_away_is_told_from_one_that_refuses(own_triton: TritonServer) -> None:
    asked = TritonPredictor(ROOT / "triton_models", Asked(own_triton.address, retries=1))
    ready = await asked.is_ready(*MODEL), await asked.is_away()
    own_triton.kill()

    with pytest.raises(PredictorAway, match="does not answer"):
        await asked.predict(*MODEL, patches(1))

    assert ready == (True, False)
    assert (await asked.is_ready(*MODEL), await asked.is_away()) == (False, True)
    await asyncio.to_thread(own_triton.start)
    async with asyncio.timeout(NOTICE_SECONDS):
        while await asked.is_away():  # noqa: ASYNC110 - gRPC looks again once a second
            await asyncio.sleep(0.1)
    assert len((await asked.predict(*MODEL, patches(3)))["plane_logit"]) == 3
    assert (await asked.is_ready(*MODEL), await asked.is_away()) == (True, False)
    await asked.close()


async def test_a_call_survives_a_restart_that_is_shorter_than_its_retries(own_triton: TritonServer) -> None:
    asked = TritonPredictor(ROOT / "triton_models", Asked(own_triton.address, retries=20, pause=1.0))
    own_triton.kill()

    call = asyncio.create_task(asked.predict(*MODEL, patches(2)))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(own_triton.start)

    assert len((await call)["plane_logit"]) == 2
    await asked.close()


async def test_the_breaker_opens_on_a_dead_server_and_closes_when_it_is_back(own_triton: TritonServer) -> None:
    asked = TritonPredictor(
        ROOT / "triton_models", Asked(own_triton.address, retries=0, breaker_failures=2, breaker_pause=0.5)
    )
    own_triton.kill()
    for _ in range(2):
        with pytest.raises(PredictorAway, match="does not answer"):
            await asked.predict(*MODEL, patches(1))

    with pytest.raises(PredictorAway, match="left alone"):
        await asked.predict(*MODEL, patches(1))

    await asyncio.to_thread(own_triton.start)
    async with asyncio.timeout(NOTICE_SECONDS):
        while await asked.is_away():  # noqa: ASYNC110 - gRPC looks again once a second
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)  # of the breaker
    assert len((await asked.predict(*MODEL, patches(1)))["plane_logit"]) == 1
    assert not asked.is_left_alone
    await asked.close()


async def test_a_server_that_hangs_is_away_not_slow(own_triton: TritonServer) -> None:
    asked = TritonPredictor(ROOT / "triton_models", Asked(own_triton.address, deadline=0.5, ready=0.5))
    await asked.predict(*MODEL, patches(1))

    with own_triton.frozen(), pytest.raises(PredictorAway, match="does not answer"):
        await asked.predict(*MODEL, patches(1))

    await asked.close()


# another version


async def test_a_version_that_the_server_lacks_is_named_with_what_it_serves(
    triton_server: TritonServer, tmp_path: Path
) -> None:
    here = tmp_path / "lung_nodule"
    shutil.copytree(FOLDER.path, here, ignore=shutil.ignore_patterns("training"))
    shutil.copytree(here / MODEL[1], here / "99")
    asked = TritonPredictor(tmp_path, Asked(triton_server.address))

    with pytest.raises(Unavailable, match=rf"serves version .*{MODEL[1]} of lung_nodule, not version 99") as refused:
        await asked.predict("lung_nodule", "99", patches(1))

    assert not isinstance(refused.value, PredictorAway)
    assert not await asked.is_ready("lung_nodule", "99")
    assert await asked.is_ready(*MODEL)
    await asked.close()
