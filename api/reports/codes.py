"""Codes that DICOM SR and FHIR reports share: what is measured, and what was found."""

from dataclasses import dataclass

SCHEMES = {  # PS3.16 section 8, and the URI that HL7 gives each
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "UCUM": "http://unitsofmeasure.org",
    "LN": "http://loinc.org",
    "99HILUM": "urn:x-hilum:codes",  # PS3.16 section 8.2: a private scheme begins with 99
}


@dataclass(frozen=True)
class Code:
    value: str
    scheme: str
    meaning: str


DIAMETER = Code("81827009", "SCT", "Diameter")  # PS3.16 CID 7470
CERTAINTY = Code("111012", "DCM", "Certainty of Finding")  # PS3.16 TID 4021: per cent
IMPRESSION = Code("121073", "DCM", "Impression")
RECOMMENDATION = Code("121075", "DCM", "Recommendation")
COMMENT = Code("121106", "DCM", "Comment")
QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")  # PS3.16 TID 1500
IMAGING_PROCEDURE = Code("363679005", "SCT", "Imaging procedure")
PERSON, DEVICE = Code("121006", "DCM", "Person"), Code("121007", "DCM", "Device")  # PS3.16 CID 270
YES, NO = Code("373066001", "SCT", "Yes"), Code("373067005", "SCT", "No")  # PS3.16 CID 230
LEFT, RIGHT = Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")  # PS3.16 CID 244
BODY_PARTS = {  # Body Part Examined: PS3.16 annex L
    "CHEST": Code("816094009", "SCT", "Chest"),
    "THORAX": Code("816094009", "SCT", "Chest"),
    "LUNG": Code("39607008", "SCT", "Lung"),
}
IMAGING_STUDY = Code("18748-4", "LN", "Diagnostic imaging study")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
PER_CENT = Code("%", "UCUM", "percent")
THRESHOLD = Code("THRESHOLD", "99HILUM", "At or above the model's operating point")
POSITION = Code("POSITION", "99HILUM", "Centre, LPS patient coordinates, mm")
PLACE = Code("PLACE", "99HILUM", "Frame that shows it best")
FOUND = {"nodule": Code("27925004", "SCT", "Nodule")}
LONGEST_VALUE, LONGEST_MEANING = 16, 64  # of a code: VR SH and LO, PS3.5 section 6.2


def of_label(label: str) -> Code:
    """Of what a model calls a finding; in our own scheme where none has a code for it."""
    return FOUND.get(label.lower()) or own(label)


def own(meaning: str) -> Code:
    value = "".join(letter for letter in meaning.upper() if letter.isascii() and letter.isalnum())
    return Code(value[:LONGEST_VALUE] or "OTHER", "99HILUM", meaning[:LONGEST_MEANING])
