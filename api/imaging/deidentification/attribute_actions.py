"""What Table E.1-1 of PS3.15 says of each attribute, from the table that dicom-anonymizer (BSD-3) keeps: edition 2026c.

Only the table is taken from there. The walk is ours: theirs leaves nested items untouched, writes dummy dates where the
Standard removes, and remembers UIDs for as long as the process lives.
"""

from enum import StrEnum
from functools import cache

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.tag import BaseTag, Tag

EDITION = "2026c"


class Code(StrEnum):
    """The action codes of PS3.15 Table E.1-1a, alternatives settled for any IOD: what an attribute's type in an IOD
    could require is given, so that no instance loses its conformance."""

    DUMMY = "D"  # also Z/D, X/D and X/Z/D: a Type 1 attribute stays one
    EMPTY = "Z"  # also X/Z: a Type 2 attribute stays one
    REMOVE = "X"
    UID = "U"
    REFERENCE = "X/Z/U*"  # sequences of references: their UIDs are replaced, the rest as the table says


_LISTS = {
    "D_TAGS": Code.DUMMY,
    "Z_TAGS": Code.EMPTY,
    "X_TAGS": Code.REMOVE,
    "U_TAGS": Code.UID,
    "Z_D_TAGS": Code.DUMMY,
    "X_Z_TAGS": Code.EMPTY,
    "X_D_TAGS": Code.DUMMY,
    "X_Z_D_TAGS": Code.DUMMY,
    "X_Z_U_STAR_TAGS": Code.REFERENCE,
}


def code_of(tag: BaseTag) -> Code | None:
    """None for an attribute that the table does not list."""
    single, repeating = _table()
    code = single.get(int(tag))
    if code is not None:
        return code
    return next((found for value, mask, found in repeating if int(tag) & mask == value), None)


def listed_tags() -> dict[BaseTag, Code]:
    """Every attribute of the table that has a tag of its own; repeating groups (50xx, 60xx) are left out."""
    return {Tag(value): code for value, code in _table()[0].items()}


@cache
def _table() -> tuple[dict[int, Code], tuple[tuple[int, int, Code], ...]]:
    single: dict[int, Code] = {}
    repeating: list[tuple[int, int, Code]] = []
    database = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    for name, code in _LISTS.items():
        for entry in database[name]:
            value = entry[0] << 16 | entry[1]
            if len(entry) == 2:
                single[value] = code
            else:
                mask = entry[2] << 16 | entry[3]
                repeating.append((value & mask, mask, code))
    return single, tuple(repeating)
