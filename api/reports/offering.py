"""Which reports there are of an analysis or a review, and the address that each is made at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.permissions import Action, Actor, CaseSubject, is_allowed
from api.persistence.columns import now
from api.persistence.tables import Analysis, Review
from api.reports.content import Format, Noun
from api.unit_of_work import House

ENDED = frozenset({"SUCCEEDED", "FAILED", "UNSUITABLE", "CANCELLED"})
MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.DICOM_SR: "application/dicom",
    Format.FHIR: "application/fhir+json",
}
SHOWN_BY = {Noun.ANALYSIS: Action.CASE_SEE_ANALYSES, Noun.REVIEW: Action.CASE_SEE_REVIEWS}


@dataclass(frozen=True)
class Address:
    url: str
    media_type: str
    expires_at: datetime


def is_ready(actor: Actor | None, subject: CaseSubject | None, of: Analysis | Review, format: Format) -> bool:
    """subject: the case as it is to the actor. An analysis has reports once it has ended; a DICOM SR where it had
    images, for it names them."""
    if isinstance(of, Analysis) and (of.status not in ENDED or (format is Format.DICOM_SR and of.stack_key is None)):
        return False
    noun = Noun.REVIEW if isinstance(of, Review) else Noun.ANALYSIS
    return may_have(actor, subject, noun, format)


def may_have(actor: Actor | None, subject: CaseSubject | None, noun: Noun, format: Format) -> bool:
    """A DICOM SR names its source instances (PS3.3 C.17.2.2), and so is for whoever may see identity alone."""
    if actor is None or subject is None:
        return False
    needed = {Action.CASE_SEE, Action.CASE_DOWNLOAD, SHOWN_BY[noun]}
    if format is Format.DICOM_SR:
        needed.add(Action.CASE_SEE_IDENTITY)
    return all(is_allowed(actor, action, subject) for action in needed)


def address(house: House, actor: Actor, of: Analysis | Review, format: Format) -> Address:
    """Of a report that is ready; it ends with the actor's session, and what it opens is asked for again when used."""
    noun = Noun.REVIEW if isinstance(of, Review) else Noun.ANALYSIS
    expires_at = now().replace(microsecond=0) + timedelta(seconds=house.settings.frame_url_seconds)
    url = house.addresses.report(actor, noun, of.key, format, expires_at)
    return Address(url, MEDIA_TYPES[format], expires_at)
