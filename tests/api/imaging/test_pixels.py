"""Pixels of every transfer syntax: files with known pixels written here, and pydicom's own test files."""

import io
import threading
import warnings
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
)

from api.imaging.pixels import pixel_digest
from tests.api.imaging.dicom_writer import as_file, ct_data_set, encapsulated, without_preamble
from tests.api.imaging.pictures import CODINGS, Frame, decode, fitting, jpeg_ls, rejection, textured

PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"


GREY_TYPES = [("u1", 8), ("i1", 8), ("u2", 16), ("i2", 16), ("u2", 12), ("i2", 12), ("u2", 1), ("i2", 9)]
grey_types = pytest.mark.parametrize(("dtype", "bits"), GREY_TYPES, ids=[f"{kind}-{bits}" for kind, bits in GREY_TYPES])


@grey_types
@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian], ids=lambda uid: uid.name
)
def test_uncompressed_pixels_come_out_as_they_went_in(dtype: str, bits: int, syntax: str) -> None:
    frame = textured(dtype, bits)

    (decoded,) = decode(as_file(ct_data_set(1, (0, 0, 0), pixels=frame, **fitting(frame, bits)), syntax))

    assert decoded.dtype == frame.dtype
    np.testing.assert_array_equal(decoded, frame)


@grey_types
def test_big_endian_pixels_come_out_in_native_order(dtype: str, bits: int) -> None:
    frame = textured(dtype, bits)
    data_set = ct_data_set(1, (0, 0, 0), pixels=frame, **fitting(frame, bits))
    raw = frame.astype(frame.dtype.newbyteorder(">")).tobytes()
    data_set.PixelData = raw + b"\0" * (len(raw) % 2)
    data_set["PixelData"].VR = "OB" if frame.dtype.itemsize == 1 else "OW"

    (decoded,) = decode(as_file(data_set, ExplicitVRBigEndian))

    assert decoded.dtype == frame.dtype
    assert decoded.dtype.isnative
    np.testing.assert_array_equal(decoded, frame)


def test_8_bit_pixels_in_big_endian_words_are_swapped_back() -> None:
    frames = [textured("u1", 8, (3, 3)) for _ in range(3)]
    raw = b"".join(frame.tobytes() for frame in frames) + b"\0"
    data_set = ct_data_set(1, None, None, pixels=frames[0], NumberOfFrames=3)
    data_set.PixelData = np.frombuffer(raw, "<u2").astype(">u2").tobytes()
    data_set["PixelData"].VR = "OW"

    decoded = decode(as_file(data_set, ExplicitVRBigEndian))

    np.testing.assert_array_equal(decoded, frames)


@grey_types
@pytest.mark.parametrize("coding", CODINGS)
def test_losslessly_compressed_pixels_come_out_as_they_went_in(coding: str, dtype: str, bits: int) -> None:
    frame = textured(dtype, bits)
    syntax, encode = CODINGS[coding]

    content = encapsulated(
        ct_data_set(1, (0, 0, 0), pixels=frame), [encode(frame, bits)], syntax, **fitting(frame, bits)
    )

    (decoded,) = decode(content)
    assert decoded.dtype == frame.dtype
    np.testing.assert_array_equal(decoded, frame)


@pytest.mark.parametrize("coding", ["uncompressed fragments", "RLE", "JPEG-LS", "JPEG 2000", "HTJ2K"])
def test_compressed_colour_comes_out_as_it_went_in(coding: str) -> None:
    frame = textured("u1", 8, (16, 12, 3))
    syntax, encode = CODINGS[coding]

    (decoded,) = decode(encapsulated(ct_data_set(1, pixels=frame), [encode(frame, 8)], syntax))

    np.testing.assert_array_equal(decoded, frame)


def test_lossy_jpeg_comes_near() -> None:
    row, column = np.mgrid[:64, :48]
    grey = (row + column).astype(np.uint8)
    deep = (row * 30 + column * 20).astype(np.uint16)

    (eight,) = decode(
        encapsulated(ct_data_set(1, pixels=grey), [bytes(imagecodecs.jpeg8_encode(grey, level=95))], JPEGBaseline8Bit)
    )
    twelve_bits = bytes(imagecodecs.jpeg8_encode(deep, level=95, bitspersample=12))
    (twelve,) = decode(
        encapsulated(ct_data_set(1, pixels=deep), [twelve_bits], JPEGExtended12Bit, BitsStored=12, HighBit=11)
    )

    assert np.abs(eight.astype(int) - grey).max() <= 3
    assert twelve.dtype == np.uint16
    assert np.abs(twelve.astype(int) - deep).max() <= 40


