"""Frames of noise and structure, and their codings."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import (
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from api.errors import Rejected
from api.imaging.instance import read_instance
from api.imaging.pixels import iter_frames

RNG = np.random.default_rng(11)
Frame = NDArray[Any]


def decode(content: bytes) -> list[Frame]:
    file = BytesIO(content)
    return list(iter_frames(file, read_instance(file)))


def textured(dtype: str, bits: int, shape: tuple[int, ...] = (33, 31)) -> Frame:
    """Values over the whole range of `bits`, with runs and both ends."""
    kind = np.dtype(dtype)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind.kind == "i" else (0, 2**bits - 1)
    frame = RNG.integers(low, high, shape, endpoint=True)
    frame[1:3] = low
    frame[-1, :9] = high
    return frame.astype(kind)


def fitting(frame: Frame, bits: int) -> dict[str, Any]:
    return {"BitsStored": bits, "HighBit": bits - 1}


def jpeg_lossless(frame: Frame, bits: int, predictor: int) -> bytes:
    precision = bits if bits > 8 else 8 * frame.dtype.itemsize
    unsigned = frame.view(f"u{frame.dtype.itemsize}") & (2**precision - 1)
    return bytes(imagecodecs.jpeg8_encode(unsigned, lossless=True, bitspersample=precision, predictor=predictor))


def jpeg_ls(frame: Frame, bits: int) -> bytes:
    unsigned = np.ascontiguousarray(frame.view(f"u{frame.dtype.itemsize}"))
    return bytes(imagecodecs.jpegls_encode(unsigned))


def rle(frame: Frame) -> bytes:
    description = {
        "rows": frame.shape[0],
        "columns": frame.shape[1],
        "samples_per_pixel": 1 if frame.ndim == 2 else 3,
        "bits_allocated": 8 * frame.dtype.itemsize,
        "bits_stored": 8 * frame.dtype.itemsize,
        "pixel_representation": int(frame.dtype.kind == "i"),
        "photometric_interpretation": "MONOCHROME2" if frame.ndim == 2 else "RGB",
        "number_of_frames": 1,
        "planar_configuration": 0,
    }
    return RLELosslessEncoder.encode(frame, encoding_plugin="pydicom", **description)


def padded(frame: Frame) -> bytes:
    return frame.tobytes() + b"\0" * (frame.nbytes % 2)


CODINGS: dict[str, tuple[str, Callable[[Frame, int], bytes]]] = {
    "uncompressed fragments": ("1.2.840.10008.1.2.1.98", lambda frame, bits: padded(frame)),
    "RLE": (RLELossless, lambda frame, bits: rle(frame)),
    "JPEG lossless": (JPEGLossless, lambda frame, bits: jpeg_lossless(frame, bits, 4)),
    "JPEG lossless SV1": (JPEGLosslessSV1, lambda frame, bits: jpeg_lossless(frame, bits, 1)),
    "JPEG-LS": (JPEGLSLossless, jpeg_ls),
    "JPEG 2000": (
        JPEG2000Lossless,
        lambda frame, bits: bytes(imagecodecs.jpeg2k_encode(frame, level=0, codecformat="j2k", reversible=True)),
    ),
    "HTJ2K": (HTJ2KLossless, lambda frame, bits: bytes(imagecodecs.htj2k_encode(frame, reversible=True))),
    "HTJ2K RPCL": (HTJ2KLosslessRPCL, lambda frame, bits: bytes(imagecodecs.htj2k_encode(frame, reversible=True))),
}


def rejection(content: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        decode(content)
    return caught.value
