"""Patient and study as a source instance's own header has them, for the DICOM SR that goes beside it.

An SR belongs to the study it reports of, so that a PACS files it there: what PS3.3 C.7.1.1, C.7.2.1 and C.7.2.2 list is
copied as the scanner wrote it. Where the file cannot be read, or is a picture, rows say what they know.
"""

import asyncio
import logging
from collections.abc import Mapping

from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.valuerep import validate_value

from api.errors import Rejected
from api.imaging.attributes import tag_of
from api.imaging.data_set_file import is_dicom, open_data_set
from api.reports.content import Content, Patient, Stack
from api.reports.dicom_text import LONGEST, line
from api.storage.object_store import ObjectDamaged, ObjectMissing, ObjectReader
from api.unit_of_work import House

log = logging.getLogger(__name__)

COPIED = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "TypeOfPatientID", "PatientBirthDate", "PatientBirthTime"),
    *("PatientSex", "EthnicGroup", "PatientIdentityRemoved", "DeidentificationMethod"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "StudyDescription", "ReferringPhysicianName"),
    *("PatientAge", "PatientSize", "PatientWeight"),
)
SEXES = frozenset(("M", "F", "O"))  # PS3.3 table C.7-1; highdicom takes no other
DATES = frozenset(("PatientBirthDate", "StudyDate"))
REQUIRED = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
            "AccessionNumber", "ReferringPhysicianName")  # fmt: skip  # type 2: there, if empty
_WANTED = frozenset(tag_of(keyword) for keyword in (*COPIED, "SpecificCharacterSet"))
_HEAD_BYTES = 1024


async def read_source_header(house: House, content: Content) -> Dataset:
    """Values that are none by PS3.5 are left out: a report must not be refused for what another wrote."""
    stack = content.stack
    written: Mapping[str, str] = {}
    if stack is not None and stack.frames:
        try:
            file = await house.store.open(f"instances/{stack.frames[0].instance_key}")
            written = await asyncio.to_thread(read_values, file)
        except (ObjectMissing, ObjectDamaged, Rejected) as error:
            log.warning("a source header of a report cannot be read: %s", type(error).__name__)
    return header_of({**known(content.patient or Patient(), stack), **written})


def header_of(values: Mapping[str, str]) -> Dataset:
    """values: by keyword, as text."""
    header = Dataset()
    for keyword in REQUIRED:
        setattr(header, keyword, "")
    for keyword, value in values.items():
        single = line(value, longest=len(value))
        told = _shortened(single) if dictionary_VR(tag_of(keyword)) == "PN" else single
        if _is_value(keyword, told):
            setattr(header, keyword, told)
    return header


def read_values(file: ObjectReader) -> dict[str, str]:
    """Blocking. Raises: Rejected where it is no DICOM that can be read, ObjectDamaged."""
    with file:
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        if not is_dicom(head):
            return {}
        attributes = open_data_set(file, _WANTED).attributes
    found = {}
    for keyword in COPIED:
        day = attributes.date(keyword) if keyword in DATES else None
        value = f"{day:%Y%m%d}" if day else attributes.text(keyword)
        if value:
            found[keyword] = value
    return found


def known(patient: Patient, stack: Stack | None) -> dict[str, str]:
    values = {
        "PatientName": patient.name,
        "PatientID": patient.patient_id,
        "IssuerOfPatientID": patient.issuer,
        "PatientBirthDate": f"{patient.birth_date:%Y%m%d}" if patient.birth_date else None,
        "PatientSex": patient.sex,
        "AccessionNumber": stack.accession_number if stack else None,
        "StudyDescription": stack.study_description if stack else None,
        "StudyDate": f"{stack.started_at:%Y%m%d}" if stack and stack.started_at else None,
        "StudyTime": f"{stack.started_at:%H%M%S}" if stack and stack.started_at else None,
    }
    return {keyword: value for keyword, value in values.items() if value}


def _shortened(name: str) -> str:
    """A name that is too long is told as far as there is room, since the ID beside it says whose it is.

    One component alone gets the `^` that means nothing, else highdicom warns on stderr of a name, and says it.
    """
    shortened = "=".join(group[: LONGEST - 1] for group in name.split("=")[:3])
    return shortened if "^" in shortened else f"{shortened}^"


def _is_value(keyword: str, value: str) -> bool:
    if keyword == "PatientSex" and value not in SEXES:
        return False
    try:
        validate_value(dictionary_VR(tag_of(keyword)), value, config.RAISE)
    except ValueError:
        return False
    return True
