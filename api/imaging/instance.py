"""One DICOM instance without its pixels: who, what study and series, and the geometry of every frame.

Reads as tolerantly as readers in the field do: what is optional may be missing or odd, and only what makes an
instance unusable refuses it. Not for: pixels (`pixels.py`), putting frames in order (`stacks.py`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from api.errors import Rejected, RejectionCode
from api.imaging.attributes import Attributes, tag_of
from api.imaging.data_set_file import OpenedDataSet, is_dicom, open_data_set, read_media_storage_sop_class
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.frame_headers import GEOMETRY_KEYWORDS, each_frame, frame_geometries
from api.imaging.pixel_encoding import PixelEncoding
from api.imaging.pixel_headers import PIXEL_KEYWORDS, read_pixel_encoding
from api.imaging.sop_classes import IMAGE_SOP_CLASSES, MEDIA_DIRECTORY
from api.imaging.window import VoiWindow

__all__ = [
    "Instance",
    "PatientIdentity",
    "SeriesFacts",
    "StudyFacts",
    "is_dicom",
    "is_media_directory",
    "read_instance",
]

MAX_FRAMES = 10_000
MAX_FRAME_BYTES = 256 * 2**20
MAX_PIXEL_BYTES = 4 * 2**30


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """name: as DICOM writes it, "Family^Given^Middle^Prefix^Suffix" (PS3.5 6.2.1). sex: M, F or O."""

    patient_id: str | None = None
    issuer: str | None = None
    name: str | None = None
    birth_date: date | None = None
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """started_at: the scanner's own clock, no zone."""

    description: str | None = None
    accession_number: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """modality: (0008,0060), "OT" where the file has none."""

    number: int | None = None
    description: str | None = None
    modality: str = "OT"
    body_part: str | None = None
    laterality: str | None = None
    frame_of_reference_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """frames: one for each frame, in the file's order; windows: as the scanner wrote them.

    unit: of the rescaled values, "HU" for CT; None where it is not known.
    """

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient: PatientIdentity
    study: StudyFacts
    series: SeriesFacts
    instance_number: int | None
    frames: tuple[FrameGeometry, ...]
    windows: tuple[VoiWindow, ...]
    unit: str | None
    encoding: PixelEncoding


_KEYWORDS = (
    GEOMETRY_KEYWORDS
    | PIXEL_KEYWORDS
    | {
        *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"),
        *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"),
        *("StudyDescription", "AccessionNumber", "StudyDate", "StudyTime", "SeriesDate", "SeriesTime"),
        *("ContentDate", "ContentTime", "SeriesNumber", "SeriesDescription", "Modality", "BodyPartExamined"),
        *("Laterality", "ImageLaterality", "FrameOfReferenceUID", "InstanceNumber"),
    }
)
_WANTED = frozenset(tag_of(keyword) for keyword in _KEYWORDS)


def is_media_directory(file: BinaryIO) -> bool:
    """Whether the file is a DICOMDIR: an index of a medium, no instance (PS3.3 F.1). For ingest to pass over."""
    return read_media_storage_sop_class(file) == MEDIA_DIRECTORY


def read_instance(
    file: BinaryIO,
    *,
    max_frames: int = MAX_FRAMES,
    max_frame_bytes: int = MAX_FRAME_BYTES,
    max_pixel_bytes: int = MAX_PIXEL_BYTES,
) -> Instance:
    """Read the header of a seekable DICOM file, without its pixels and in bounded memory.

    max_frame_bytes, max_pixel_bytes: of one frame and of all frames, uncompressed.
    Raises: Rejected(NOT_AN_IMAGE | CORRUPT | UNSUPPORTED_TRANSFER_SYNTAX | UNSUPPORTED_SOP_CLASS | TOO_LARGE).
    """
    opened = open_data_set(file, _WANTED)
    attributes = opened.attributes
    sop_class_uid = _sop_class(opened)
    sop_instance_uid = _identity(attributes, "SOPInstanceUID", "SOP Instance UID (0008,0018)")
    study_instance_uid = _identity(attributes, "StudyInstanceUID", "Study Instance UID (0020,000D)")
    series_instance_uid = _identity(attributes, "SeriesInstanceUID", "Series Instance UID (0020,000E)")
    encoding = read_pixel_encoding(
        file, opened, max_frames=max_frames, max_frame_bytes=max_frame_bytes, max_pixel_bytes=max_pixel_bytes
    )
    series = _series(attributes)
    frames = frame_geometries(attributes, encoding)
    return Instance(
        sop_instance_uid=sop_instance_uid,
        sop_class_uid=sop_class_uid,
        transfer_syntax_uid=opened.syntax.uid,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        patient=_patient(attributes),
        study=_study(attributes),
        series=series,
        instance_number=attributes.integer("InstanceNumber"),
        frames=frames,
        windows=_windows(attributes),
        unit=_unit(attributes, series.modality, frames[0]),
        encoding=encoding,
    )


