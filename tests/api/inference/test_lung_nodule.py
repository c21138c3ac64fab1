import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api.imaging.volume import Volume
from api.inference import lung_nodule
from api.inference.embedded import EmbeddedPredictor
from api.inference.findings import Score
from api.inference.interpretation import Cancelled
from api.inference.lung_nodule import Prepared, interpret, prepare, score, summarize, survey
from api.inference.repository import read_repository
from tests.api.inference.synthetic_chest import LEFT, RIGHT, Ball, Tube, draw_chest, index_of, volume_of

Answers = list[dict[str, NDArray[Any]]]
REPOSITORY = Path("triton_models")
CARD = read_repository(REPOSITORY)["lung_nodule"].cards["1"]

NODULES = [
    Ball((20.0, -10.0, RIGHT[2] + 5.0), 14.0),
    Ball((-30.0, 20.0, LEFT[2] - 8.0), 9.0),
]
VESSELS = [
    Tube((-70.0, 5.0, RIGHT[2] + 20.0), (70.0, -5.0, RIGHT[2] + 25.0), 6.0),
    Tube((0.0, -60.0, LEFT[2]), (5.0, 60.0, LEFT[2] + 10.0), 6.0),
    Tube((30.0, 0.0, LEFT[2] - 40.0), (40.0, 10.0, LEFT[2] + 40.0), 5.0),
]


@pytest.fixture(scope="module")
def chest() -> Volume:
    return draw_chest([*VESSELS, *NODULES])


@pytest.fixture(scope="module")
def prepared(chest: Volume) -> Prepared:
    """With the first hundred candidates only, so that the model answers soon."""
    whole = prepare(survey(chest))
    return replace(whole, index=whole.index[:100], diameter=whole.diameter[:100])


@pytest.fixture(scope="module")
def outputs(prepared: Prepared) -> Answers:
    async def ask() -> Answers:
        predictor = EmbeddedPredictor(REPOSITORY, 1)
        answers = await score(prepared, partial(predictor.predict, lung_nodule.MODEL, "1"))
        await predictor.close()
        return answers

    return asyncio.run(ask())


async def counting(batch: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """A model that finds every candidate as bad as the next."""
    count = len(batch["ct_hu"])
    return {"nodule_probability": np.zeros((count, 1)), "plane_logit": np.full((count, 3), -9.0)}


def test_the_drawn_nodules_are_found_first_measured_and_placed(
    chest: Volume, prepared: Prepared, outputs: Answers
) -> None:
    findings = interpret(prepared, outputs, CARD)

    for ball, finding in zip(NODULES, sorted(findings[:2], key=lambda one: -(one.diameter_mm or 0)), strict=True):
        index = index_of(ball.center)
        x, y, z = chest.index_to_patient(index)
        place = np.array([finding.position.x, finding.position.y, finding.position.z])
        assert np.linalg.norm(place - (x, y, z)) < 3.0
        assert abs(finding.frame_index - index[0]) <= 2
        assert finding.diameter_mm == pytest.approx(ball.diameter, abs=2.0)
        assert finding.box.left < index[2] + 0.5 < finding.box.left + finding.box.width
        assert finding.box.top < index[1] + 0.5 < finding.box.top + finding.box.height
        assert finding.label == "nodule"
    assert [one.probability for one in findings] == sorted((one.probability for one in findings), reverse=True)


def test_a_finding_is_marked_from_the_cards_threshold_on_and_listed_from_its_lowest(
    prepared: Prepared, outputs: Answers
) -> None:
    point = CARD["operatingPoint"]

    findings = interpret(prepared, outputs, CARD)
    strict = interpret(prepared, outputs, {"operatingPoint": {**point, "threshold": 1.0, "mostListed": 1}})

    assert all(one.above_threshold == (one.probability >= point["threshold"]) for one in findings)
    assert all(one.probability >= point["lowestListed"] for one in findings)
    assert len(findings) <= point["mostListed"]
    assert len(strict) == 1
    assert not strict[0].above_threshold


def test_the_first_look_alone_can_be_interpreted(prepared: Prepared, outputs: Answers) -> None:
    first = outputs[: sum(1 for _ in prepared.batches())]

    findings = interpret(prepared, first, CARD)

    assert {round((one.diameter_mm or 0) / 5) for one in findings[:2]} == {2, 3}


def test_fewer_answers_than_candidates_are_an_error(prepared: Prepared, outputs: Answers) -> None:
    with pytest.raises(ValueError, match="answered for 16 of"):
        interpret(prepared, outputs[:1], CARD)


def test_the_stacks_score_is_its_most_probable_findings(prepared: Prepared, outputs: Answers) -> None:
    findings = interpret(prepared, outputs, CARD)

    scores, uncertainty = summarize(findings)

    assert [(one.label, one.probability) for one in scores] == [("nodule", findings[0].probability)]
    assert 0 <= uncertainty <= 1
    assert summarize([]) == ([Score("nodule", 0.0)], 0.0)


async def test_without_lungs_nothing_is_asked_and_nothing_found() -> None:
    prepared = prepare(survey(volume_of(np.full((20, 60, 60), 40, np.int16))))

    outputs = await score(prepared, counting)

    assert outputs == []
    assert interpret(prepared, outputs, CARD) == []


async def test_progress_grows_to_one_while_looking_and_asking(chest: Volume, prepared: Prepared) -> None:
    surveyed: list[float] = []
    looked: list[float] = []
    asked: list[float] = []

    prepare(survey(chest, surveyed.append), looked.append)
    await score(prepared, counting, asked.append)

    for told in (surveyed, looked, asked):
        assert told == sorted(told)
        assert told[-1] == pytest.approx(1.0)
        assert len(told) > 8


@pytest.mark.parametrize("at", [0.1, 0.3, 0.7])
async def test_a_progress_that_raises_stops_looking_and_asking(chest: Volume, prepared: Prepared, at: float) -> None:
    def stop(part: float) -> None:
        if part >= at:
            raise Cancelled

    with pytest.raises(Cancelled):
        prepare(survey(chest, stop), stop)
    with pytest.raises(Cancelled):
        await score(prepared, counting, stop)


def test_where_slices_are_thick_only_the_planes_along_them_vote(chest: Volume, prepared: Prepared) -> None:
    thick = replace(prepared, volume=replace(chest, spacing=(8.0, 1.5, 1.5)))
    logits = np.full((len(prepared.index), 3), 9.0)
    logits[:, 1:] = -9.0

    sharp = interpret(thick, [{"plane_logit": logits}], CARD)
    blurred = interpret(prepared, [{"plane_logit": logits}], CARD)

    assert sharp
    assert blurred == []
