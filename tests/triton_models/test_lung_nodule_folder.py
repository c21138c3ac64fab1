"""The committed model is the one that its card and MODEL.md speak of, and answers as it did when it was committed."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.inference.embedded import EmbeddedPredictor
from api.inference.findings import fuse_planes
from triton_models.lung_nodule.training.card import render

FOLDER = Path("triton_models/lung_nodule")
EXPECTED = json.loads((Path(__file__).parent / "lung_nodule_answers.json").read_text())


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "card.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return ask(spots())


def ask(planes: np.ndarray[Any, np.dtype[np.int16]]) -> dict[str, Any]:
    async def predict() -> dict[str, Any]:
        predictor = EmbeddedPredictor(FOLDER.parent, 1)
        found = await predictor.predict("lung_nodule", "1", {"ct_hu": planes})
        await predictor.close()
        return dict(found)

    return asyncio.run(predict())


def spots() -> np.ndarray[Any, np.dtype[np.int16]]:
    """Six fixed inputs: balls of 4 to 24 mm, a vessel along the slices, nothing but lung."""
    axis = (np.arange(48) - 23.5) * 0.7
    down, right = axis[:, None], axis[None, :]
    rounds = [np.hypot(down, right) - diameter / 2 for diameter in (4.0, 7.0, 12.0, 24.0)]
    vessel = np.abs(right) - 3.5 + 0 * down
    planes = [[each] * 3 for each in rounds] + [[rounds[1], vessel, vessel], [np.full((48, 48), 9.0)] * 3]
    edge = np.clip(0.5 - np.array(planes) / 0.7, 0, 1)
    noise = np.random.default_rng(1).normal(0, 20, edge.shape)
    return np.asarray(np.rint(-850 + 890 * edge + noise), np.int16)


def test_the_networks_hash_is_the_cards(card: dict[str, Any]) -> None:
    for name, digest in card["files"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_model_md_tells_the_cards_facts_and_figures(card: dict[str, Any]) -> None:
    assert (FOLDER / "MODEL.md").read_text("utf-8") == render(card)


def test_the_cards_pictures_are_there_and_small_and_say_whose_slices_they_show(card: dict[str, Any]) -> None:
    for picture in card["pictures"]:
        assert 1_000 < (FOLDER / picture["file"]).stat().st_size < 60_000
        assert "CC BY 3.0" in picture["shows"]


def test_the_card_says_what_must_be_said(card: dict[str, Any]) -> None:
    point = card["operatingPoint"]

    assert "Not a medical device" in card["warning"]
    assert "nothing of cancer" in card["intendedUse"]
    assert card["modalities"] == ["CT"]
    assert 0 < point["lowestListed"] < point["threshold"] < 1
    assert any("healthy" in limit for limit in card["limits"])


def test_the_figures_beat_the_baseline_and_no_nodule_of_three_readers_is_passed_over_in_silence(
    card: dict[str, Any],
) -> None:
    metrics = card["metrics"]

    assert metrics["crops"]["one_view"]["auc"][1] > 0.953
    for name, scan in metrics["developmentScans"].items():
        for nodule in scan["nodules"]:
            if nodule["readers"] >= 3 and (nodule["rank"] is None or nodule["rank"] > 5):
                assert any(name in failure for failure in card["failures"])


def test_the_network_answers_as_when_it_was_committed(answers: dict[str, Any]) -> None:
    np.testing.assert_allclose(answers["plane_logit"], EXPECTED["plane_logit"], atol=2e-3)
    np.testing.assert_allclose(answers["nodule_probability"], EXPECTED["nodule_probability"], atol=1e-3)


def test_the_graphs_probability_is_the_calibrated_vote_of_its_planes(
    answers: dict[str, Any], card: dict[str, Any]
) -> None:
    fused = fuse_planes(list(answers["plane_logit"]))

    point = card["operatingPoint"]
    expected = 1 / (1 + np.exp(-(point["slope"] * fused + point["offset"])))

    np.testing.assert_allclose(answers["nodule_probability"][:, 0], expected, atol=1e-4)


def test_a_turned_or_mirrored_plane_gets_the_same_answer(answers: dict[str, Any]) -> None:
    turned, mirrored = (
        ask(np.ascontiguousarray(each))["plane_logit"]
        for each in (np.rot90(spots(), 1, axes=(2, 3)), spots()[..., ::-1])
    )

    np.testing.assert_allclose(turned, answers["plane_logit"], atol=1e-3)
    np.testing.assert_allclose(mirrored, answers["plane_logit"], atol=1e-3)


def test_balls_are_told_from_a_vessel_and_from_lung(answers: dict[str, Any]) -> None:
    probability = answers["nodule_probability"][:, 0]

    assert probability[1:4].min() > 3 * probability[4:].max()


def test_the_config_keeps_to_no_processor_and_to_the_tensors_of_the_graph() -> None:
    config = (FOLDER / "config.pbtxt").read_text()

    assert "KIND_CPU" not in config
    assert 'backend: "onnxruntime"' in config
