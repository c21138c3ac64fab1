"""Find cases by text: words of title, patient name and study description by their beginnings; ids by all of them.

Each word of the text, of three letters or more the beginning of one, must be found somewhere; a word that is a whole
patient id or accession number is found by that. Case, marks and blanks do not matter.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.permissions import Actor
from api.persistence.sealing.folding import whole, words
from api.persistence.sealing.index_columns import Term, holds_any
from api.persistence.tables import Case, CaseStudy, Participant, Patient, Study

Organizations = Sequence[UUID]
Places = Sequence[tuple[str, str]]  # column and what is looked for in it

TITLE, NAME, PATIENT_ID = "cases.title", "patients.name", "patients.patient_id"
DESCRIPTION, ACCESSION_NUMBER = "studies.description", "studies.accession_number"


async def organizations(session: AsyncSession, actor: Actor) -> Organizations:
    """Whose cases the actor may see: each organization has an index of its own, which no other's can be told from."""
    shared = (
        select(col(Case.organization_key))
        .join(Participant, col(Participant.case_key) == col(Case.key))
        .where(col(Participant.user_key) == actor.user_key)
        .distinct()
    )
    return sorted({actor.organization_key, *(await session.execute(shared)).scalars()}, key=str)


def matches(text: str, within: Organizations, *, by_identity: bool) -> ColumnElement[bool]:
    """text: not blank. by_identity: whether patients' names and ids are looked at."""

    def found(places: Places) -> ColumnElement[bool]:
        return _found([place for place in places if by_identity or place[0] not in (NAME, PATIENT_ID)], within)

    asked = []
    for token in text.split():
        if len(parts := words(token)) == 1:
            asked.append(found([*_as_word(parts[0]), *_as_identifier(token)]))
        elif parts:
            asked.append(or_(found(_as_identifier(token)), and_(*(found(_as_word(part)) for part in parts))))
    # Signs alone are in no index; but an id may have blanks in it.
    return or_(found(_as_identifier(text)), and_(*asked) if asked else false())


def _as_word(word: str) -> Places:
    return [(place, word) for place in (TITLE, NAME, DESCRIPTION)]


def _as_identifier(text: str) -> Places:
    return [(place, folded) for place in (PATIENT_ID, ACCESSION_NUMBER) for folded in whole(text)]


def _found(places: Places, within: Organizations) -> ColumnElement[bool]:
    """Cases where one of the places holds what is looked for."""
    terms = [Term(place, organization_key, text) for place, text in places for organization_key in within]
    of_case = [term for term in terms if term.place == TITLE]
    of_patient = [term for term in terms if term.place in (NAME, PATIENT_ID)]
    of_study = [term for term in terms if term.place in (DESCRIPTION, ACCESSION_NUMBER)]
    conditions: list[ColumnElement[bool]] = []
    if of_case:
        conditions.append(holds_any(Case, of_case))
    if of_patient:
        # Found once, by the index; asked of each case it would be walked over and over.
        patients = select(col(Patient.key)).where(holds_any(Patient, of_patient))
        conditions.append(col(Case.patient_key).in_(patients))
    if of_study:
        held = select(col(CaseStudy.case_key)).join(Study, col(Study.key) == col(CaseStudy.study_key))
        conditions.append(col(Case.key).in_(held.where(holds_any(Study, of_study))))
    return or_(false(), *conditions)
