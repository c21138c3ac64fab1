"""Rows as ingestion and analysis would leave them, for tests that only look."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from api.analyses.overlays import Overlay
from api.events.append import analysis_progressed, case_changed
from api.permissions import Actor, Role
from api.persistence import tables
from api.persistence.columns import now
from api.unit_of_work import House, UnitOfWork

UID_ROOT = "2.25"  # PS3.5 section B.2
STEPS = {"reading": 1.0, "preparing": 1.0, "asking": 1.0, "interpreting": 0.1}
OF_THE_MODEL = {"inferences": 96, "queue": 0.1, "compute": 0.8}


@dataclass
class MadeCase:
    case: tables.Case
    patient: tables.Patient
    study: tables.Study
    series: tables.Series
    stack: tables.Stack
    analysis: tables.Analysis
    findings: list[tables.Finding]


@dataclass
class Rows:
    house: House
    people: dict[str, tables.User] = field(default_factory=dict)
    _made: int = 0

    def actor(self, who: str) -> Actor:
        """For what is asked of features; in no session."""
        user = self.people[who]
        return Actor(user.key, user.organization_key, Role(user.role))

    async def case(self, owner: str = "clinician", title: str | None = None, urgency: str = "URGENT") -> MadeCase:
        """A CT of three frames with an analysis of two findings; each case a minute younger than the one before."""
        async with self.house.unit_of_work() as uow:
            return await self._add_case(uow, self.people[owner], title, urgency)

    async def share(self, made: MadeCase, who: str, access: str = "READER") -> tables.Participant:
        async with self.house.unit_of_work() as uow:
            participant = tables.Participant(case_key=made.case.key, user_key=self.people[who].key, access=access)
            uow.session.add(participant)
        return participant

    async def unshare(self, participant: tables.Participant) -> None:
        async with self.house.unit_of_work() as uow:
            await uow.session.delete(participant)

    async def change_case(self, made: MadeCase, title: str) -> None:
        async with self.house.unit_of_work() as uow:
            (await uow.session.get_one(tables.Case, made.case.key)).title = title
            uow.tell(*case_changed(made.case.key, made.case.organization_key))

    async def progress_analysis(self, made: MadeCase, progress: float) -> None:
        async with self.house.unit_of_work() as uow:
            (await uow.session.get_one(tables.Analysis, made.analysis.key)).progress = progress
            uow.tell(analysis_progressed(made.case.key, made.analysis.key))

    async def _add_case(self, uow: UnitOfWork, owner: tables.User, title: str | None, urgency: str) -> MadeCase:
        self._made += 1
        number, organization_key = self._made, owner.organization_key
        at = now() - timedelta(days=1) + timedelta(minutes=number)
        patient = tables.Patient(organization_key=organization_key, patient_id=f"P{number}", name=f"Doe^Jane{number}")
        study = tables.Study(
            organization_key=organization_key,
            patient_key=patient.key,
            study_instance_uid=f"{UID_ROOT}.{uuid4().int}",
            description="CT chest",
            accession_number=f"A{number}",
            started_at=at.replace(tzinfo=None, microsecond=0),
        )
        series = tables.Series(
            study_key=study.key, series_instance_uid=f"{study.study_instance_uid}.1", number=1, modality="CT"
        )
        instances = [_instance(organization_key, series, i) for i in range(3)]
        frames = [_frame(instance.key, i) for i, instance in enumerate(instances)]
        stack = _stack(series.key, [frame.key for frame in frames])
        case = tables.Case(
            organization_key=organization_key,
            patient_key=patient.key,
            title=title or f"Case {number}",
            status="READY",
            urgency=urgency,
            created_by=owner.key,
            created_at=at,
            updated_at=at,
        )
        analysis = tables.Analysis(
            organization_key=organization_key,
            case_key=case.key,
            stack_key=stack.key,
            model_name="lung_nodule",
            model_version="1",
            status="SUCCEEDED",
            stage="DONE",
            progress=1.0,
            scores=[{"label": "nodule", "probability": 0.9}],
            overlays=[Overlay("ATTENTION", "What it went by", 4, 4, 3, (1,)).told()],
            timing=STEPS | OF_THE_MODEL,
        )
        findings = [_finding(analysis.key, stack.key, i) for i in range(2)]
        uow.session.add_all([patient])
        await uow.session.flush()
        for level in ([study, case], [series], [stack, *instances], [*frames, analysis], findings):
            uow.session.add_all(level)
            await uow.session.flush()
        uow.session.add(tables.CaseStudy(case_key=case.key, study_key=study.key))
        uow.session.add(tables.Participant(case_key=case.key, user_key=owner.key, access="OWNER"))
        uow.tell(*case_changed(case.key, organization_key))
        return MadeCase(case, patient, study, series, stack, analysis, findings)


def _instance(organization_key: UUID, series: tables.Series, index: int) -> tables.Instance:
    return tables.Instance(
        key=uuid4(),
        organization_key=organization_key,
        series_key=series.key,
        sop_instance_uid=f"{series.series_instance_uid}.{index + 1}",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        pixel_digest="00" * 32,
        size=1000,
    )


def _frame(instance_key: UUID, index: int) -> tables.Frame:
    geometry = {
        "position": [-100.0, -100.0, 5.0 * index],
        "row_direction": [1.0, 0.0, 0.0],
        "column_direction": [0.0, 1.0, 0.0],
        "rescale_slope": 1.0,
        "rescale_intercept": -1024.0,
    }
    return tables.Frame(key=uuid4(), instance_key=instance_key, frame_number=1, geometry=geometry)


def _stack(series_key: UUID, frame_keys: list[UUID]) -> tables.Stack:
    return tables.Stack(
        series_key=series_key,
        ordinal=0,
        fingerprint=uuid4().hex,
        frame_keys=frame_keys,
        rows=512,
        columns=512,
        row_spacing=0.7,
        column_spacing=0.7,
        slice_spacing=5.0,
        photometric="MONOCHROME2",
        bits_stored=12,
        signed=False,
        unit="HU",
        windows=[{"name": "Lung", "center": -600.0, "width": 1500.0}],
        warnings=[{"code": "MISSING_SLICES", "message": "Slices 41 to 43 are missing."}],
    )


def _finding(analysis_key: UUID, stack_key: UUID, ordinal: int) -> tables.Finding:
    return tables.Finding(
        analysis_key=analysis_key,
        stack_key=stack_key,
        ordinal=ordinal,
        label="nodule",
        probability=0.9 - 0.4 * ordinal,
        above_threshold=ordinal == 0,
        frame_index=ordinal,
        left=10.0,
        top=20.0,
        width=12.0,
        height=12.0,
        diameter_mm=8.4,
        x=1.0,
        y=2.0,
        z=3.0,
    )
