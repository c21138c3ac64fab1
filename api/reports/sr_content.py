"""What a DICOM SR says: the tree of a Measurement Report (PS3.16 TID 1500), with a measurement group a finding.

A finding with a box is a planar region of interest (TID 1410), one without a measurement group with its source image
(TID 1501). Sentences go under Qualitative Evaluations as text.
"""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import highdicom.sr as sr
import numpy as np
from highdicom.sr.coding import CodedConcept
from pydicom.uid import UID

import api.reports.codes as codes
import api.reports.wording as wording
from api.reports.content import NOTICE, Analysis, Content, Finding, Frame, Review, Stack
from api.reports.dicom_text import LONGEST, line, prose

CONTAINS = sr.RelationshipTypeValues.CONTAINS
SIDES = {"L": codes.LEFT, "R": codes.RIGHT}
MAKER = "Hilum"


def uid_of(key: UUID) -> UID:
    """PS3.5 section B.2: derived from a UUID."""
    return UID(f"2.25.{key.int}")


def report_of(content: Content) -> sr.MeasurementReport:
    """Raises: ValueError for a content without a stack."""
    if content.stack is None:
        raise ValueError("an SR names the images that it is of")
    analysis = content.analysis
    groups = [
        _group(content.stack, analysis, number, finding)
        for number, finding in enumerate(analysis.findings if analysis else (), start=1)
    ]
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(*_observers(content)),
        procedure_reported=_coded(codes.IMAGING_PROCEDURE),
        imaging_measurements=groups or [_no_group()],
    )
    sections = report[0].ContentSequence
    if not groups:
        del sections[-1]  # the library wants one; TID 1500 does not where there are evaluations
    sections.append(_evaluations(content))
    return report


def _observers(content: Content) -> tuple[sr.ObserverContext | None, sr.ObserverContext | None]:
    """Who signed, and the model."""
    person = device = None
    if content.review is not None:
        identity = sr.PersonObserverIdentifyingAttributes(_person_name(content.review.by))
        person = sr.ObserverContext(_coded(codes.PERSON), identity)
    if content.analysis is not None:
        model = content.analysis.model
        uid = uid_of(uuid5(NAMESPACE_URL, f"urn:x-hilum:model:{model.name}:{model.version}"))
        machine = sr.DeviceObserverIdentifyingAttributes(
            uid, name=prose(model.title), manufacturer_name=MAKER, model_name=prose(f"{model.name} {model.version}")
        )
        device = sr.ObserverContext(_coded(codes.DEVICE), machine)
    return person, device


def _person_name(name: str) -> str:
    """A display name as PN of one component; some signs mean something else there (PS3.5 section 6.2)."""
    return line(name.replace("^", " ").replace("=", " "), LONGEST - 1) + "^"


