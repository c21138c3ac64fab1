"""Make a report for whoever fetches it: read the rows, write it out in a thread.

Bounded in time and in how many are made at once; the threads' libraries are imported when the first one is made.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors import Conflict, Unavailable
from api.reports.content import Content, Format, Noun
from api.reports.offering import MEDIA_TYPES
from api.reports.reading import find_content
from api.storage.leaves import ReportLeave
from api.telemetry import span
from api.unit_of_work import House

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from api.reports.key_images import KeyImage

SUFFIXES = {Format.PDF: "pdf", Format.DICOM_SR: "dcm", Format.FHIR: "json"}
NO_IMAGES = "A DICOM SR names the images that it is of, and there are none here. Take another format."
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
        """None where the holder of the leave may not have it (any more). Raises: Unavailable where it takes too long,
        Conflict where there is nothing to make it of.

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
                    made = await self._make(content, format)
            except TimeoutError:
                raise Unavailable(TOO_LONG) from None
        return Made(made, MEDIA_TYPES[format], f"{noun.lower()}-report.{SUFFIXES[format]}")

    async def _make(self, content: Content, format: Format) -> bytes:
        """A thread cannot be stopped: what takes too long ends unheard, and is bounded by what is stored."""
        if format is Format.PDF:
            await asyncio.to_thread(_open_pdf)
            from api.reports.key_images import read_key_images

            images = await read_key_images(self._house, content)
            return await asyncio.to_thread(_pdf, content, images)
        if format is Format.DICOM_SR:
            if content.stack is None:
                raise Conflict(NO_IMAGES)
            await asyncio.to_thread(_open_sr)
            from api.reports.source_header import read_source_header

            return await asyncio.to_thread(_sr, content, await read_source_header(self._house, content))
        return await asyncio.to_thread(_fhir, content)


def _open_pdf() -> None:
    """Blocking: the libraries of pictures and fonts, when they are wanted first."""
    import api.reports.key_images
    import api.reports.pdf_document  # noqa: F401


def _pdf(content: Content, images: "Sequence[KeyImage]") -> bytes:
    """Blocking."""
    from api.reports.pdf_document import write

    return write(content, images)


def _open_sr() -> None:
    """Blocking."""
    import api.reports.source_header
    import api.reports.sr_document  # noqa: F401


def _sr(content: Content, header: "Dataset") -> bytes:
    """Blocking."""
    from api.reports.sr_document import write

    return write(content, header)


def _fhir(content: Content) -> bytes:
    """Blocking."""
    from api.reports.fhir_bundle import write

    return write(content)
