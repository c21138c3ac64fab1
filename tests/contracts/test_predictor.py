"""What every `Predictor` must do; each implementation is a line in `IMPLEMENTATIONS`. Triton is the real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from api.errors import Invalid, Unavailable
from api.inference.embedded import EmbeddedPredictor
from api.inference.predictor import Predictor
from api.inference.repository import read_repository
from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from tests.triton.server import TritonServer

REPOSITORY = Path("triton_models")
FOLDER = read_repository(REPOSITORY)["lung_nodule"]
MODEL = (FOLDER.name, FOLDER.versions[-1])
(INPUT,) = FOLDER.inputs


def embedded(request: pytest.FixtureRequest) -> Predictor:
    return EmbeddedPredictor(REPOSITORY, 1)


def triton(request: pytest.FixtureRequest) -> Predictor:
    server: TritonServer = request.getfixturevalue("triton_server")
    return TritonPredictor(REPOSITORY, Asked(server.address))


IMPLEMENTATIONS: dict[str, Callable[[pytest.FixtureRequest], Predictor]] = {"embedded": embedded, "triton": triton}
EACH = [pytest.param(name, marks=[pytest.mark.triton] if name == "triton" else []) for name in IMPLEMENTATIONS]


@pytest.fixture(params=EACH)
async def predictor(request: pytest.FixtureRequest) -> AsyncIterator[Predictor]:
    opened = IMPLEMENTATIONS[request.param](request)
    yield opened
    await opened.close()


def patches(count: int, seed: int = 1) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-1000, 400, (count, *INPUT.dims)).astype(np.int16)


async def test_it_describes_the_repository_and_is_ready_for_what_it_describes(predictor: Predictor) -> None:
    models = await predictor.models()

    assert MODEL in [(model.name, model.version) for model in models]
    assert await predictor.is_ready(*MODEL)
    assert not await predictor.is_ready("lung_nodule", "99")
    assert not await predictor.is_ready("heart", "1")
    assert not await predictor.is_away()


async def test_a_batch_of_any_length_answers_row_by_row(predictor: Predictor) -> None:
    whole = patches(70)

    together = await predictor.predict(*MODEL, {INPUT.name: whole})
    alone = await predictor.predict(*MODEL, {INPUT.name: whole[66:67]})

    assert {name: value.dtype for name, value in together.items()} == dict.fromkeys(together, np.dtype(np.float32))
    assert {name: value.shape for name, value in together.items()} == {
        spec.name: (70, *spec.dims) for spec in FOLDER.outputs
    }
    np.testing.assert_allclose(together["plane_logit"][66:67], alone["plane_logit"], atol=1e-4)


async def test_it_counts_what_it_spent(predictor: Predictor) -> None:
    before = await predictor.spent(*MODEL)
    await predictor.predict(*MODEL, {INPUT.name: patches(70)})
    after = await predictor.spent(*MODEL)

    assert before is not None
    assert after is not None
    assert after.inferences - before.inferences == 70
    assert after.compute > before.compute
    assert after.queue >= before.queue


async def test_callers_at_once_each_get_their_own_rows(predictor: Predictor) -> None:
    given = [patches(5, seed) for seed in range(6)]

    at_once = await asyncio.gather(*(predictor.predict(*MODEL, {INPUT.name: rows}) for rows in given))

    for rows, answer in zip(given, at_once, strict=True):
        alone = await predictor.predict(*MODEL, {INPUT.name: rows})
        np.testing.assert_allclose(answer["plane_logit"], alone["plane_logit"], atol=1e-4)


async def test_wrong_tensors_are_refused_with_what_the_model_takes(predictor: Predictor) -> None:
    with pytest.raises(Invalid, match="not nothing"):
        await predictor.predict(*MODEL, {})
    with pytest.raises(Invalid, match="int16 of shape"):
        await predictor.predict(*MODEL, {INPUT.name: patches(1).astype(np.float32)})


async def test_a_model_or_version_that_is_not_there_is_unavailable(predictor: Predictor) -> None:
    with pytest.raises(Unavailable, match="no model heart"):
        await predictor.predict("heart", "1", {INPUT.name: patches(1)})
    with pytest.raises(Unavailable, match="no version 99"):
        await predictor.predict("lung_nodule", "99", {INPUT.name: patches(1)})


async def test_a_cancelled_caller_is_heard_and_the_next_is_served(predictor: Predictor) -> None:
    asked = asyncio.create_task(predictor.predict(*MODEL, {INPUT.name: patches(640)}))
    await asyncio.sleep(0.2)

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asked, 1.0)

    assert len((await predictor.predict(*MODEL, {INPUT.name: patches(1)}))["plane_logit"]) == 1


async def test_closed_it_is_not_ready_and_answers_no_more(predictor: Predictor) -> None:
    await predictor.close()

    assert not await predictor.is_ready(*MODEL)
    with pytest.raises(Unavailable, match="closed"):
        await predictor.predict(*MODEL, {INPUT.name: patches(1)})


@pytest.mark.triton
async def test_triton_answers_as_the_embedded_predictor_does(request: pytest.FixtureRequest) -> None:
    one, other = embedded(request), triton(request)
    given = {INPUT.name: patches(40)}

    expected = await one.predict(*MODEL, given)
    answered = await other.predict(*MODEL, given)

    assert expected.keys() == answered.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(answered[name], value, rtol=0, atol=1e-5)
    await one.close()
    await other.close()
