"""What reports may have to say, as values: a usual one, and the awkward ones that every format must survive."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from api.inference.size_categories import size_categories
from api.reports.content import Analysis, Content, Finding, Frame, Model, Noun, Patient, Release, Review, Stack

AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
CT = "1.2.840.10008.5.1.4.1.1.2"
FRAMES, EDGE = 5, 64
LUNG, NODULE, TABLE = 200, 1060, 24  # stored values; HU + 1024
GEOMETRY = {
    **{"row_direction": [1.0, 0.0, 0.0], "column_direction": [0.0, 1.0, 0.0]},
    **{"rescale_slope": 1.0, "rescale_intercept": -1024.0},
}
BOX = (20.0, 24.0, 8.0, 6.0)


def frame(number: int) -> Frame:
    return Frame(UUID(int=100 + number), f"1.2.826.0.1.5.{number}", CT, 1, GEOMETRY)


def pixels() -> NDArray[np.uint16]:
    values = np.full((EDGE, EDGE), LUNG, np.uint16)
    values[24:30, 20:28] = NODULE
    return values


def finding(number: int, probability: float = 0.9, **values: Any) -> Finding:
    diameter = values.get("diameter_mm")
    known = {"box": BOX, "position": (-31.5, 12.0, 100.25), "categories": tuple(size_categories(diameter)), **values}
    marked = probability >= 0.5
    return Finding(UUID(int=1000 + number), "nodule", probability, marked, number % FRAMES, **known)


STACK = Stack(
    key=UUID(int=1),
    study_instance_uid="1.2.826.0.1.3",
    series_instance_uid="1.2.826.0.1.4",
    accession_number="ACC-77",
    started_at=datetime(2026, 11, 2, 8, 15),
    study_description="CT chest",
    series_number=3,
    modality="CT",
    body_part="CHEST",
    laterality=None,
    frame_of_reference_uid="1.2.826.0.1.6",
    frames=tuple(frame(number) for number in range(FRAMES)),
    rows=EDGE,
    columns=EDGE,
    row_spacing=0.7,
    column_spacing=0.7,
    photometric="MONOCHROME2",
    padding_value=None,
    windows=({"name": "Lung", "center": -600.0, "width": 1500.0},),
    warnings=("Slices 41 to 43 are missing.",),
)
MODEL = Model("lung_nodule", "1", "Lung nodules on CT of the chest", "For research.", ("Ground glass is missed.",))
ANALYSIS = Analysis(
    key=UUID(int=2),
    status="SUCCEEDED",
    queued_at=AT,
    finished_at=AT,
    failure=None,
    scores=(("nodule", 0.913),),
    warnings=("Slices are 5 mm apart.",),
    model=MODEL,
    findings=(
        finding(1, 0.8765, diameter_mm=8.449),
        finding(2, 0.6123, diameter_mm=15.04),
        finding(3, 0.2049, diameter_mm=4.25, box=None, position=None),
    ),
)
REVIEW = Review(
    key=UUID(int=3),
    by="Dr Ana López",
    impression="A nodule of 8 mm in the right upper lobe.",
    recommendation="CT in 6 months",
    urgency="PRIORITY",
    signed_at=AT,
    releases=(Release(AT, "All is well.", None),),
)
PATIENT = Patient("Doe^Jane^Mary^Dr", "MRN-4711", "St Elsewhere", date(1960, 2, 3), "F")
USUAL = Content(Noun.ANALYSIS, ANALYSIS.key, UUID(int=4), "Test hospital", PATIENT, ANALYSIS, REVIEW, STACK)

NO_SPACING = replace(STACK, row_spacing=None, column_spacing=None, frame_of_reference_uid=None)
BARE = tuple(finding(number, 0.5, box=None, position=None) for number in range(400))
MEASURED = tuple(finding(number, 0.9 - number / 1000, diameter_mm=4.0 + number / 20) for number in range(400))


def of_findings(*findings: Finding, content: Content = USUAL) -> Content:
    return replace(content, analysis=replace(ANALYSIS, findings=findings))


def ended(status: str) -> Content:
    analysis = replace(ANALYSIS, status=status, failure="No lungs are seen.", findings=(), scores=(), finished_at=None)
    return replace(USUAL, analysis=analysis, review=None)


def called(name: str) -> Content:
    return replace(USUAL, patient=replace(PATIENT, name=name))


AWKWARD: dict[str, Content] = {
    "usual": USUAL,
    "of a review": replace(USUAL, noun=Noun.REVIEW, key=REVIEW.key),
    "a review alone": replace(USUAL, noun=Noun.REVIEW, key=REVIEW.key, analysis=None),
    "no review": replace(USUAL, review=None),
    "no findings": of_findings(),
    "four hundred bare findings": replace(of_findings(*BARE), stack=NO_SPACING),
    "four hundred measured findings": of_findings(*MEASURED),
    "no spacing": replace(of_findings(finding(1)), stack=NO_SPACING),
    "beyond the stack": of_findings(replace(finding(1), frame_index=77)),
    "nobody known": replace(USUAL, patient=Patient()),
    "a long impression": replace(USUAL, review=replace(REVIEW, impression="Unremarkable. " * 1400 + "x" * 3000)),
    "Hebrew": called("כהן^שרה^^ד״ר"),
    "Arabic": called("Abdullah^Muhammad=عبد الله^محمد="),
    "Chinese": called("Wang^XiaoDong=王^小东="),
    "Japanese": called("Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "Korean": called("Hong^Gildong=洪^吉洞=홍^길동"),
    "Greek": called("Παπαδοπούλου^Ελένη"),
    "Cyrillic": called("Щербакова^Юлия^Ёжиковна"),
    "Thai": called("ใจดี^สมหญิง"),
    "a name that is too long": called("Adeyemi-" * 40),
    **{status.lower(): ended(status) for status in ("FAILED", "UNSUITABLE", "CANCELLED")},
}
