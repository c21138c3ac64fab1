"""A report as a FHIR R4 bundle: DiagnosticReport, ImagingStudy, and an Observation a finding.

Written with `fhir.resources.R4B`, which is FHIR 4.3.0: what is used of these resources is the same in 4.0.1 (R4).
Each resource has the id that its row has, so that the same report is the same bundle.
"""

from typing import Any
from uuid import UUID, uuid5

from fhir.resources.R4B.bundle import Bundle

import api.reports.codes as codes
import api.reports.person_names as person_names
import api.reports.wording as wording
from api.reports.content import HIDDEN, NOTICE, Analysis, Content, Finding, Noun, Patient, Review, Stack
from api.reports.fhir_values import Json, amount, coded, moment, narrative, reference, without_nothing

# Of an analysis. What a machine says alone is never final.
STATUS = {"SUCCEEDED": "preliminary"}
NO_RESULT = "cancelled"
NOTICE_TAG = {"system": codes.SCHEMES["99HILUM"], "code": "RESEARCH", "display": NOTICE}
RADIOLOGY = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD", "display": "Radiology"}
SEXES = {"F": "female", "M": "male", "O": "other"}  # PS3.3 C.7.1.1, FHIR administrative-gender
URIS = "urn:ietf:rfc:3986"


def write(content: Content) -> bytes:
    """JSON, UTF-8. Raises: pydantic's ValidationError where the bundle would be none."""
    text: str = Bundle.model_validate(bundle_of(content)).model_dump_json()
    return text.encode()


def bundle_of(content: Content) -> Json:
    resources = [
        *(_review_report(content, content.review) if content.review else ()),
        *(_analysis_report(content, content.analysis) if content.analysis else ()),
    ]
    if content.noun is Noun.ANALYSIS:
        resources.sort(key=lambda resource: resource["id"] != str(content.key))  # what was asked for comes first
    if content.patient is not None:
        resources.append(_patient(content, content.patient))
    if content.stack is not None:
        resources.append(_imaging_study(content, content.stack))
    entries = [
        {
            "fullUrl": f"urn:uuid:{resource['id']}",
            "resource": {**without_nothing(resource), "meta": {"tag": [NOTICE_TAG]}},
        }
        for resource in resources
    ]
    meta = {"tag": [NOTICE_TAG]}
    return {
        **{"resourceType": "Bundle", "id": str(uuid5(content.key, "bundle")), "type": "collection"},
        **{"meta": meta, "timestamp": moment(content.at), "entry": entries},
    }


def _analysis_report(content: Content, analysis: Analysis) -> list[Json]:
    lines = wording.analysis_lines(content, analysis)
    report = {
        **_report(content, analysis.key, STATUS.get(analysis.status, NO_RESULT), lines),
        "effectiveDateTime": moment(analysis.at),
        "result": [reference(finding.key) for finding in analysis.findings],
    }
    return [report, _device(analysis), *(_observation(content, analysis, finding) for finding in analysis.findings)]


def _review_report(content: Content, review: Review) -> list[Json]:
    lines = wording.review_lines(review)
    reader = uuid5(review.key, "reader")
    report = {
        **_report(content, review.key, "appended" if review.addenda else "final", lines),
        "effectiveDateTime": moment(review.signed_at),
        "issued": moment(review.signed_at),
        "resultsInterpreter": [reference(reader, review.by)],
    }
    return [report, {"resourceType": "Practitioner", "id": str(reader), "name": [{"text": review.by}]}]


def _report(content: Content, key: UUID, status: str, lines: list[str]) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": str(key),
        "text": narrative(lines),
        "status": status,
        "category": [{"coding": [RADIOLOGY]}],
        "code": coded(codes.IMAGING_STUDY),
        "subject": _subject(content),
        "performer": [{"display": content.organization}],
        "imagingStudy": [reference(content.stack.key)] if content.stack else None,
        "conclusion": "\n".join(lines),
    }


