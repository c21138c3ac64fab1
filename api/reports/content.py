"""What a report says, as values: read from rows once, and written out by each format alike.

Not for: who may see it (`reading`), or how it looks (`pdf`, `structured_report`, `fhir_bundle`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from api.inference.size_categories import SizeCategory

NOTICE = "Research software, not for clinical use."
HIDDEN = "Not shown: whoever asked for this report may not see who the patient is."


class Format(StrEnum):
    """The contract's `ReportFormat`, value for value."""

    PDF = "PDF"
    DICOM_SR = "DICOM_SR"
    FHIR = "FHIR"


class Noun(StrEnum):
    """What a report is of, by its GraphQL type."""

    ANALYSIS = "Analysis"
    REVIEW = "Review"


@dataclass(frozen=True)
class Patient:
    """name: DICOM's PN with its `^` and `=`."""

    name: str | None = None
    patient_id: str | None = None
    issuer: str | None = None
    birth_date: date | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Frame:
    """One source frame. number: within its instance, from 1. digest: of its codestream, None where none was kept."""

    instance_key: UUID
    sop_instance_uid: str
    sop_class_uid: str
    number: int
    geometry: Mapping[str, Any]
    digest: bytes | None = None


@dataclass(frozen=True)
class Stack:
    """The images that were looked at. frames: in the stack's order. row_spacing, column_spacing: mm, None: unknown.

    body_part: Body Part Examined (0018,0015). laterality: of the series, R or L.
    """

    key: UUID
    study_instance_uid: str
    series_instance_uid: str
    accession_number: str | None
    started_at: datetime | None
    study_description: str | None
    series_number: int | None
    modality: str
    body_part: str | None
    laterality: str | None
    frame_of_reference_uid: str | None
    frames: tuple[Frame, ...]
    rows: int
    columns: int
    row_spacing: float | None
    column_spacing: float | None
    photometric: str
    padding_value: int | None
    windows: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """frame_index: within its stack, from 0. box: left, top, width, height in pixels, origin the outer corner of the
    first one. position: LPS mm."""

    key: UUID
    label: str
    probability: float
    is_above_threshold: bool
    frame_index: int
    box: tuple[float, float, float, float] | None = None
    diameter_mm: float | None = None
    position: tuple[float, float, float] | None = None
    categories: tuple[SizeCategory, ...] = ()

    @property
    def per_cent(self) -> float:
        """The probability as every format writes it."""
        return per_cent(self.probability)

    @property
    def diameter(self) -> float | None:
        """mm, as every format writes it and as the rules of size count it."""
        return None if self.diameter_mm is None else _to_one_decimal(Decimal(str(self.diameter_mm)))


@dataclass(frozen=True)
class Model:
    name: str
    version: str
    title: str
    intended_use: str = ""
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Analysis:
    key: UUID
    status: str
    queued_at: datetime
    finished_at: datetime | None
    failure: str | None
    scores: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]
    model: Model
    findings: tuple[Finding, ...]

    @property
    def at(self) -> datetime:
        return self.finished_at or self.queued_at


@dataclass(frozen=True)
class Addendum:
    by: str
    text: str
    signed_at: datetime


@dataclass(frozen=True)
class Release:
    """To the patient."""

    at: datetime
    summary: str
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Review:
    key: UUID
    by: str
    impression: str
    recommendation: str | None
    urgency: str
    signed_at: datetime
    addenda: tuple[Addendum, ...] = ()
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True)
class Content:
    """patient: None where their identity may not be shown; then nothing else here tells it either.

    analysis: of a review, the newest that had ended when it was signed. review: of an analysis, the newest. stack: what
    was analysed; without that, the case's first one.
    """

    noun: Noun
    key: UUID
    case_key: UUID
    organization: str
    patient: Patient | None
    analysis: Analysis | None
    review: Review | None
    stack: Stack | None

    @property
    def at(self) -> datetime:
        """When what it says was last changed: a report of the same rows has the same date."""
        moments = [self.analysis.at] if self.analysis else []
        if self.review:
            moments += [self.review.signed_at, *(each.signed_at for each in self.review.addenda)]
        return max(moments)

    @property
    def shows_identity(self) -> bool:
        return self.patient is not None


def without_identity(content: Content) -> Content:
    """Patient, UIDs, the scanner's dates and what headers say of the study are left out."""
    stack = content.stack and replace(
        content.stack,
        study_instance_uid="",
        series_instance_uid="",
        accession_number=None,
        started_at=None,
        study_description=None,
        frame_of_reference_uid=None,
        frames=tuple(replace(frame, sop_instance_uid="") for frame in content.stack.frames),
    )
    return replace(content, patient=None, stack=stack)


def per_cent(probability: float) -> float:
    """To one decimal, as every format writes it."""
    return _to_one_decimal(100 * Decimal(str(probability)))


def _to_one_decimal(value: Decimal) -> float:
    """Halves up, as a reader rounds."""
    return float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))
