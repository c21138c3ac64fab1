"""Make a report for whoever fetches it: read the rows, write it out in a thread.

Bounded in time and in how many are made at once; the threads' libraries are imported when the first one is made.
"""

import asyncio
from dataclasses import dataclass

from api.errors import Unavailable
from api.reports.content import Content, Format, Noun
from api.reports.offering import MEDIA_TYPES
from api.reports.reading import find_content
from api.storage.leaves import ReportLeave
from api.telemetry import span
from api.unit_of_work import House

SUFFIXES = {Format.PDF: "pdf", Format.DICOM_SR: "dcm", Format.FHIR: "json"}
TOO_LONG = "The report takes too long to make just now. Ask for it again in a moment."


@dataclass(frozen=True)
class Made:
    """file_name: says what it is, and nothing of whom."""

    content: bytes
    media_type: str
    file_name: str


class Reports:
    def __init__(self, house: House) -> None:
        self._house = house
        self._places = asyncio.Semaphore(house.settings.concurrent_reports)

    async def find(self, leave: ReportLeave, address: str | None) -> Made | None:
        """None where the holder of the leave may not have it (any more). Raises: Unavailable where it takes too long.

        address: the client's, for the audit, which is written before the first byte goes.
        """
        noun, format = Noun(leave.noun), Format(leave.format)
        with span("case:download"):
            try:
                async with asyncio.timeout(self._house.settings.report_seconds), self._places:
                    async with self._house.unit_of_work(leave.actor, address) as uow:
                        content = await find_content(uow, noun, leave.key, format)
                    if content is None:
                        return None
                    # A thread cannot be stopped: what takes too long ends unheard, and is bounded by what is stored.
                    made = await asyncio.to_thread(_write, content)
            except TimeoutError:
                raise Unavailable(TOO_LONG) from None
        return Made(made, MEDIA_TYPES[format], f"{noun.lower()}-report.{SUFFIXES[format]}")


def _write(content: Content) -> bytes:
    """Blocking."""
    from api.reports.fhir_bundle import write

    return write(content)
