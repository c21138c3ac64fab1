"""Walk a data set and do to each attribute what the table says, in nested items too."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import BytesIO
from typing import BinaryIO

from pydicom import config, dcmread, dcmwrite
from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from api.imaging.deidentification.attribute_actions import Code, code_of
from api.imaging.deidentification.burned_in import pixels_at_risk
from api.imaging.deidentification.options import BASIC_PROFILE, CODES, Option, kept_by
from api.imaging.deidentification.pseudonyms import Pseudonyms

DEEPEST = 20  # items within items
IMPLEMENTATION = UID("2.25.158426720114383129042863217064126361277")  # Hilum's own, a UUID once for all
PATIENT_NAME, PATIENT_ID = BaseTag(0x00100010), BaseTag(0x00100020)
ITEMS, PIXEL_GROUP = "SQ", 0x7FE0
_DUMMIES: dict[str, object] = {
    "AE": "REMOVED", "AS": "000Y", "CS": "REMOVED", "DA": "19000101", "DS": "0", "DT": "19000101000000", "IS": "0",
    "LO": "REMOVED", "LT": "REMOVED", "PN": "REMOVED", "SH": "REMOVED", "ST": "REMOVED", "TM": "000000",
    "UC": "REMOVED", "UR": "http://removed.invalid", "UT": "REMOVED", "AT": 0,
    "FD": 0.0, "FL": 0.0, "SL": 0, "SS": 0, "SV": 0, "UL": 0, "US": 0, "UV": 0,
    "OB": b"\0\0", "OD": b"\0" * 8, "OF": b"\0" * 4, "OL": b"\0" * 4, "OV": b"\0" * 8, "OW": b"\0\0", "UN": b"\0\0",
}  # fmt: skip


class CannotDeidentify(Exception):
    """The instance is left out: its text says why, in words for the user and without patient data."""


def deidentify_file(source: BinaryIO, pseudonyms: Pseudonyms, options: frozenset[Option] = frozenset()) -> bytes:
    """A DICOM file (PS3.10, with preamble) of the same image without identity.

    source: a DICOM file, seekable. Raises: CannotDeidentify.
    """
    with _lenient():
        try:
            data_set = dcmread(BytesIO(source.read()))  # a buffered reader without a name it cannot take
            if "TransferSyntaxUID" not in data_set.file_meta:
                raise CannotDeidentify("It does not say how it is encoded.")
            deidentify(data_set, pseudonyms, options)
            target = BytesIO()
            dcmwrite(target, data_set, enforce_file_format=True)
        except InvalidDicomError:
            raise CannotDeidentify("It is no DICOM file.") from None
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError, NotImplementedError, OSError) as error:
            # pydicom's texts quote what they could not read.
            raise CannotDeidentify(f"Its header cannot be read as DICOM ({type(error).__name__}).") from None
    return target.getvalue()


def deidentify(data_set: Dataset, pseudonyms: Pseudonyms, options: frozenset[Option] = frozenset()) -> None:
    """In place. Raises: CannotDeidentify where pixels may show text, or items are nested beyond reason."""
    reason = pixels_at_risk(data_set)
    if reason is not None:
        raise CannotDeidentify(reason)
    patient_id = str(data_set.get("PatientID", "") or "")
    walk = _Walk(pseudonyms, kept_by(options), Option.MODIFIED_DATES in options, patient_id)
    walk.clean(data_set)
    stand_in = pseudonyms.patient(patient_id)
    data_set.PatientName = data_set.PatientID = stand_in
    _say_so(data_set, options)
    _renew_meta(data_set)


class _Walk:
    def __init__(self, pseudonyms: Pseudonyms, kept: frozenset[BaseTag], shifts: bool, patient_id: str) -> None:
        self._pseudonyms = pseudonyms
        self._kept = kept
        self._shift: timedelta | None = pseudonyms.days(patient_id) if shifts else None

    def clean(self, data_set: Dataset, depth: int = 0) -> None:
        if depth > DEEPEST:
            raise CannotDeidentify(f"Its items are nested more than {DEEPEST} deep.")
        for tag in list(data_set.keys()):
            # What no dictionary knows could be anything: it goes with the private attributes.
            if tag.is_private or tag.element == 0 or not dictionary_has_tag(tag):
                del data_set[tag]
            elif tag.group != PIXEL_GROUP:
                self._clean_element(data_set, tag, depth)

    def _clean_element(self, data_set: Dataset, tag: BaseTag, depth: int) -> None:
        code = None if tag in self._kept else code_of(tag)
        if code is Code.REMOVE and not self._moves(data_set, tag):
            del data_set[tag]
            return
        element = data_set[tag]
        if code is Code.EMPTY and not self._moves(data_set, tag):
            data_set[tag] = DataElement(tag, element.VR, Sequence() if element.VR == ITEMS else None)
        elif element.VR == ITEMS:
            for item in element.value or ():
                if code is Code.DUMMY:
                    self._replace_all(item, depth + 1)
                self.clean(item, depth + 1)
        elif code is Code.UID or (code is not None and element.VR == "UI"):
            data_set[tag] = DataElement(tag, "UI", self._uids(element.value))
        elif code is not None and self._moves(data_set, tag):
            data_set[tag] = DataElement(tag, element.VR, self._moved(element))
        elif code is Code.DUMMY:
            data_set[tag] = DataElement(tag, element.VR, _DUMMIES.get(element.VR, ""))

    def _replace_all(self, item: Dataset, depth: int) -> None:
        """Of an item that is to be replaced as a whole, whatever is not an item itself."""
        if depth > DEEPEST:
            raise CannotDeidentify(f"Its items are nested more than {DEEPEST} deep.")
        for element in list(item):
            if element.VR == ITEMS:
                for inner in element.value or ():
                    self._replace_all(inner, depth + 1)
            elif element.VR == "UI":
                item[element.tag] = DataElement(element.tag, "UI", self._uids(element.value))
            else:
                item[element.tag] = DataElement(element.tag, element.VR, _DUMMIES.get(element.VR, ""))

    def _uids(self, value: object) -> str | list[str]:
        if isinstance(value, MultiValue | list | tuple):
            return [self._pseudonyms.uid(str(uid)) for uid in value]
        return self._pseudonyms.uid(str(value)) if value else ""

    def _moves(self, data_set: Dataset, tag: BaseTag) -> bool:
        """Whether the attribute is a date that is moved instead of removed; a birth date is never."""
        return self._shift is not None and data_set[tag].VR in ("DA", "DT") and tag.group != 0x0010

    def _moved(self, element: DataElement) -> str | list[str]:
        values = element.value if isinstance(element.value, MultiValue) else [element.value]
        moved = [self._moved_text(str(value)) for value in values if value]
        return moved if len(moved) > 1 else "".join(moved)

    def _moved_text(self, text: str) -> str:
        """YYYYMMDD and what follows it (PS3.5 6.2); a text of another form is replaced. The offset from UTC goes."""
        assert self._shift is not None
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + self._shift
        except (ValueError, OverflowError):
            return "19000101"
        return f"{day:%Y%m%d}{text[8:].split('+')[0].split('-')[0]}"


def _say_so(data_set: Dataset, options: frozenset[Option]) -> None:
    """PS3.15 E.1.1 and E.3.6; C.12.1.1.7. (0028,0301) stays as it was: pixels were not cleaned."""
    data_set.PatientIdentityRemoved = "YES"
    codes = [BASIC_PROFILE, *(CODES[option] for option in sorted(options))]
    data_set.DeidentificationMethod = [f"DICOM PS3.15 Annex E: {meaning}"[:64] for _, meaning in codes]
    items = []
    for value, meaning in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning[:64]
        items.append(item)
    data_set.DeidentificationMethodCodeSequence = Sequence(items)
    data_set.LongitudinalTemporalInformationModified = "MODIFIED" if Option.MODIFIED_DATES in options else "REMOVED"


def _renew_meta(data_set: Dataset) -> None:
    """A file meta group of our own, and a preamble of zeros: both could hold anything (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    meta.TransferSyntaxUID = data_set.file_meta.TransferSyntaxUID
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = "HILUM"
    data_set.file_meta = meta
    data_set.preamble = b"\0" * 128


@contextmanager
def _lenient() -> Iterator[None]:
    """pydicom tells of odd values by warnings that quote them; here nobody needs to know."""
    with config.disable_value_validation():
        yield
