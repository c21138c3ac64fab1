"""One content in three formats: the numbers and the sentences are the same."""

import json
import re
from io import BytesIO
from typing import Any

import highdicom.sr as sr
import pytest
from pypdf import PdfReader

from api.reports import fhir_bundle, pdf_document, sr_document
from api.reports.content import Content
from tests.api.reports.contents import AWKWARD
from tests.api.reports.headers import header_of_rows

Numbers = list[tuple[float, float | None]]
"""Per cent and millimetres of each finding, in order."""

ROW = re.compile(r"^\d+ nodule ([0-9.]+) % (?:yes|no) \d+ (?:([0-9.]+) mm )?")
CHOSEN = ("usual", "no findings", "no spacing", "four hundred bare findings", "of a review", "failed", "Arabic")


def in_fhir(content: Content) -> Numbers:
    entries: list[Any] = json.loads(fhir_bundle.write(content))["entry"]
    found: Numbers = []
    for observation in (entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Observation"):
        amounts = [part["valueQuantity"] for part in observation["component"] if "valueQuantity" in part]
        told = {amount["unit"]: float(amount["value"]) for amount in amounts}
        found.append((told["%"], told.get("mm")))
    return found


def in_pdf(content: Content) -> Numbers:
    pages = PdfReader(BytesIO(pdf_document.write(content, []))).pages
    rows = [ROW.match(line) for page in pages for line in rows_of(page.extract_text() or "")]
    return [(float(row[1]), float(row[2]) if row[2] else None) for row in rows if row]


def rows_of(text: str) -> list[str]:
    """Each cell is a line of its own; a row begins with its number before the name of what was found."""
    joined = " ".join(text.split())
    return re.split(r" (?=\d+ nodule )", joined)


def in_sr(content: Content) -> Numbers:
    report = sr.srread(BytesIO(sr_document.write(content, header_of_rows(content)))).content
    assert isinstance(report, sr.MeasurementReport)
    groups: list[Any] = [*report.get_planar_roi_measurement_groups(), *report.get_image_measurement_groups()]
    found: Numbers = []
    for group in sorted(groups, key=lambda group: int(group.tracking_identifier.split()[1])):
        told = {each.unit.value: float(each.value) for each in group.get_measurements()}
        found.append((told["%"], told.get("mm")))
    return found


@pytest.mark.parametrize("name", CHOSEN)
def test_three_formats_say_the_same_numbers(name: str) -> None:
    content = AWKWARD[name]
    known = content.analysis.findings if content.analysis else ()

    expected = [(each.per_cent, each.diameter) for each in known]

    assert in_fhir(content) == expected
    assert in_pdf(content) == expected
    assert in_sr(content) == expected
