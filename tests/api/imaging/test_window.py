"""Windows by the Standard's own numbers."""

import numpy as np
import pytest

from api.imaging.window import apply_window, full_range, presets


def reference(value: float, center: float, width: float) -> int:
    """PS3.3 C.11.2.1.2.1, word for word, with y from 0 to 255."""
    if value <= center - 0.5 - (width - 1) / 2:
        return 0
    if value > center - 0.5 + (width - 1) / 2:
        return 255
    return int(np.rint(((value - (center - 0.5)) / (width - 1) + 0.5) * 255))


@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600, 1500), (2048, 4096), (0, 1), (0, 2), (10.5, 33)])
def test_grey_follows_the_standard(center: float, width: float) -> None:
    values = np.arange(-1500, 5000, 7)

    grey = apply_window(values, center, width)

    assert grey.dtype == np.uint8
    assert grey.tolist() == [reference(float(value), center, width) for value in values]


def test_the_standards_example_holds() -> None:
    """C.11.2.1.2.1: c=2048, w=4096 maps 0 to the darkest and 4095 to the brightest."""
    assert apply_window(np.array([0, 4095, 4096, -1]), 2048, 4096).tolist() == [0, 255, 255, 0]


def test_inverted_grey_is_the_complement() -> None:
    values = np.arange(-200, 300)

    np.testing.assert_array_equal(apply_window(values, 40, 400, invert=True), 255 - apply_window(values, 40, 400))


def test_a_width_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        apply_window(np.zeros(3), 0, 0.5)


def test_ct_has_presets_and_other_modalities_their_own_range() -> None:
    assert ("Lung", -600, 1500) in [(window.name, window.center, window.width) for window in presets("CT")]
    assert presets("MR") == ()


def test_the_full_range_leaves_padding_out() -> None:
    values = np.concatenate([np.full(500, -2000), np.arange(1000)])

    window = full_range(values, padding=-2000)

    assert window.center == pytest.approx(500, abs=15)
    assert window.width == pytest.approx(1000, abs=30)
    assert full_range(np.full(4, 7)).width == 1
    assert full_range(np.full(4, 7), padding=7).width == 1
