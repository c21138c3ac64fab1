"""Headers: what is read, what is forgiven, what is refused."""

import tracemalloc
import zlib
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from api.errors import Rejected, RejectionCode
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.instance import Instance, is_dicom, is_media_directory, read_instance
from api.imaging.window import VoiWindow
from tests.api.imaging.dicom_writer import as_file, change, ct_data_set, stored_values, without_preamble

TEST_FILES = Path(pydicom.__file__).parent / "data" / "test_files"


def read(content: bytes, **limits: int) -> Instance:
    return read_instance(BytesIO(content), **limits)


def rejection(content: bytes, **limits: int) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(content, **limits)
    return caught.value


def placed(**attributes: Any) -> Dataset:
    return ct_data_set(1, (1.5, -2, 3.25), **attributes)


def test_identity_study_and_series_are_read() -> None:
    instance = read(
        as_file(
            placed(
                IssuerOfPatientID="Hospital",
                PatientBirthDate="19600229",
                PatientSex="F",
                StudyDescription="CT Thorax",
                AccessionNumber="A1",
                StudyDate="20260102",
                StudyTime="131415.5",
                SeriesNumber=4,
                SeriesDescription="lung",
                BodyPartExamined="CHEST",
            )
        )
    )

    assert (instance.study_instance_uid, instance.series_instance_uid) == ("2.25.1", "2.25.2")
    assert (instance.patient.name, instance.patient.patient_id) == ("Doe^Jane", "P1")
    assert (instance.patient.issuer, instance.patient.sex) == ("Hospital", "F")
    assert instance.patient.birth_date == date(1960, 2, 29)
    assert instance.study.started_at == datetime(2026, 1, 2, 13, 14, 15, 500000)
    assert (instance.study.description, instance.study.accession_number) == ("CT Thorax", "A1")
    assert (instance.series.number, instance.series.modality, instance.series.body_part) == (4, "CT", "CHEST")
    assert instance.series.frame_of_reference_uid == "2.25.3"


def test_geometry_is_read() -> None:
    (frame,) = read(as_file(placed())).frames

    assert (frame.position, frame.row_direction, frame.column_direction) == ((1.5, -2, 3.25), (1, 0, 0), (0, 1, 0))
    assert (frame.row_spacing, frame.column_spacing, frame.slice_thickness) == (0.8, 0.5, 5.0)
    assert (frame.rows, frame.columns, frame.bits_stored, frame.signed) == (8, 6, 16, False)
    assert (frame.rescale_slope, frame.rescale_intercept) == (1, -1024)


def test_geometry_survives_a_json_column() -> None:
    (frame,) = read(as_file(placed(AcquisitionNumber=2, TriggerTime=12.5))).frames

    assert FrameGeometry.from_json(frame.as_json()) == frame


def test_windows_are_read_as_the_scanner_wrote_them() -> None:
    several = placed(
        WindowCenter=[-600, 40, 3], WindowWidth=[1500, 400, 0], WindowCenterWidthExplanation=["LUNG", "", "none"]
    )

    assert read(as_file(several)).windows == (VoiWindow("LUNG", -600, 1500), VoiWindow(None, 40, 400))
    assert read(as_file(placed())).windows == ()


@pytest.mark.parametrize(
    ("attributes", "unit"),
    [
        ({}, "HU"),
        ({"RescaleType": "HU"}, "HU"),
        ({"RescaleType": "US"}, None),
        ({"RescaleSlope": None, "RescaleIntercept": None}, None),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, None),
        ({"Modality": "MR"}, None),
    ],
)
def test_the_unit_is_hounsfield_for_rescaled_ct_only(attributes: dict[str, Any], unit: str | None) -> None:
    assert read(as_file(placed(**attributes))).unit == unit


@pytest.mark.parametrize(
    ("implicit", "little_endian"), [(True, True), (False, True), (False, False)], ids=["implicit", "explicit", "big"]
)
def test_files_without_preamble_are_dicom(implicit: bool, little_endian: bool) -> None:
    content = without_preamble(placed(PixelData=b"\0" * 96), implicit=implicit, little_endian=little_endian)

    assert is_dicom(content[:132])
    assert read(content).frames[0].position == (1.5, -2, 3.25)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 400,
        b"%PDF-1.7 " * 50,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        b"PK\x03\x04" + b"x" * 300,
        b"\x08\0" * 99,
    ],
)
def test_other_files_are_no_dicom(content: bytes) -> None:
    assert not is_dicom(content[:132])
    assert rejection(content).code is RejectionCode.NOT_AN_IMAGE


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_every_layout_of_a_data_set_reads_alike(syntax: str) -> None:
    plain = read(as_file(placed(PatientName="Müller^Eva", SpecificCharacterSet="ISO_IR 100")))
    other = read(as_file(placed(PatientName="Müller^Eva", SpecificCharacterSet="ISO_IR 100"), syntax))

    assert (other.patient, other.frames, other.series) == (plain.patient, plain.frames, plain.series)


