import numpy as np
import pytest

from api.inference.lung_nodule import check_suitability, survey
from api.inference.picture_quality import PictureQuality, measure_quality, quality_warnings
from tests.api.inference.synthetic_chest import draw_chest, volume_of
from tests.api.inference.test_suitability import CHEST_CT


@pytest.mark.parametrize("more", [0, 40, 80, 160])
def test_noise_is_measured_in_soft_tissue_whatever_lies_beside_it(more: int) -> None:
    voxels = draw_chest().voxels
    own = measure_quality(voxels).noise
    noise = np.random.default_rng(7).normal(0, more, voxels.shape)

    measured = measure_quality((voxels + noise).astype(np.int16))

    assert own == pytest.approx(15, abs=1)
    assert measured.noise == pytest.approx(np.hypot(15, more), rel=0.03)
    assert measured.tissue == pytest.approx(40, abs=10)


def test_a_noisy_chest_and_one_with_shifted_values_are_read_with_a_warning() -> None:
    voxels = draw_chest().voxels
    noise = np.random.default_rng(7).normal(0, 80, voxels.shape)

    noisy = check_suitability(CHEST_CT, survey(volume_of((voxels + noise).astype(np.int16))))
    shifted = check_suitability(CHEST_CT, survey(volume_of((voxels + 140).astype(np.int16))))

    assert noisy.suitable
    assert [code for code, _ in noisy.warnings] == ["NOISY"]
    assert "81 HU" in noisy.warnings[0][1]
    assert shifted.suitable
    assert [code for code, _ in shifted.warnings] == ["UNUSUAL_CONTRAST"]
    assert "180 HU" in shifted.warnings[0][1]


def test_a_picture_without_soft_tissue_says_nothing() -> None:
    quality = measure_quality(np.full((3, 40, 40), -900, np.int16))

    assert quality == PictureQuality(None, None)
    assert quality_warnings(quality) == ()
