"""Reports as DICOM SR, read back by highdicom and by pydicom: TID 1500, in the study that they are of."""

import warnings
from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Any

import highdicom.sr as sr
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.sr.codedict import codes as standard

import api.reports.wording as wording
from api.imaging.data_set_file import PREAMBLE_BYTES
from api.reports import NOTICE, sr_document
from api.reports.content import Content
from api.reports.source_header import COPIED, header_of, read_values
from api.reports.sr_content import uid_of
from tests.api.imaging.dicom_writer import as_file, ct_data_set
from tests.api.reports.contents import (
    AWKWARD,
    BOX,
    NO_SPACING,
    REVIEW,
    STACK,
    USUAL,
    called,
    finding,
    frame,
    of_findings,
)
from tests.api.reports.headers import header_of_rows


@cache
def encoded(name: str) -> bytes:
    return write(AWKWARD[name])


def write(content: Content) -> bytes:
    return sr_document.write(content, header_of_rows(content))


def data_set(content: Content) -> Any:
    return pydicom.dcmread(BytesIO(write(content)))


def groups_of(encoded: bytes) -> list[Any]:
    """Measurement groups, in the order of the findings."""
    report = sr.srread(BytesIO(encoded)).content
    assert isinstance(report, sr.MeasurementReport)
    found = [*report.get_planar_roi_measurement_groups(), *report.get_image_measurement_groups()]
    return sorted(found, key=lambda group: int(group.tracking_identifier.split()[1]))


def texts_of(encoded: bytes) -> list[str]:
    """Sentences of the report as a whole."""
    section = pydicom.dcmread(BytesIO(encoded)).ContentSequence[-1]
    assert section.ConceptNameCodeSequence[0].CodeMeaning == "Qualitative Evaluations"
    return [item.TextValue for item in section.ContentSequence]


@pytest.mark.parametrize("name", AWKWARD)
def test_every_report_is_read_back_with_all_of_its_numbers(name: str) -> None:
    content = AWKWARD[name]
    findings = content.analysis.findings if content.analysis else ()

    groups = groups_of(encoded(name))

    assert [group.tracking_uid for group in groups] == [uid_of(each.key) for each in findings]
    for group, each in zip(groups, findings, strict=True):
        told = {one.name.meaning: (one.value, one.unit.value) for one in group.get_measurements()}
        expected = {"Certainty of Finding": (each.per_cent, "%")}
        if each.diameter is not None:
            expected["Diameter"] = (each.diameter, "mm")
        assert told == expected


@pytest.mark.parametrize("name", AWKWARD)
def test_every_report_says_what_it_is(name: str) -> None:
    document = pydicom.dcmread(BytesIO(encoded(name)))

    assert texts_of(encoded(name))[0] == NOTICE
    assert document.SeriesDescription == NOTICE
    assert document.ContentQualification == "RESEARCH"
    assert document.SpecificCharacterSet == "ISO_IR 192"
    assert document.VerificationFlag == "UNVERIFIED"
    assert document.ContentTemplateSequence[0].TemplateIdentifier == "1500"


@pytest.mark.parametrize("name", AWKWARD)
def test_every_report_names_each_source_instance_once(name: str) -> None:
    document = pydicom.dcmread(BytesIO(encoded(name)))
    stack = AWKWARD[name].stack
    assert stack is not None

    (study,) = document.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence

    assert document.StudyInstanceUID == study.StudyInstanceUID == stack.study_instance_uid
    assert document.SeriesInstanceUID != series.SeriesInstanceUID == stack.series_instance_uid
    named = [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence]
    assert named == [each.sop_instance_uid for each in stack.frames]


def test_a_finding_has_its_outline_its_model_and_its_categories() -> None:
    (group, *_) = groups_of(encoded("usual"))

    (algorithm,) = [item for item in group[0].ContentSequence if item.name.meaning == "Algorithm Version"]
    judged = {each.name.meaning: each.value.meaning for each in group.get_qualitative_evaluations()}
    assert group.finding_type == standard.SCT.Nodule
    assert [site.value.meaning for site in group.finding_sites] == ["Chest"]
    assert algorithm.value == "1"
    assert judged["At or above the model's operating point"] == "Yes"
    assert judged["Lung-RADS v2022"] == "4A"
    assert judged["Fleischner Society 2017"] == "6 to 8 mm"
    left, top, width, height = BOX
    corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height], [left, top]]
    assert group.roi.graphic_type == sr.GraphicTypeValues.POLYLINE
    assert np.array_equal(group.roi.value, corners)
    assert group.roi.ContentSequence[0].referenced_sop_instance_uid == frame(1).sop_instance_uid
    assert group.roi.ContentSequence[0].referenced_frame_numbers is None


def test_laterality_is_told_where_the_series_has_one() -> None:
    (group,) = groups_of(write(replace(of_findings(finding(1)), stack=replace(STACK, laterality="L"))))

    assert group.finding_sites[0].laterality.meaning == "Left"


def test_a_frame_of_several_is_named_by_its_number() -> None:
    frames = tuple(replace(frame(0), number=number) for number in (1, 2, 3))

    (group,) = groups_of(write(replace(of_findings(finding(1)), stack=replace(STACK, frames=frames))))

    assert group.roi.ContentSequence[0].referenced_frame_numbers == [2]