def test_a_mislabelled_transfer_syntax_is_seen_through() -> None:
    implicit = as_file(placed(), ImplicitVRLittleEndian)

    mislabelled = implicit.replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0")
    length = implicit.index(b"1.2.840.10008.1.2\0") - 2
    mislabelled = mislabelled[:length] + b"\x14\0" + mislabelled[length + 2 :]

    assert read(mislabelled).frames[0].position == (1.5, -2, 3.25)


@pytest.mark.parametrize(
    ("character_set", "raw", "name"),
    [
        (b"ISO_IR 192", "Οδυσσεύς^Α".encode(), "Οδυσσεύς^Α"),
        (b"", "Müller^Eva".encode(), "Müller^Eva"),
        (b"", "Müller^Eva".encode("latin-1"), "Müller^Eva"),
        (b"ISO_IR 144", "Иванов".encode("iso-8859-5"), "Иванов"),
        (b"NO SUCH SET", b"Doe^Jane", "Doe^Jane"),
        (b"\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B", "Yamada^Tarou=山田"),
        (b"", b"Doe\0^Jane \0", "Doe^Jane"),
    ],
)
def test_names_are_read_in_any_character_set(character_set: bytes, raw: bytes, name: str) -> None:
    data_set = placed()
    content = without_preamble(change(data_set, PatientName=None, PixelData=b"\0" * 96), implicit=True)
    odd = element(0x00080005, character_set) + content
    at = odd.index(b"\x10\0\x20\0")  # Patient ID, which the name comes before

    instance = read(odd[:at] + element(0x00100010, raw) + odd[at:])

    assert instance.patient.name == name


def element(tag: int, value: bytes) -> bytes:
    """Implicit little endian."""
    padded = value + b" " * (len(value) % 2)
    head = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")
    return head + len(padded).to_bytes(4, "little") + padded


def test_odd_values_are_forgiven() -> None:
    content = as_file(placed(PatientBirthDate="19600101", InstanceNumber=1, SeriesNumber=7, AcquisitionNumber=3))
    odd = content.replace(b"19600101", b"UNKNOWN ").replace(b"0.8\\0.5 ", b"0.8\\x.x ")

    instance = read(odd)

    assert instance.patient.birth_date is None
    assert instance.frames[0].row_spacing is None


@pytest.mark.parametrize(
    ("orientation", "read_as"),
    [
        ([1.01, 0, 0, 0, 1, 0], (1, 0, 0)),
        ([1, 0, 0, 1, 0, 0], None),
        ([0, 0, 0, 0, 0, 0], None),
    ],
)
def test_orientations_are_unit_vectors_or_nothing(orientation: list[float], read_as: tuple[int, int, int]) -> None:
    assert read(as_file(placed(ImageOrientationPatient=orientation))).frames[0].row_direction == read_as


def test_padding_is_as_signed_as_the_pixels() -> None:
    signed = ct_data_set(1, (0, 0, 0), pixels=stored_values(1, dtype="<i2"))
    signed.add_new("PixelPaddingValue", "US", 63536)

    assert read(as_file(signed)).frames[0].padding_value == -2000


@pytest.mark.parametrize(
    ("keyword", "named"),
    [
        ("SOPInstanceUID", "SOP Instance UID"),
        ("StudyInstanceUID", "Study Instance UID"),
        ("SeriesInstanceUID", "Series Instance UID"),
        ("Rows", "Rows"),
        ("Columns", "Columns"),
        ("BitsAllocated", "Bits Allocated"),
        ("PixelData", "Pixel Data"),
    ],
)
def test_what_makes_an_instance_unusable_is_named(keyword: str, named: str) -> None:
    content = without_preamble(change(placed(), **{keyword: None}), implicit=True)

    error = rejection(content)

    assert error.code is RejectionCode.CORRUPT
    assert named in error.message


@pytest.mark.parametrize(
    "name", ["reportsi.dcm", "rtplan.dcm", "rtstruct.dcm", "waveform_ecg.dcm", "rtdose.dcm", "liver_1frame.dcm"]
)
def test_what_is_no_picture_is_refused_as_such(name: str) -> None:
    assert rejection((TEST_FILES / name).read_bytes()).code is RejectionCode.UNSUPPORTED_SOP_CLASS


