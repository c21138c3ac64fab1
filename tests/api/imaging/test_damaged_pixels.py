"""Pixels that are damaged, cut short or not what the file says."""

from contextlib import suppress

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless

from api.errors import Rejected, RejectionCode
from tests.api.imaging.dicom_writer import as_file, ct_data_set, encapsulated
from tests.api.imaging.pictures import CODINGS, decode, jpeg_ls, rejection, textured


def test_pixels_cut_short_are_refused() -> None:
    frame = textured("u2", 16, (64, 64))
    plain = as_file(ct_data_set(1, pixels=frame))
    deflated = as_file(ct_data_set(1, pixels=frame), DeflatedExplicitVRLittleEndian)
    compressed = encapsulated(ct_data_set(1, pixels=frame), [jpeg_ls(frame, 16)], JPEGLSLossless)

    for content in (plain, deflated, compressed):
        assert rejection(content[: len(content) * 3 // 4]).code is RejectionCode.CORRUPT


@pytest.mark.parametrize("coding", CODINGS)
def test_a_codestream_of_another_size_is_refused_before_it_is_decoded(coding: str) -> None:
    small, large = textured("u2", 16, (8, 8)), textured("u2", 16, (64, 64))
    syntax, encode = CODINGS[coding]

    content = encapsulated(ct_data_set(1, pixels=small), [encode(large, 16)], syntax)

    assert rejection(content).code is RejectionCode.CORRUPT


@pytest.mark.parametrize("coding", CODINGS)
def test_a_damaged_codestream_is_refused_or_decodes_but_never_crashes(coding: str) -> None:
    frame = textured("u2", 16, (16, 16))
    syntax, encode = CODINGS[coding]
    stream = encode(frame, 16)
    rng = np.random.default_rng(3)

    for _ in range(60):
        damaged = bytearray(stream)
        for place in rng.integers(0, len(stream), 4):
            damaged[place] = rng.integers(256)
        content = encapsulated(ct_data_set(1, pixels=frame), [bytes(damaged)], syntax)
        with suppress(Rejected):
            (decoded,) = decode(content)
            assert decoded.shape == frame.shape


def test_fewer_frames_than_said_are_refused() -> None:
    frame = textured("u2", 16)
    content = encapsulated(ct_data_set(1, pixels=frame), [jpeg_ls(frame, 16)], JPEGLSLossless, NumberOfFrames=2)

    assert "2 frames" in rejection(content).message
