"""Previews: size, aspect, grey, padding."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from api.imaging.frame_geometry import FrameGeometry
from api.imaging.preview import first_window, preview_size, preview_webp
from api.imaging.window import CT_PRESETS, VoiWindow

WINDOW = VoiWindow(None, 0, 400)


def geometry_of(frame: NDArray[Any], **changes: Any) -> FrameGeometry:
    described: dict[str, Any] = {
        "frame_number": 1,
        "rows": frame.shape[0],
        "columns": frame.shape[1],
        "bits_allocated": 8 * frame.dtype.itemsize,
        "bits_stored": 8 * frame.dtype.itemsize,
        "signed": frame.dtype.kind == "i",
        "photometric": "RGB" if frame.ndim == 3 else "MONOCHROME2",
        "samples_per_pixel": 3 if frame.ndim == 3 else 1,
    }
    return FrameGeometry(**(described | changes))


def drawn(frame: NDArray[Any], window: VoiWindow | None = WINDOW, **changes: Any) -> NDArray[np.uint8]:
    with Image.open(BytesIO(preview_webp(frame, geometry_of(frame, **changes), window))) as image:
        assert image.format == "WEBP"
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    ("rows", "columns", "spacing", "size"),
    [
        (512, 512, (0.7, 0.7), (256, 256)),
        (1024, 512, (1, 1), (128, 256)),
        (100, 60, (1, 1), (60, 100)),
        (300, 300, (2, 1), (128, 256)),
        (133, 512, (2.5, 0.7), (256, 238)),
        (1, 5000, (1, 1), (256, 1)),
        (40, 40, (None, None), (40, 40)),
    ],
)
def test_the_longest_edge_fits_and_the_aspect_is_the_patients(
    rows: int, columns: int, spacing: tuple[float | None, float | None], size: tuple[int, int]
) -> None:
    frame = np.zeros((rows, columns), np.uint8)

    geometry = geometry_of(frame, row_spacing=spacing[0], column_spacing=spacing[1])

    assert preview_size(geometry) == size
    assert drawn(frame, row_spacing=spacing[0], column_spacing=spacing[1]).shape[1::-1] == size


def test_grey_is_that_of_the_window_after_rescaling() -> None:
    frame = np.zeros((512, 512), np.uint16)
    frame[:, 256:] = 1024

    picture = drawn(frame, rescale_slope=1.0, rescale_intercept=-1024.0)

    assert picture[:, 40].max() <= 3
    assert np.abs(picture[:, 220].astype(int) - 128).max() <= 4


def test_padding_is_black_and_inverted_grey_is_turned() -> None:
    frame = np.full((64, 64), 1000, np.int16)
    frame[:, 32:] = -2000

    picture = drawn(frame, photometric="MONOCHROME1", padding_value=-2000)
    unpadded = drawn(frame, photometric="MONOCHROME1")

    assert picture.max() <= 4
    assert unpadded[:, 50].min() >= 250


def test_fine_detail_is_averaged() -> None:
    frame = np.zeros((512, 512), np.int16)
    frame[:, ::2], frame[:, 1::2] = -1000, 1000

    assert np.abs(drawn(frame).astype(int) - 128).max() <= 4


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_frames_without_a_window_use_their_own_range(dtype: str) -> None:
    frame = np.tile(np.linspace(1, 100, 64).astype(dtype), (64, 1))

    picture = drawn(frame, None)

    assert picture[:, 0].max() <= 12
    assert picture[:, -1].min() >= 240


def test_colour_stays_colour() -> None:
    frame = np.zeros((300, 300, 3), np.uint8)
    frame[..., 0] = 200

    picture = drawn(frame)

    assert np.abs(picture.astype(int) - (200, 0, 0)).max() <= 6


def test_the_first_window_is_the_scanners_else_the_modalitys() -> None:
    assert first_window((WINDOW,), "CT") == WINDOW
    assert first_window((), "CT") == CT_PRESETS[0]
    assert first_window((), "MR") is None