def _sop_class(opened: OpenedDataSet) -> str:
    """Raises Rejected(UNSUPPORTED_SOP_CLASS) for whatever is no picture, a media directory among them."""
    uid = opened.attributes.uid("SOPClassUID") or opened.media_storage_sop_class_uid
    if uid is None:
        raise Rejected(RejectionCode.CORRUPT, "It does not say what it is: SOP Class UID (0008,0016) is missing.")
    if uid not in IMAGE_SOP_CLASSES:
        raise Rejected(
            RejectionCode.UNSUPPORTED_SOP_CLASS,
            f"This kind of DICOM object (SOP Class {uid}) holds no pictures to show.",
        )
    return uid


def _identity(attributes: Attributes, keyword: str, spoken: str) -> str:
    uid = attributes.uid(keyword)
    if uid is None:
        raise Rejected(RejectionCode.CORRUPT, f"It cannot be filed: {spoken} is missing or too long.")
    return uid


def _patient(attributes: Attributes) -> PatientIdentity:
    sex = (attributes.text("PatientSex") or "").upper()[:1]
    return PatientIdentity(
        patient_id=attributes.text("PatientID"),
        issuer=attributes.text("IssuerOfPatientID"),
        name=(attributes.text("PatientName") or "").rstrip("^= ") or None,
        birth_date=attributes.date("PatientBirthDate"),
        sex=sex if sex in ("M", "F", "O") else None,
    )


def _study(attributes: Attributes) -> StudyFacts:
    moments = (
        attributes.moment("StudyDate", "StudyTime"),
        attributes.date_time("AcquisitionDateTime"),
        attributes.moment("SeriesDate", "SeriesTime"),
        attributes.moment("AcquisitionDate", "AcquisitionTime"),
        attributes.moment("ContentDate", "ContentTime"),
    )
    return StudyFacts(
        description=attributes.text("StudyDescription"),
        accession_number=attributes.text("AccessionNumber"),
        started_at=next((moment for moment in moments if moment is not None), None),
    )


def _series(attributes: Attributes) -> SeriesFacts:
    return SeriesFacts(
        number=attributes.integer("SeriesNumber"),
        description=attributes.text("SeriesDescription"),
        modality=(attributes.text("Modality") or "OT").upper()[:16],
        body_part=attributes.text("BodyPartExamined"),
        laterality=attributes.text("Laterality") or attributes.text("ImageLaterality"),
        frame_of_reference_uid=attributes.uid("FrameOfReferenceUID"),
    )


def _windows(attributes: Attributes) -> tuple[VoiWindow, ...]:
    """VOI windows of the first frame (PS3.3 C.11.2.1.2); a width below 1 is no window and is left out."""
    frame = next(each_frame(attributes, 1))
    voi = frame.of("WindowCenter")
    centers = voi.numbers("WindowCenter") or ()
    widths = voi.numbers("WindowWidth") or ()
    names = voi.texts("WindowCenterWidthExplanation")
    return tuple(
        VoiWindow(names[index] or None if index < len(names) else None, center, width)
        for index, (center, width) in enumerate(zip(centers, widths, strict=False))
        if width >= 1
    )


def _unit(attributes: Attributes, modality: str, first: FrameGeometry) -> str | None:
    """Rescale Type (0028,1054); CT without one is HU unless it is a localizer (PS3.3 C.8.2.1.1)."""
    if first.rescale_slope is None:
        return None
    written = next(each_frame(attributes, 1)).of("RescaleType").text("RescaleType")
    if written and written.upper() != "US":  # "US": unspecified
        return written.upper()
    return "HU" if modality == "CT" and not first.is_localizer and not written else None
