"""Headers of source instances, as a report in DICOM takes them over."""

from pydicom.dataset import Dataset

from api.reports.content import Content, Patient
from api.reports.source_header import header_of, known


def header_of_rows(content: Content) -> Dataset:
    """Where the file that was received says nothing."""
    return header_of(known(content.patient or Patient(), content.stack))
