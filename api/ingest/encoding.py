"""One instance, read and encoded frame by frame: lossless codestreams, previews, and the digest of its values.

Blocking: runs in threads. Not for: rows and objects (`filing`, `storing`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from api.errors import Rejected, RejectionCode
from api.imaging import htj2k
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.instance import Instance, is_dicom, is_media_directory, read_instance
from api.imaging.pictures import is_picture, picture_instance, read_picture
from api.imaging.pixels import extend_digest, iter_frames, pixel_digest
from api.imaging.preview import first_window, preview_webp
from api.imaging.window import VoiWindow, full_range
from api.settings import Settings

HEAD_BYTES = 1024
FULL_RANGE = "Full range"
COLOUR = VoiWindow(None, 128, 256)  # as it is


@dataclass(frozen=True)
class Source:
    """An instance whose header is read; `frames` decodes when iterated."""

    instance: Instance
    frames: Iterator[NDArray[Any]]


@dataclass(frozen=True)
class EncodedFrame:
    geometry: FrameGeometry
    codestream: bytes  # image/jphc
    preview: bytes  # image/webp


class MediaDirectory(Exception):
    """A DICOMDIR: an index of the others, nothing to keep."""


def open_source(file: BinaryIO, owner: str, scope: str, settings: Settings) -> Source:
    """Raises Rejected, MediaDirectory.

    Pictures have no identity of their own. owner: within whose pictures the same one is the same instance, so that
    nobody meets another's; scope: what belongs together in one study.
    """
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if is_picture(head):
        values, geometry = read_picture(file, max_pixels=settings.picture_pixels)
        digest = pixel_digest([values])
        return Source(picture_instance(f"{owner}/{digest}", scope, geometry), _picture(file, settings.picture_pixels))
    if not is_dicom(head):
        raise Rejected(
            RejectionCode.NOT_AN_IMAGE,
            "It is neither DICOM nor a PNG or JPEG picture. Send the files as the scanner wrote them.",
        )
    if is_media_directory(file):
        raise MediaDirectory
    file.seek(0)
    instance = read_instance(file, max_frames=settings.instance_frames, max_pixel_bytes=settings.instance_pixel_bytes)
    return Source(instance, iter_frames(file, instance))


def _picture(file: BinaryIO, max_pixels: int) -> Iterator[NDArray[Any]]:
    """The picture's one frame, decoded again: a wave waits with headers, not with pixels."""
    yield read_picture(file, max_pixels=max_pixels)[0]


class Encoder:
    """Encodes the frames of one source in order, and digests their stored values on the way."""

    def __init__(self, source: Source, window: VoiWindow | None) -> None:
        self._source = source
        self._geometries = iter(source.instance.frames)
        self._digest = hashlib.sha256()
        self.window = window or series_window(source.instance)

    def encode_next(self) -> EncodedFrame | None:
        """The next frame; None after the last. Raises Rejected where it cannot be decoded."""
        values = next(self._source.frames, None)
        if values is None:
            return None
        geometry = next(self._geometries)
        extend_digest(self._digest, values)
        if self.window is None:
            measured = values if geometry.padding_value is None else values[values != geometry.padding_value]
            self.window = replace(full_range(rescaled(measured, geometry)), name=FULL_RANGE)
        return EncodedFrame(geometry, htj2k.encode(values), preview_webp(values, geometry, self.window))

    @property
    def pixel_digest(self) -> str:
        """SHA-256 of all frames encoded so far: shape, type and stored values."""
        return self._digest.hexdigest()


def series_window(instance: Instance) -> VoiWindow | None:
    """What previews are drawn under; None where only the values can tell. Colour needs none."""
    if instance.frames[0].samples_per_pixel != 1:
        return COLOUR
    return first_window(instance.windows, instance.series.modality)


def rescaled(values: NDArray[Any], geometry: FrameGeometry) -> NDArray[np.float32]:
    slope = 1.0 if geometry.rescale_slope is None else geometry.rescale_slope
    return values.astype(np.float32) * np.float32(slope) + np.float32(geometry.rescale_intercept or 0.0)