def test_transfer_syntaxes_and_pixels_that_cannot_be_decoded_are_refused_as_such() -> None:
    unknown = as_file(placed()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")

    for content in (
        unknown,
        as_file(placed(BitsAllocated=32, BitsStored=32, HighBit=31)),
        as_file(ct_data_set(1, pixels=np.zeros((4, 4, 3), np.uint16))),
        as_file(placed(PhotometricInterpretation="HSV")),
    ):
        assert rejection(content).code is RejectionCode.UNSUPPORTED_TRANSFER_SYNTAX


def test_a_media_directory_is_known_and_is_no_instance() -> None:
    directory = (TEST_FILES / "dicomdirtests" / "DICOMDIR").read_bytes()

    assert is_media_directory(BytesIO(directory))
    assert not is_media_directory(BytesIO(as_file(placed())))
    assert not is_media_directory(BytesIO(b"no DICOM"))
    assert rejection(directory).code is RejectionCode.UNSUPPORTED_SOP_CLASS


def test_limits_are_kept() -> None:
    multi_frame = as_file(placed(NumberOfFrames=20, PixelData=b"\0" * 96 * 20))

    assert len(read(multi_frame).frames) == 20
    for limits in ({"max_frames": 19}, {"max_frame_bytes": 95}, {"max_pixel_bytes": 96 * 20 - 1}):
        assert rejection(multi_frame, **limits).code is RejectionCode.TOO_LARGE


def test_a_header_that_promises_more_than_the_file_holds_costs_no_memory() -> None:
    bare = without_preamble(placed(PixelData=b"\0" * 96), implicit=True)
    at = bare.index(b"\x10\0\x20\0")
    promise = b"\x10\0\x10\0" + (0xFFFFFFF0).to_bytes(4, "little") + b"Doe"
    tracemalloc.start()

    error = rejection(bare[:at] + promise)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code is RejectionCode.CORRUPT
    assert peak < 2**20


def test_a_deflated_file_is_inflated_a_little_at_a_time() -> None:
    bare = without_preamble(placed(PixelData=None), implicit=False)
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    private = b"\x09\0\x10\x10UN\0\0" + (2**27).to_bytes(4, "little")
    at = bare.index(b"\x10\0\x10\0PN")
    body = deflated.compress(bare[:at] + private)
    for _ in range(2**7):
        body += deflated.compress(b"\0" * 2**20)
    body += deflated.compress(bare[at:]) + deflated.flush()
    whole = as_file(placed(), DeflatedExplicitVRLittleEndian)
    meta_length = int.from_bytes(whole[140:144], "little") + 144
    tracemalloc.start()

    error = rejection(whole[:meta_length] + body)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "Pixel Data" in error.message
    assert peak < 4 * 2**20


def nested(depth: int) -> bytes:
    sequence = b"\x09\0\x10\x10\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return element(0x00080008, b"ORIGINAL") + element(0x00080016, b"1.2.840.10008.5.1.4.1.1.2\0") + sequence * depth


@pytest.mark.parametrize(
    "content", [nested(10_000), nested(2), as_file(placed())[:300], as_file(placed())[:600]], ids=lambda _: ""
)
def test_damaged_headers_are_refused(content: bytes) -> None:
    assert rejection(content).code is RejectionCode.CORRUPT


def test_frames_of_an_enhanced_instance_have_their_own_geometry() -> None:
    data_set = placed(NumberOfFrames=2, PixelData=b"\0" * 192)

    def group(z: float, slope: float, time: str) -> Dataset:
        item = Dataset()
        place, values, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, z]
        values.RescaleSlope, values.RescaleIntercept = slope, -5
        content.FrameAcquisitionDateTime = time
        content.FrameAcquisitionNumber = 9
        item.PlanePositionSequence = Items([place])
        item.PixelValueTransformationSequence = Items([values])
        item.FrameContentSequence = Items([content])
        return item

    data_set.PerFrameFunctionalGroupsSequence = Items(
        [group(1, 2, "20260101120000.5+0100"), group(4, 3, "20260101120001.5+0100")]
    )

    first, second = read(as_file(data_set)).frames

    assert first.position == (0, 0, 1)
    assert second.position == (0, 0, 4)
    assert (first.rescale_slope, second.rescale_slope) == (2, 3)
    assert (second.temporal or 0) - (first.temporal or 0) == 1.0
    assert first.acquisition_number == 9


def mutations(content: bytes) -> list[bytes]:
    rng = np.random.default_rng(5)
    changed = []
    for _ in range(300):
        damaged = bytearray(content)
        for place in rng.integers(128, len(content), rng.integers(1, 6)):
            damaged[place] = rng.choice(np.array([0, 255, 0x7F, rng.integers(256)]))
        changed.append(bytes(damaged[: rng.integers(200, len(content) + 1)] if rng.random() < 0.3 else damaged))
    return changed


@pytest.mark.parametrize(
    "write",
    [
        lambda: as_file(placed()),
        lambda: as_file(placed(), ImplicitVRLittleEndian),
        lambda: as_file(placed(), DeflatedExplicitVRLittleEndian),
    ],
    ids=["explicit", "implicit", "deflated"],
)
def test_whatever_bytes_are_changed_the_answer_is_an_instance_or_a_refusal(write: Callable[[], bytes]) -> None:
    for damaged in mutations(write()):
        try:
            read(damaged)
        except Rejected as error:
            message = error.message
        else:
            continue
        assert message.endswith(".")
