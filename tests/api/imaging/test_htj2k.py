"""The stored form of frames gives back every value."""

from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from api.imaging import htj2k

SHAPES = [(512, 512), (1, 64), (64, 1), (1, 1), (3, 5), (33, 31)]
TYPES = ["uint8", "int8", "uint16", "int16"]


def frames(dtype: str, shape: tuple[int, ...]) -> list[NDArray[Any]]:
    limits, rng = np.iinfo(dtype), np.random.default_rng(2)
    noise = rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    ends = np.where(noise > noise.mean(), limits.max, limits.min).astype(dtype)
    return [noise, ends, np.full(shape, limits.min, dtype), np.full(shape, limits.max, dtype)]


def read_by_another_decoder(codestream: bytes) -> NDArray[Any]:
    return imagecodecs.jpeg2k_decode(codestream)  # OpenJPEG


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", TYPES)
def test_grey_frames_are_given_back_exactly(dtype: str, shape: tuple[int, int]) -> None:
    for frame in frames(dtype, shape):
        codestream = htj2k.encode(frame)

        decoded = htj2k.decode(codestream)

        assert decoded.dtype == (np.int16 if dtype == "int8" else dtype)
        np.testing.assert_array_equal(decoded, frame)
        np.testing.assert_array_equal(read_by_another_decoder(codestream), frame)


@pytest.mark.parametrize("shape", [(64, 48, 3), (5, 3, 3), (1, 7, 3)], ids=str)
def test_colour_frames_are_given_back_exactly(shape: tuple[int, int, int]) -> None:
    for frame in frames("uint8", shape):
        codestream = htj2k.encode(frame)

        np.testing.assert_array_equal(htj2k.decode(codestream), frame)
        np.testing.assert_array_equal(read_by_another_decoder(codestream), frame)


@pytest.mark.parametrize("bits", range(1, 17))
def test_every_number_of_stored_bits_is_kept(bits: int) -> None:
    rng = np.random.default_rng(bits)
    unsigned = rng.integers(0, 2**bits, (40, 30)).astype(np.uint16)
    signed = (unsigned.astype(np.int32) - 2 ** (bits - 1)).astype(np.int16)
    signed[0] = -2048

    for frame in (unsigned, signed):
        np.testing.assert_array_equal(htj2k.decode(htj2k.encode(frame)), frame)


def test_views_that_are_not_contiguous_are_stored() -> None:
    frame = np.arange(600, dtype=np.int16).reshape(20, 30)

    np.testing.assert_array_equal(htj2k.decode(htj2k.encode(frame[::2, ::-1])), frame[::2, ::-1])


def test_a_bare_codestream_is_written() -> None:
    assert htj2k.encode(np.zeros((4, 4), np.uint8)).startswith(b"\xff\x4f\xff\x51")


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((4, 4), np.int32),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4), np.uint8),
    ],
    ids=["int32", "rgb16", "rgba", "empty"],
)
def test_other_arrays_are_not_stored(frame: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="are not stored"):
        htj2k.encode(frame)


def test_what_is_no_codestream_is_told() -> None:
    with pytest.raises(ValueError, match="no HTJ2K"):
        htj2k.decode(b"no codestream at all")
