"""Reports of an analysis or a review, as FHIR, PDF or DICOM SR: made from rows and stored frames when they are fetched.

Nothing of a report is stored, so that none is ever stale. Whatever is heavy is imported when the first one is made.
"""

from api.reports.content import NOTICE, Format, Noun
from api.reports.offering import Address, address, is_ready
from api.reports.running import Made, Reports

__all__ = ["NOTICE", "Address", "Format", "Made", "Noun", "Reports", "address", "is_ready"]
