import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api.errors import Invalid, Unavailable
from api.inference.embedded import EmbeddedPredictor
from api.inference.predictor import Predictor

REPOSITORY = Path("triton_models")


@pytest.fixture
async def predictor() -> AsyncIterator[EmbeddedPredictor]:
    opened = EmbeddedPredictor(REPOSITORY, 1)
    yield opened
    await opened.close()


def planes(count: int, seed: int = 1) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-1000, 400, (count, 3, 48, 48)).astype(np.int16)


async def test_it_describes_the_repository_and_is_ready_for_what_it_describes(predictor: Predictor) -> None:
    models = await predictor.models()

    assert [(model.name, model.version) for model in models] == [("lung_nodule", "1")]
    assert await predictor.is_ready("lung_nodule", "1")
    assert not await predictor.is_ready("lung_nodule", "2")
    assert not await predictor.is_ready("heart", "1")


async def test_a_batch_answers_row_by_row_whatever_its_length(predictor: Predictor) -> None:
    whole = planes(20)

    together = await predictor.predict("lung_nodule", "1", {"ct_hu": whole})
    alone = await predictor.predict("lung_nodule", "1", {"ct_hu": whole[7:8]})

    assert together["nodule_probability"].shape == (20, 1)
    assert together["nodule_probability"].dtype == np.float32
    assert together["plane_logit"].shape == (20, 3)
    np.testing.assert_allclose(together["plane_logit"][7:8], alone["plane_logit"], atol=1e-4)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "takes ct_hu, not nothing"),
        ({"x": planes(1)}, "takes ct_hu, not x"),
        ({"ct_hu": planes(1)[:, :2]}, r"int16 of shape \(batch, 3, 48, 48\), not int16 of shape \(1, 2, 48, 48\)"),
        ({"ct_hu": planes(1)[0]}, r"not int16 of shape \(3, 48, 48\)"),
        ({"ct_hu": planes(1).astype(np.float32)}, "not float32"),
        ({"ct_hu": np.int16(3)}, r"not int16 of shape \(\)"),
    ],
)
async def test_wrong_tensors_are_refused_with_what_the_model_takes(
    predictor: Predictor, inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        await predictor.predict("lung_nodule", "1", {key: np.asarray(value) for key, value in inputs.items()})


async def test_a_model_or_version_that_is_not_there_is_unavailable(predictor: Predictor) -> None:
    with pytest.raises(Unavailable, match="no model heart"):
        await predictor.predict("heart", "1", {"ct_hu": planes(1)})
    with pytest.raises(Unavailable, match="no version 9"):
        await predictor.predict("lung_nodule", "9", {"ct_hu": planes(1)})


async def test_a_network_that_does_not_load_is_unavailable_and_named(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "lung_nodule", tmp_path / "lung_nodule", ignore=shutil.ignore_patterns("training"))
    (tmp_path / "lung_nodule" / "1" / "model.onnx").write_bytes(b"no network")
    opened = EmbeddedPredictor(tmp_path, 1)

    with pytest.raises(Unavailable, match="lung_nodule, version 1, cannot be loaded"):
        await opened.predict("lung_nodule", "1", {"ct_hu": planes(1)})

    await opened.close()


async def test_too_long_a_wait_is_unavailable() -> None:
    opened = EmbeddedPredictor(REPOSITORY, 1, deadline=0.0)

    with pytest.raises(Unavailable, match="did not answer within 0 s"):
        await opened.predict("lung_nodule", "1", {"ct_hu": planes(40)})

    await opened.close()


async def test_the_event_loop_goes_on_and_a_cancelled_caller_is_heard_between_slices(predictor: Predictor) -> None:
    await predictor.predict("lung_nodule", "1", {"ct_hu": planes(1)})
    asked = asyncio.create_task(predictor.predict("lung_nodule", "1", {"ct_hu": planes(640)}))
    ticks = 0
    while ticks < 10 and not asked.done():
        await asyncio.sleep(0.005)
        ticks += 1

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asked, 1.0)

    assert ticks == 10


async def test_closed_it_is_not_ready_and_answers_no_more(predictor: Predictor) -> None:
    await predictor.close()

    assert not await predictor.is_ready("lung_nodule", "1")
    with pytest.raises(Unavailable, match="closed"):
        await predictor.predict("lung_nodule", "1", {"ct_hu": planes(1)})


async def test_an_empty_repository_has_no_models(tmp_path: Path) -> None:
    opened = EmbeddedPredictor(tmp_path, 1)

    assert await opened.models() == []
    await opened.close()