def test_progressive_jpeg_decodes() -> None:
    grey = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (64, 1))
    target = BytesIO()
    Image.fromarray(grey).save(target, "JPEG", quality=95, progressive=True)

    (decoded,) = decode(encapsulated(ct_data_set(1, pixels=grey), [target.getvalue()], "1.2.840.10008.1.2.4.55"))

    assert np.abs(decoded.astype(int) - grey).max() <= 3


def test_unused_bits_are_dropped_and_signs_extended() -> None:
    values = np.array([[-2048, -1], [0, 2047]], dtype=np.int16)
    overlay = (values & 0x0FFF) | np.array([[0x1000, 0x7000], [-0x8000, 0x3000]], dtype=np.int16)

    (decoded,) = decode(as_file(ct_data_set(1, pixels=overlay, BitsStored=12, HighBit=11)))

    np.testing.assert_array_equal(decoded, values)


def test_a_high_bit_above_the_stored_bits_shifts_the_values_down() -> None:
    values = np.array([[0, 1], [2000, 4095]], dtype=np.uint16)

    (decoded,) = decode(as_file(ct_data_set(1, pixels=values << 4, BitsStored=12, HighBit=15)))

    np.testing.assert_array_equal(decoded, values)


def test_planar_colour_and_ybr_become_rgb() -> None:
    frame = textured("u1", 8, (6, 4, 3))
    planar = ct_data_set(1, pixels=frame, PlanarConfiguration=1)
    planar.PixelData = np.moveaxis(frame, -1, 0).tobytes()
    red_as_ybr = np.tile(np.array([76, 85, 255], dtype=np.uint8), (4, 4, 1))
    ybr = ct_data_set(1, pixels=red_as_ybr, PhotometricInterpretation="YBR_FULL")

    np.testing.assert_array_equal(decode(as_file(planar))[0], frame)
    assert np.abs(decode(as_file(ybr))[0].astype(int) - (255, 0, 0)).max() <= 1


@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_of_8_and_16_bits_become_rgb(bits: int) -> None:
    indices = np.array([[9, 10], [11, 200]], dtype=np.uint8)  # the table starts at 10 and ends at 12
    colours = {"Red": [255, 0, 7], "Green": [0, 255, 8], "Blue": [1, 2, 9]}
    data_set = ct_data_set(1, pixels=indices, PhotometricInterpretation="PALETTE COLOR")
    for colour, entries in colours.items():
        keyword = f"{colour}PaletteColorLookupTable"
        data_set.add_new(f"{keyword}Descriptor", "US", [3, 10, bits])
        values = np.array(entries, "<u2") << 8 if bits == 16 else np.array([*entries, 0], "u1")
        data_set.add_new(f"{keyword}Data", "OW", values.tobytes())

    (decoded,) = decode(as_file(data_set))

    assert decoded.tolist() == [[[255, 0, 1], [255, 0, 1]], [[0, 255, 2], [7, 8, 9]]]


def test_a_palette_without_its_table_is_refused() -> None:
    content = as_file(ct_data_set(1, pixels=np.zeros((2, 2), np.uint8), PhotometricInterpretation="PALETTE COLOR"))

    assert "colour table is missing" in rejection(content).message


NOT_DECODED_BY_PYDICOM = {"JPEG-lossy.dcm", "JPGExtended.dcm"}
PYDICOM_CASES = [
    *("693_J2KI.dcm", "CT_small.dcm", "ExplVR_BigEnd.dcm", "GDCMJ2K_TextGBR.dcm", "J2K_pixelrep_mismatch.dcm"),
    *("JPEG2000.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_expb.dcm"),
    *("MR_small_implicit.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_padded.dcm"),
    *("SC_jpeg_no_color_transform.dcm", "SC_jpeg_no_color_transform_2.dcm", "SC_rgb_dcmtk_+eb+cr.dcm"),
    *("SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_+eb+cy+n2.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm"),
    *("SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_dcmtk_+eb+cy+s4.dcm", "SC_rgb_gdcm_KY.dcm", "SC_rgb_jpeg.dcm"),
    *("SC_rgb_jpeg_app14_dcmd.dcm", "SC_rgb_jpeg_dcmd.dcm", "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg_gdcm.dcm"),
    *("SC_rgb_jpeg_lossy_gdcm.dcm", "SC_rgb_rle.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_small_odd.dcm"),
    *("SC_rgb_small_odd_big_endian.dcm", "SC_rgb_small_odd_jpeg.dcm", "SC_ybr_full_422_uncompressed.dcm"),
    *("examples_jpeg2k.dcm", "examples_overlay.dcm", "examples_palette.dcm", "examples_rgb_color.dcm"),
    *("examples_ybr_color.dcm", "image_dfl.dcm"),
]


