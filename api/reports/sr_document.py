"""A report as DICOM SR (Comprehensive 3D SR, PS3.3 A.35.13), filed in the study that it reports of.

Written with highdicom. The same content is the same bytes and has the same SOP Instance UID; another content has
another one, as PS3.3 A.35 asks. Times are UTC: the scanner's own clock has no zone that could be told.
"""

from datetime import UTC
from hashlib import sha256
from io import BytesIO
from itertools import count
from uuid import UUID, uuid5

import highdicom as hd
import pydicom.config
from highdicom.sr import Comprehensive3DSR, ContentSequence
from pydicom.dataset import Dataset
from pydicom.valuerep import DT

import api.reports.codes as codes
from api.reports.content import NOTICE, Content, Noun, Stack
from api.reports.dicom_text import line
from api.reports.sr_content import MAKER, report_of, uid_of

PLACEHOLDER = "2.25." + 39 * "9"  # no UUID is so large: PS3.5 section B.2
UNICODE = "ISO_IR 192"


def write(content: Content, header: Dataset) -> bytes:
    """header: patient and study, as `source_header` gives them. Blocking. Raises: ValueError without a stack."""
    _warn_of_no_value()
    if content.stack is None:
        raise ValueError("an SR names the images that it is of")
    encoded = _encoded(_document(content, content.stack, header))
    return encoded.replace(PLACEHOLDER.encode(), _uid(content.key, encoded).encode())


def _warn_of_no_value() -> None:
    """In this process: pydicom logs values that are none by PS3.5, such as UIDs with a leading zero, and says them."""
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def _uid(key: UUID, encoded: bytes) -> str:
    """As long as the placeholder, so that it takes its place: writing hundreds of findings twice would take seconds."""
    digest = sha256(encoded).hexdigest()
    return next(uid for n in count() if len(uid := uid_of(uuid5(key, f"{digest}/{n}"))) == len(PLACEHOLDER))


def _document(content: Content, stack: Stack, header: Dataset) -> Comprehensive3DSR:
    at = content.at.astimezone(UTC)
    software = content.analysis.model.version if content.analysis else "1"
    root = report_of(content)[0]
    sections, root.ContentSequence = root.ContentSequence, ContentSequence()
    document = Comprehensive3DSR(
        evidence=_evidence(stack, header),
        content=root,
        series_instance_uid=uid_of(uuid5(content.key, "series")),
        series_number=1,
        sop_instance_uid=PLACEHOLDER,
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=line(content.analysis.model.name) if content.analysis else MAKER,
        software_versions=line(software),
        device_serial_number="1",
        institution_name=line(content.organization),
        is_complete=content.noun is Noun.REVIEW or content.analysis is None or content.analysis.status == "SUCCEEDED",
        is_final=content.noun is Noun.REVIEW,
        series_description=NOTICE,
        content_qualification=hd.ContentQualificationValues.RESEARCH,
        content_date=at.date(),
        content_time=at.time().replace(microsecond=0),
        series_date=at.date(),
        series_time=at.time().replace(microsecond=0),
        specific_character_set=UNICODE,
    )
    # The library would copy hundreds of groups twice, and look in each for images that all are evidence.
    document.ContentSequence = sections
    document.InstanceCreationDate, document.InstanceCreationTime = document.ContentDate, document.ContentTime
    for library in document.ContributingEquipmentSequence:
        library.ContributionDateTime = DT(f"{at:%Y%m%d%H%M%S}+0000")
    document.CodingSchemeIdentificationSequence = [_own_scheme()]
    return document


def _evidence(stack: Stack, header: Dataset) -> list[Dataset]:
    """The source instances, each once; the first one with patient and study, which the document takes over."""
    instances = {frame.sop_instance_uid: frame.sop_class_uid for frame in stack.frames}
    evidence = []
    for number, (uid, sop_class) in enumerate(instances.items()):
        instance = Dataset()
        if number == 0:
            instance.update(header)
        instance.SOPClassUID, instance.SOPInstanceUID = sop_class, uid
        instance.StudyInstanceUID, instance.SeriesInstanceUID = stack.study_instance_uid, stack.series_instance_uid
        evidence.append(instance)
    return evidence


def _own_scheme() -> Dataset:
    """Where the codes come from that no standard has (PS3.3 C.12.1.1.1)."""
    scheme = Dataset()
    scheme.CodingSchemeDesignator = "99HILUM"
    scheme.CodingSchemeURLType = "FHIR"
    scheme.CodingSchemeURL = codes.SCHEMES["99HILUM"]
    scheme.CodingSchemeName = "Codes of Hilum"
    scheme.CodingSchemeResponsibleOrganization = MAKER
    return scheme


def _encoded(document: Dataset) -> bytes:
    target = BytesIO()
    document.save_as(target, enforce_file_format=True)
    return target.getvalue()