def _observation(content: Content, analysis: Analysis, finding: Finding) -> Json:
    """Components: certainty, diameter where it is known, threshold, where it is, and what rules say of it."""
    components = [
        {"code": coded(codes.CERTAINTY), "valueQuantity": amount(finding.per_cent, codes.PER_CENT)},
        {"code": coded(codes.THRESHOLD), "valueBoolean": finding.is_above_threshold},
    ]
    if finding.diameter is not None:
        diameter = amount(finding.diameter, codes.MILLIMETRE)
        components.append({"code": coded(codes.DIAMETER), "valueQuantity": diameter})
    if (position := wording.position(finding)) is not None:
        components.append({"code": coded(codes.POSITION), "valueString": position})
    components.append({"code": coded(codes.PLACE), "valueString": _place(content.stack, finding)})
    for rule in finding.categories:
        components.append({"code": {"text": f"{rule.rule} {rule.version}"}, "valueString": wording.category(rule)})
    return {
        "resourceType": "Observation",
        "id": str(finding.key),
        "status": "preliminary",
        "code": {**coded(codes.of_label(finding.label)), "text": finding.label},
        "subject": _subject(content),
        "effectiveDateTime": moment(analysis.at),
        "device": reference(_device_key(analysis)),
        "derivedFrom": [reference(content.stack.key)] if content.stack else None,
        "note": [{"text": NOTICE}],
        "component": components,
    }


def _place(stack: Stack | None, finding: Finding) -> str:
    text = f"Image {finding.frame_index + 1}"
    if stack is None or finding.frame_index >= len(stack.frames):
        return text
    frame = stack.frames[finding.frame_index]
    if frame.sop_instance_uid:
        text += f", SOP Instance UID {frame.sop_instance_uid}, frame {frame.number}"
    return text


def _device(analysis: Analysis) -> Json:
    model = analysis.model
    return {
        "resourceType": "Device",
        "id": str(_device_key(analysis)),
        "deviceName": [{"name": model.title, "type": "model-name"}],
        "modelNumber": model.name,
        "version": [{"value": model.version}],
        "note": [{"text": text} for text in (NOTICE, model.intended_use, *model.limits) if text],
    }


def _device_key(analysis: Analysis) -> UUID:
    return uuid5(analysis.key, "model")


def _patient(content: Content, patient: Patient) -> Json:
    identifier = {"value": patient.patient_id, "assigner": {"display": patient.issuer} if patient.issuer else None}
    names = [
        {
            "family": group.family,
            "given": [part for part in (group.given, group.middle) if part],
            "prefix": [group.prefix] if group.prefix else None,
            "suffix": [group.suffix] if group.suffix else None,
            "text": group.text,
        }
        for group in person_names.groups(patient.name)
    ]
    return {
        "resourceType": "Patient",
        "id": str(_patient_key(content)),
        "identifier": [without_nothing(identifier)] if patient.patient_id else None,
        "name": [without_nothing(name) for name in names],
        "gender": SEXES.get(patient.sex or "", "unknown"),
        "birthDate": patient.birth_date.isoformat() if patient.birth_date else None,
    }


def _patient_key(content: Content) -> UUID:
    return uuid5(content.case_key, "patient")


def _subject(content: Content) -> Json:
    return {"display": HIDDEN} if content.patient is None else reference(_patient_key(content))


def _imaging_study(content: Content, stack: Stack) -> Json:
    """Of the series that was looked at. started: the scanner's clock has no time zone, so only its day is told."""
    modality = {"system": codes.SCHEMES["DCM"], "code": stack.modality}
    instances = {frame.sop_instance_uid: frame.sop_class_uid for frame in stack.frames}
    series: Any = {
        "uid": stack.series_instance_uid,
        "number": stack.series_number if stack.series_number is None or stack.series_number >= 0 else None,
        "modality": modality,
        "numberOfInstances": len(instances),
        "instance": [
            {"uid": uid, "sopClass": {"system": URIS, "code": f"urn:oid:{sop_class}"}}
            for uid, sop_class in instances.items()
        ],
    }
    identifiers = [{"system": "urn:dicom:uid", "value": f"urn:oid:{stack.study_instance_uid}"}]
    if stack.accession_number:
        identifiers.append({"value": stack.accession_number})
    return {
        "resourceType": "ImagingStudy",
        "id": str(stack.key),
        "identifier": identifiers if content.shows_identity else None,
        "status": "available",
        "modality": [modality],
        "subject": _subject(content),
        "started": stack.started_at.date().isoformat() if stack.started_at else None,
        "numberOfSeries": 1,
        "description": stack.study_description,
        "series": [without_nothing(series)] if content.shows_identity else None,
    }