@pytest.mark.parametrize("name", PYDICOM_CASES)
def test_files_of_many_writers_decode_as_another_reader_decodes_them(name: str) -> None:
    content = (PYDICOM_FILES / name).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of what is odd in its own test files
        data_set = pydicom.dcmread(io.BytesIO(content))
        expected = data_set.pixel_array
        if data_set.PhotometricInterpretation == "PALETTE COLOR":
            expected = (apply_color_lut(expected, data_set) >> 8).astype(np.uint8)

    frames = decode(content)

    np.testing.assert_array_equal(frames if len(frames) > 1 else frames[0], expected)


@pytest.mark.parametrize("name", sorted(NOT_DECODED_BY_PYDICOM))
def test_12_bit_jpeg_decodes(name: str) -> None:
    (frame,) = decode((PYDICOM_FILES / name).read_bytes())

    assert frame.dtype == np.uint16
    assert frame.shape == (1024, 256)
    assert 0 < frame.max() < 4096


def several_frames() -> list[Frame]:
    return [textured("u2", 12, (16, 16)) for _ in range(3)]


def test_frames_over_several_fragments_are_told_apart_by_the_offset_tables() -> None:
    frames = several_frames()
    streams = [jpeg_ls(frame, 16) for frame in frames]
    data_set = ct_data_set(1, None, None, pixels=frames[0], NumberOfFrames=3)
    data_set.PixelData = encapsulate(streams, fragments_per_frame=2)
    data_set["PixelData"].VR, data_set["PixelData"].is_undefined_length = "OB", True
    basic = as_file(data_set, JPEGLSLossless)
    data_set.PixelData, data_set.ExtendedOffsetTable, data_set.ExtendedOffsetTableLengths = encapsulate_extended(
        streams
    )
    extended = as_file(data_set, JPEGLSLossless)

    np.testing.assert_array_equal(decode(basic), frames)
    np.testing.assert_array_equal(decode(extended), frames)


def test_frames_over_several_fragments_without_a_table_are_told_apart_by_their_ends() -> None:
    frames = several_frames()
    data_set = ct_data_set(1, None, None, pixels=frames[0], NumberOfFrames=3)
    data_set.PixelData = encapsulate([jpeg_ls(frame, 16) for frame in frames], fragments_per_frame=2, has_bot=False)
    data_set["PixelData"].VR, data_set["PixelData"].is_undefined_length = "OB", True

    np.testing.assert_array_equal(decode(as_file(data_set, JPEGLSLossless)), frames)


def test_a_file_without_preamble_and_meta_decodes() -> None:
    frame = textured("i2", 16)

    for implicit, little_endian in ((True, True), (False, True)):
        content = without_preamble(
            ct_data_set(1, (0, 0, 0), pixels=frame), implicit=implicit, little_endian=little_endian
        )
        np.testing.assert_array_equal(decode(content)[0], frame)


def test_the_digest_tells_pixels_and_not_files_apart() -> None:
    frame = textured("i2", 16)
    plain = as_file(ct_data_set(1, (0, 0, 0), pixels=frame))
    compressed = encapsulated(ct_data_set(9, (5, 5, 5), pixels=frame), [CODINGS["HTJ2K"][1](frame, 16)], HTJ2KLossless)
    other = as_file(ct_data_set(1, (0, 0, 0), pixels=frame + 1))

    assert pixel_digest(decode(plain)) == pixel_digest(decode(compressed))
    assert pixel_digest(decode(plain)) != pixel_digest(decode(other))
    assert pixel_digest([frame]) != pixel_digest([frame.reshape(31, 33)])
    assert len(pixel_digest([frame])) == 64


def test_several_threads_decode_at_once() -> None:
    frames = [textured("u2", 16) for _ in range(8)]
    contents = [
        encapsulated(ct_data_set(1, pixels=frame), [encode(frame, 16)], syntax)
        for frame, (syntax, encode) in zip(frames, CODINGS.values(), strict=True)
    ]
    decoded: dict[int, Frame] = {}

    def work(index: int) -> None:
        for _ in range(10):
            (decoded[index],) = decode(contents[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(decoded[index], frame)
