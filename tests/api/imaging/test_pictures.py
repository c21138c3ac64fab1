"""PNG and JPEG pictures: pixels, orientation, limits, identity."""

import zlib
from io import BytesIO
from struct import pack
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from api.errors import Rejected, RejectionCode
from api.imaging.pictures import is_picture, picture_instance, read_picture

RNG = np.random.default_rng(4)
ORIENTATION_TAG = 0x0112


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def pixels_of(content: bytes) -> NDArray[Any]:
    return read_picture(BytesIO(content))[0]


@pytest.mark.parametrize(
    ("shape", "dtype"), [((40, 30), "uint8"), ((40, 30), "uint16"), ((40, 30, 3), "uint8")], ids=["grey", "deep", "rgb"]
)
def test_png_pixels_are_kept(shape: tuple[int, ...], dtype: str) -> None:
    frame = RNG.integers(0, np.iinfo(dtype).max, shape, endpoint=True).astype(dtype)

    pixels, geometry = read_picture(BytesIO(written(Image.fromarray(frame), "PNG")))

    assert pixels.dtype == frame.dtype
    np.testing.assert_array_equal(pixels, frame)
    assert (geometry.rows, geometry.columns, geometry.samples_per_pixel) == (40, 30, len(shape) * 2 - 3)
    assert geometry.photometric == ("RGB" if len(shape) == 3 else "MONOCHROME2")
    assert geometry.position is None


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA"])
def test_every_png_becomes_grey_or_rgb(mode: str) -> None:
    picture = Image.fromarray(RNG.integers(0, 256, (12, 10, 3)).astype(np.uint8)).convert(mode)

    pixels = pixels_of(written(picture, "PNG"))

    assert pixels.dtype == np.uint8
    assert pixels.shape[:2] == (12, 10)


def test_transparency_lies_over_black() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 255, 255, 0))

    assert pixels_of(written(clear, "PNG")).max() == 0


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_comes_near(mode: str) -> None:
    picture = Image.linear_gradient("L").convert("RGB").convert(mode)

    pixels = pixels_of(written(picture, "JPEG", quality=95))

    assert pixels.ndim == (2 if mode == "L" else 3)
    assert np.abs(np.atleast_3d(pixels)[..., 0].astype(int) - np.arange(256)[:, None]).max() <= 6


# How a camera that holds an upright scene stores it (EXIF 2.32, table 6): the inverse of how it is shown.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED_AS)
def test_pictures_are_turned_upright(orientation: int) -> None:
    upright = np.zeros((32, 16), np.uint8)
    upright[:8, :8] = 255  # the corner that is to end up top left
    stored = Image.fromarray(upright).transpose(STORED_AS[orientation])
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation

    pixels, geometry = read_picture(BytesIO(written(stored, "JPEG", quality=95, exif=exif)))

    assert (geometry.rows, geometry.columns) == (32, 16)
    assert pixels[2:6, 2:6].min() > 200
    assert pixels[20:, 10:].max() < 50


def rejection(content: bytes, **limits: int) -> RejectionCode:
    with pytest.raises(Rejected) as caught:
        read_picture(BytesIO(content), **limits)
    return caught.value.code


def chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    header = chunk(b"IHDR", pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")

    assert rejection(bomb) is RejectionCode.TOO_LARGE
    assert rejection(written(Image.new("L", (20, 20)), "JPEG"), max_pixels=399) is RejectionCode.TOO_LARGE


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_cut_short_is_refused(kind: str) -> None:
    content = written(Image.fromarray(RNG.integers(0, 256, (64, 64)).astype(np.uint8)), kind)

    for length in (10, 30, len(content) // 2, len(content) - 40):
        assert rejection(content[:length]) is RejectionCode.CORRUPT


def test_what_a_file_is_is_read_from_its_bytes() -> None:
    assert is_picture(written(Image.new("L", (4, 4)), "PNG")[:8])
    assert is_picture(written(Image.new("L", (4, 4)), "JPEG")[:8])
    assert not is_picture(written(Image.new("L", (4, 4)), "BMP")[:8])
    assert rejection(written(Image.new("L", (4, 4)), "GIF")) is RejectionCode.NOT_AN_IMAGE


def test_the_same_picture_has_the_same_identifiers() -> None:
    _, geometry = read_picture(BytesIO(written(Image.new("RGB", (4, 4)), "PNG")))

    first = picture_instance("digest-a", "upload-1", geometry)
    beside = picture_instance("digest-b", "upload-1", geometry)
    elsewhere = picture_instance("digest-a", "upload-2", geometry)

    assert first == picture_instance("digest-a", "upload-1", geometry)
    assert (first.study_instance_uid, first.series_instance_uid) == (
        beside.study_instance_uid,
        beside.series_instance_uid,
    )
    assert first.sop_instance_uid != beside.sop_instance_uid
    assert first.sop_instance_uid == elsewhere.sop_instance_uid
    assert first.study_instance_uid != elsewhere.study_instance_uid
    assert first.sop_instance_uid.startswith("2.25.")
    assert len(first.study_instance_uid) <= 64
    assert (first.series.modality, first.unit, first.windows) == ("OT", None, ())
