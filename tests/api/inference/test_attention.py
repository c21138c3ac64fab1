"""What a map of attention shows is what the model goes by: asked of the network that ships."""

import asyncio
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from api.imaging.volume import Volume
from api.inference.attention import BLANK_HU, Bytes, Place, attend
from api.inference.embedded import EmbeddedPredictor
from api.inference.interpretation import Predict
from api.inference.lung_nodule import FIRST_PLANES, INPUT, MODEL, OUTPUT
from api.inference.tensors import CORONAL, SAGITTAL, PatchGeometry, to_input
from tests.api.inference.synthetic_chest import RIGHT, Ball, Tube, draw_chest, index_of, volume_of

NODULE = Ball((20.0, -10.0, RIGHT[2] + 5.0), 9.0)
BESIDE = Tube((20.0, -10.0, RIGHT[2] + 17.0), (60.0, -10.0, RIGHT[2] + 17.0), 3.0)
PLACE = Place(index_of(NODULE.center), NODULE.diameter)
NAMES = (INPUT, OUTPUT)


@pytest.fixture(scope="module")
def volume() -> Volume:
    return draw_chest([NODULE, BESIDE])


def ask(volume: Volume, places: list[Place], geometry: PatchGeometry = FIRST_PLANES) -> dict[int, Bytes]:
    async def asked() -> dict[int, Bytes]:
        predictor = EmbeddedPredictor(Path("triton_models"), 1)
        predict: Predict = partial(predictor.predict, MODEL, "1")
        found = await attend(volume, places, geometry, NAMES, predict, lambda _: None)
        await predictor.close()
        return found

    return asyncio.run(asked())


@pytest.fixture(scope="module")
def heat(volume: Volume) -> Bytes:
    (found,) = ask(volume, [PLACE]).items()
    assert found[0] == round(float(PLACE.index[0]))
    return found[1]


def axial_logit(volume: Volume) -> float:
    async def asked() -> float:
        predictor = EmbeddedPredictor(Path("triton_models"), 1)
        patch = to_input(volume.voxels, volume.affine, PLACE.index[None], np.array([PLACE.diameter]), FIRST_PLANES)
        answer = await predictor.predict(MODEL, "1", {INPUT: patch})
        await predictor.close()
        return float(answer[OUTPUT][0, 0])

    return asyncio.run(asked())


def blanked(volume: Volume, where: NDArray[np.bool_]) -> Volume:
    """In the slices between which the patch lies."""
    voxels = volume.voxels.copy()
    voxels[int(PLACE.index[0]) : int(PLACE.index[0]) + 2, where] = BLANK_HU
    return volume_of(voxels)


def test_the_map_is_of_the_slices_size_and_brightest_on_the_lesion(volume: Volume, heat: Bytes) -> None:
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)

    assert heat.shape == volume.voxels.shape[1:]
    assert heat.dtype == np.uint8
    assert heat.max() > 200
    assert np.hypot(row - PLACE.index[1], column - PLACE.index[2]) * volume.spacing[1] < NODULE.diameter
    assert (heat > 0).mean() < 0.1, "the rest is transparent"


def test_blanking_what_the_map_marks_lowers_the_score_and_blanking_as_much_elsewhere_does_not(
    volume: Volume, heat: Bytes
) -> None:
    marked = heat >= 128
    aside = np.roll(marked, 60, axis=0)  # in the same lung, where nothing is

    whole = axial_logit(volume)

    assert axial_logit(blanked(volume, marked)) < whole - 2.0
    assert abs(axial_logit(blanked(volume, aside)) - whole) < 0.5


def test_two_findings_of_one_slice_share_its_map_and_none_has_none(volume: Volume, heat: Bytes) -> None:
    other = Place(PLACE.index + np.array([0.0, 0.0, 8.0]), 3.0)

    both = ask(volume, [PLACE, other])

    assert list(both) == [round(float(PLACE.index[0]))]
    assert (both[round(float(PLACE.index[0]))] >= heat).all()
    assert ask(volume, []) == {}


def test_where_no_plane_lies_in_the_slices_there_is_no_map(volume: Volume) -> None:
    assert ask(volume, [PLACE], PatchGeometry(planes=(CORONAL, SAGITTAL))) == {}


async def test_each_plane_is_judged_by_itself(volume: Volume) -> None:
    """So that a row may hold three pictures of the same plane."""
    predictor = EmbeddedPredictor(Path("triton_models"), 1)
    patch = to_input(volume.voxels, volume.affine, PLACE.index[None], np.array([PLACE.diameter]), FIRST_PLANES)

    logits = (await predictor.predict(MODEL, "1", {INPUT: patch}))[OUTPUT]
    turned = (await predictor.predict(MODEL, "1", {INPUT: patch[:, [2, 0, 1]]}))[OUTPUT]
    await predictor.close()

    np.testing.assert_allclose(turned, logits[:, [2, 0, 1]], atol=1e-4)