def _group(
    stack: Stack, analysis: Analysis | None, number: int, finding: Finding
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations:
    frame = stack.frames[finding.frame_index] if 0 <= finding.frame_index < len(stack.frames) else None
    told: dict[str, Any] = {
        "tracking_identifier": sr.TrackingIdentifier(uid_of(finding.key), f"Finding {number}"),
        "finding_type": _coded(codes.of_label(finding.label)),
        "algorithm_id": _algorithm(analysis) if analysis else None,
        "finding_sites": _sites(stack),
        "measurements": _measurements(finding),
        "qualitative_evaluations": _judgements(finding),
    }
    group: sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations
    if frame is not None and finding.box is not None:
        region = _region(stack, frame, finding.box)
        group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(referenced_region=region, **told)
    else:
        images = [sr.SourceImageForMeasurementGroup(*_reference(stack, frame))] if frame is not None else None
        group = sr.MeasurementsAndQualitativeEvaluations(source_images=images, **told)
    position = wording.position(finding)
    if position is not None:
        group[0].ContentSequence.append(_text(codes.POSITION, position))
    return group


def _algorithm(analysis: Analysis) -> sr.AlgorithmIdentification:
    model = analysis.model
    return sr.AlgorithmIdentification(prose(f"{model.title} ({model.name})"), prose(model.version), parameters=[NOTICE])


def _sites(stack: Stack) -> list[sr.FindingSite] | None:
    """As the header says it: what the model was made for is no word on where this finding lies."""
    site = codes.BODY_PARTS.get(stack.body_part or "")
    side = SIDES.get(stack.laterality or "")
    return [sr.FindingSite(_coded(site), laterality=_coded(side) if side else None)] if site else None


def _measurements(finding: Finding) -> list[sr.Measurement]:
    measured = [sr.Measurement(_coded(codes.CERTAINTY), finding.per_cent, _coded(codes.PER_CENT))]
    if finding.diameter is not None:
        measured.append(sr.Measurement(_coded(codes.DIAMETER), finding.diameter, _coded(codes.MILLIMETRE)))
    return measured


def _judgements(finding: Finding) -> list[sr.QualitativeEvaluation]:
    marked = codes.YES if finding.is_above_threshold else codes.NO
    return [
        sr.QualitativeEvaluation(_coded(codes.THRESHOLD), _coded(marked)),
        *(
            sr.QualitativeEvaluation(_coded(codes.own(f"{rule.rule} {rule.version}")), _coded(codes.own(rule.category)))
            for rule in finding.categories
        ),
    ]


def _region(stack: Stack, frame: Frame, box: tuple[float, float, float, float]) -> sr.ImageRegion:
    """The box as a closed outline: (column, row) from the outer corner of the first pixel (PS3.3 C.18.6.1.2)."""
    left, top, width, height = box
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height), (left, top)]
    return sr.ImageRegion(
        sr.GraphicTypeValues.POLYLINE, np.array(corners), sr.SourceImageForRegion(*_reference(stack, frame))
    )


def _reference(stack: Stack, frame: Frame) -> tuple[str, str, list[int] | None]:
    """A frame's number where its instance has several (PS3.3 table 10-3)."""
    has_several = frame.number > 1 or sum(each.instance_key == frame.instance_key for each in stack.frames) > 1
    return frame.sop_class_uid, frame.sop_instance_uid, [frame.number] if has_several else None


def _evaluations(content: Content) -> sr.ContainerContentItem:
    sentences = [(codes.COMMENT, NOTICE)]
    if content.review is not None:
        sentences += _of_review(content.review)
    if content.analysis is not None:
        sentences += [(codes.COMMENT, line) for line in wording.analysis_lines(content, content.analysis)[1:]]
        sentences += [(codes.COMMENT, line) for line in _rules(content.analysis)]
    section = sr.ContainerContentItem(_coded(codes.QUALITATIVE_EVALUATIONS), relationship_type=CONTAINS)
    section.ContentSequence = sr.ContentSequence([_text(code, sentence) for code, sentence in sentences])
    return section


def _of_review(review: Review) -> list[tuple[codes.Code, str]]:
    signed = f"Signed by {review.by}, {wording.when(review.signed_at)}."
    return [
        (codes.IMPRESSION, review.impression),
        *([(codes.RECOMMENDATION, review.recommendation)] if review.recommendation else []),
        (codes.COMMENT, f"Urgency: {review.urgency}"),
        (codes.COMMENT, signed),
        *((codes.COMMENT, line) for line in (*wording.addenda(review), *wording.releases(review))),
    ]


def _rules(analysis: Analysis) -> list[str]:
    """What each category assumes, once."""
    told = (
        f"{rule.rule} {rule.version}: {wording.category(rule)}"
        for finding in analysis.findings
        for rule in finding.categories
    )
    return list(dict.fromkeys(told))


def _text(code: codes.Code, text: str) -> sr.TextContentItem:
    return sr.TextContentItem(_coded(code), prose(text), relationship_type=CONTAINS)


def _no_group() -> sr.MeasurementsAndQualitativeEvaluations:
    return sr.MeasurementsAndQualitativeEvaluations(sr.TrackingIdentifier(uid_of(UUID(int=0)), "None"))


def _coded(code: codes.Code) -> CodedConcept:
    return CodedConcept(code.value, code.scheme, line(code.meaning) or "Other")
