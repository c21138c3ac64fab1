"""Options of the profile that keep more than its basic form (PS3.15 E.3), each by its own list of attributes."""

from enum import StrEnum

from pydicom.tag import BaseTag, Tag

BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")


class Option(StrEnum):
    """What may stay, besides."""

    PATIENT_CHARACTERISTICS = "patient-characteristics"
    DEVICE_IDENTITY = "device-identity"
    MODIFIED_DATES = "modified-dates"


# CID 7050 De-identification Method.
CODES = {
    Option.PATIENT_CHARACTERISTICS: ("113108", "Retain Patient Characteristics Option"),
    Option.DEVICE_IDENTITY: ("113109", "Retain Device Identity Option"),
    Option.MODIFIED_DATES: ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
}

# Those that the option's column of Table E.1-1 keeps (K). What it would clean (C), as free text, goes as in the basic
# profile: nobody here can tell whether a sentence names somebody.
_KEPT = {
    Option.PATIENT_CHARACTERISTICS: (
        "PatientSex", "PatientAge", "PatientSize", "PatientWeight", "EthnicGroup", "SmokingStatus", "PregnancyStatus",
        "PatientSexNeutered",
    ),
    Option.DEVICE_IDENTITY: (
        "DeviceSerialNumber", "StationName", "GantryID", "DetectorID", "GeneratorID", "CassetteID", "PlateID",
        "PerformedStationName", "ScheduledStationName",
    ),
    Option.MODIFIED_DATES: (),
}  # fmt: skip


def kept_by(options: frozenset[Option]) -> frozenset[BaseTag]:
    return frozenset(Tag(keyword) for option in options for keyword in _KEPT[option])
