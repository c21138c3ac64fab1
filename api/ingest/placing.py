"""Where an instance belongs: its patient, study and series within the organization, and the case that people read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from api.errors import Rejected, RejectionCode
from api.imaging.instance import Instance, PatientIdentity
from api.ingest.titles import default_title
from api.permissions import Action, Actor, is_allowed
from api.persistence import cases as case_rows
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Case, CaseStudy, Participant, Patient, Series, Study, Upload

TITLE_LENGTH = 200
Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Place:
    series_key: UUID
    case: Case


@dataclass
class Places:
    """Finds or makes the rows above an instance; one for each transaction, so that nothing rolled back is remembered.

    actor: who uploaded; a study that they cannot see is not theirs to add to.
    """

    session: AsyncSession
    upload: Upload
    actor: Actor
    _known: dict[tuple[str, str], Place] = field(default_factory=dict)
    _open: set[UUID] = field(default_factory=set)
    _changed: dict[UUID, Case] = field(default_factory=dict)
    _patients: dict[PatientIdentity, Patient] = field(default_factory=dict)

    async def find_or_make(self, instance: Instance) -> Place:
        """Raises Rejected(PATIENT_MISMATCH)."""
        await self._check_target()
        uids = (instance.study_instance_uid, instance.series_instance_uid)
        place = self._known.get(uids)
        if place is None:
            patient = await self._patient(instance.patient)
            study = await self._study(instance, patient)
            if await self._is_anothers(study):
                raise _mismatch()
            case = await self._case(instance, study, patient)
            place = Place((await self._series(instance, study)).key, case)
            self._known[uids] = place
        else:
            await self._check_patient(instance, place.case)
        self._changed[place.case.key] = place.case
        return place

    def changed_cases(self) -> list[Case]:
        """Cases that got something, in an order that every transaction keeps."""
        return [self._changed[key] for key in sorted(self._changed, key=str)]

    async def _check_patient(self, instance: Instance, case: Case) -> None:
        patient = await self._patient(instance.patient)
        if patient is not None and case.patient_key not in (None, patient.key):
            raise _mismatch()

    async def _patient(self, identity: PatientIdentity) -> Patient | None:
        """None for what names no patient: a picture."""
        if identity.patient_id is None:
            return None
        if identity in self._patients:
            return self._patients[identity]
        organization_key = self.upload.organization_key
        same = is_blind(Patient, "identity_blind", organization_key, identity.patient_id, identity.issuer)
        found = await self._find(Patient, same)
        if found is None:
            row = Patient(
                organization_key=organization_key,
                patient_id=identity.patient_id,
                issuer=identity.issuer,
                name=identity.name,
                birth_date=identity.birth_date,
                sex=identity.sex,
            )
            found = await self._make(row, same)
        self._patients[identity] = found
        return found

    async def _study(self, instance: Instance, patient: Patient | None) -> Study:
        organization_key = self.upload.organization_key
        same = is_blind(Study, "uid_blind", organization_key, instance.study_instance_uid)
        found = await self._find(Study, same)
        if found is None:
            row = Study(
                organization_key=organization_key,
                study_instance_uid=instance.study_instance_uid,
                patient_key=patient.key if patient else None,
                description=instance.study.description,
                accession_number=instance.study.accession_number,
                started_at=instance.study.started_at,
            )
            return await self._make(row, same)
        if patient is not None and found.patient_key not in (None, patient.key):
            raise _mismatch()
        return found

    async def _case(self, instance: Instance, study: Study, patient: Patient | None) -> Case:
        if self.upload.case_key is not None:
            case = await self.session.get_one(Case, self.upload.case_key, with_for_update=True)
            if patient is not None and case.patient_key not in (None, patient.key):
                raise _mismatch()
            if case.patient_key is None and patient is not None:
                case.patient_key = patient.key
        else:
            case = await self._holding(study) or await self._new_case(instance, patient)
        await self.session.execute(
            insert(CaseStudy).values(case_key=case.key, study_key=study.key).on_conflict_do_nothing()
        )
        return case

    async def _check_target(self) -> None:
        """The case chosen when the upload began may be deleted since, or the right to add to it taken away."""
        key = self.upload.case_key
        if key is None or key in self._open:
            return
        if key not in await self._may_add([key]):
            raise Rejected(
                RejectionCode.PATIENT_MISMATCH,
                "The case it was sent to was deleted, or is not yours to add to any more. Send it without a case.",
            )
        self._open.add(key)

    async def _holding(self, study: Study) -> Case | None:
        """The oldest case with the study that the uploader may add to; None where they see none with it.

        Raises Rejected where they see some and may add to none.
        """
        held = select(col(CaseStudy.case_key)).where(col(CaseStudy.study_key) == study.key)
        statement = case_rows.visible_cases(self.actor).where(col(Case.key).in_(held))
        seen = (await self.session.execute(statement.order_by(col(Case.created_at), col(Case.key)))).scalars().all()
        open_ones = await self._may_add([case.key for case in seen])
        case = next((case for case in seen if case.key in open_ones), None)
        if case is not None:
            return await self.session.get_one(Case, case.key, with_for_update=True)
        if seen:
            raise _mismatch()
        return None

    async def _may_add(self, case_keys: Sequence[UUID]) -> set[UUID]:
        subjects = await case_rows.subjects(self.session, self.actor, case_keys)
        return {key for key, subject in subjects.items() if is_allowed(self.actor, Action.CASE_ADD_IMAGES, subject)}

    async def _is_anothers(self, study: Study) -> bool:
        """Whether the study lies only in cases that are not the uploader's to see. Its UID alone must not open it.

        Deleted cases count: whoever could see them may send the images again, and nobody else.
        """
        held = select(col(Case.key)).join(CaseStudy, col(CaseStudy.case_key) == col(Case.key))
        held = held.where(col(CaseStudy.study_key) == study.key).limit(1)
        if await self.session.scalar(held) is None:
            return False
        return await self.session.scalar(held.where(case_rows.known_to(self.actor))) is None

    async def _new_case(self, instance: Instance, patient: Patient | None) -> Case:
        key, series = uuid4(), instance.series
        case = Case(
            key=key,
            organization_key=self.upload.organization_key,
            patient_key=patient.key if patient else None,
            title=(self.upload.title or default_title(series.modality, series.body_part, key))[:TITLE_LENGTH],
            status="RECEIVING",
            created_by=self.upload.user_key,
        )
        self.session.add(case)
        await self.session.flush()
        self.session.add(Participant(case_key=case.key, user_key=self.upload.user_key, access="OWNER"))
        await self.session.flush()
        return case

    async def _series(self, instance: Instance, study: Study) -> Series:
        same = is_blind(Series, "uid_blind", study.key, instance.series_instance_uid)
        facts = instance.series
        row = Series(
            study_key=study.key,
            series_instance_uid=instance.series_instance_uid,
            number=facts.number,
            description=facts.description,
            modality=facts.modality,
            body_part=facts.body_part,
            laterality=facts.laterality,
            frame_of_reference_uid=facts.frame_of_reference_uid,
        )
        return await self._find(Series, same) or await self._make(row, same)

    async def _find(self, table: type[Row], same: ColumnElement[bool]) -> Row | None:
        return await self.session.scalar(select(table).where(same))

    async def _make(self, row: Row, same: ColumnElement[bool]) -> Row:
        """Insert, or wait for whoever inserts the same and take theirs."""
        table = type(row)
        await self.session.execute(insert(table).values(**row.model_dump()).on_conflict_do_nothing())
        made = await self._find(table, same)
        assert made is not None
        return made


def _mismatch() -> Rejected:
    return Rejected(
        RejectionCode.PATIENT_MISMATCH,
        "It belongs to another patient than the case or study it would join. "
        "Send it without a case, or correct the patient id.",
    )