def test_the_review_is_there_with_who_signed_it() -> None:
    document = pydicom.dcmread(BytesIO(encoded("of a review")))

    texts = texts_of(encoded("of a review"))
    names = [str(item.PersonName) for item in document.ContentSequence if "PersonName" in item]
    assert {"A nodule of 8 mm in the right upper lobe.", "CT in 6 months", "Urgency: PRIORITY"} <= set(texts)
    assert names == ["Dr Ana López^"]
    assert (document.PreliminaryFlag, document.CompletionFlag) == ("FINAL", "COMPLETE")


def test_warnings_limits_and_assumptions_are_there() -> None:
    texts = texts_of(encoded("usual"))

    assert {"Slices are 5 mm apart.", "Slices 41 to 43 are missing.", "Limit: Ground glass is missed."} <= set(texts)
    assert len([text for text in texts if text.startswith("Lung-RADS v2022: 4A, if solid; ")]) == 1


@pytest.mark.parametrize("status", ["failed", "unsuitable", "cancelled"])
def test_an_analysis_that_came_to_nothing_says_why(status: str) -> None:
    assert "No lungs are seen." in texts_of(encoded(status))
    assert wording.NO_RESULT[status.upper()] in texts_of(encoded(status))
    assert pydicom.dcmread(BytesIO(encoded(status))).CompletionFlag == "PARTIAL"


def test_the_same_report_is_the_same_instance_and_another_one_is_not() -> None:
    other = of_findings(finding(1, 0.5), content=USUAL)

    assert write(USUAL) == encoded("usual")
    assert data_set(other).SOPInstanceUID != data_set(USUAL).SOPInstanceUID
    assert data_set(other).SeriesInstanceUID == data_set(USUAL).SeriesInstanceUID
    assert data_set(USUAL).file_meta.MediaStorageSOPInstanceUID == data_set(USUAL).SOPInstanceUID


@pytest.mark.parametrize("name", ["Doe", "Παπαδοπούλου^Ελένη", "王^小东", "x" * 200, "a\\b^c"])
def test_names_are_kept_and_nothing_warns_of_them(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        document = data_set(called(name))

    assert str(document.PatientName).rstrip("^") == name[:63].replace("\\", " ")


def test_odd_uids_of_the_scanner_are_named_as_they_are() -> None:
    odd = replace(STACK, study_instance_uid="1.2.03.4", frames=(replace(frame(0), sop_instance_uid="1.02.3"),))

    document = data_set(replace(of_findings(), stack=odd))

    assert document.StudyInstanceUID == "1.2.03.4"


def test_patient_and_study_are_copied_from_the_source() -> None:
    told: dict[str, Any] = {
        **{"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Jürgen", "PatientID": "4711"},
        **{"PatientBirthDate": "1950.01.02", "StudyID": "S1", "StudyDate": "20260102", "StudyTime": "101112"},
        **{"ReferringPhysicianName": "Arzt^A", "PatientWeight": "81.5", "PatientAge": "old"},
    }
    with pydicom.config.disable_value_validation():
        source = as_file(ct_data_set(1, **told))

    document = pydicom.dcmread(BytesIO(sr_document.write(USUAL, header_of(read_values(BytesIO(source))))))

    assert (document.PatientName, document.PatientID, document.PatientBirthDate) == (
        "Müller^Jürgen",
        "4711",
        "19500102",
    )
    assert (document.StudyID, document.StudyDate, document.StudyTime) == ("S1", "20260102", "101112")
    assert (document.ReferringPhysicianName, document.PatientWeight) == ("Arzt^A", 81.5)
    assert "PatientAge" not in document


ODD = st.one_of(
    st.text(max_size=70), st.sampled_from(["20260102", "10:11", "M", "X", "1E5", "a^b=c=d=e", "\\", "\x1b$B"])
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(COPIED), ODD), ODD, ODD, ODD)
def test_whatever_headers_and_people_wrote_a_report_is_made_and_nothing_warns(
    written: dict[str, str], by: str, words: str, label: str
) -> None:
    review = replace(REVIEW, by=by, impression=words)
    content = replace(of_findings(replace(finding(1), label=label)), organization=words, review=review)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoded = sr_document.write(content, header_of(written))
        document = pydicom.dcmread(BytesIO(encoded))
        assert all(str(element.value) is not None for element in document.iterall())

    assert texts_of(encoded)[0] == NOTICE


@pytest.mark.parametrize(("sex", "kept"), [("F", "F"), ("X", ""), ("female", "")])
def test_a_sex_that_dicom_does_not_know_is_left_out(sex: str, kept: str) -> None:
    document = pydicom.dcmread(BytesIO(sr_document.write(USUAL, header_of({"PatientSex": sex}))))

    assert document.PatientSex == kept


def test_a_source_that_is_no_dicom_says_nothing() -> None:
    assert read_values(BytesIO(b"\x89PNG" + bytes(PREAMBLE_BYTES))) == {}


def test_without_spacing_there_is_no_length() -> None:
    (group,) = groups_of(write(replace(of_findings(finding(1)), stack=NO_SPACING)))

    assert [each.name.meaning for each in group.get_measurements()] == ["Certainty of Finding"]
    assert group.roi is not None
