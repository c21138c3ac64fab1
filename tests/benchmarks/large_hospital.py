"""Two hospitals of many cases: each has one with a stack of 500 frames, the others one frame each."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import SQLModel

from api.persistence import tables
from api.persistence.columns import now
from api.unit_of_work import House, UnitOfWork
from tests.schema.rows import UID_ROOT

CASES = 5000
SHARED = 500  # of the first hospital's cases, those in which the guest takes part
FRAMES = 500
FINDINGS = 3
BATCH = 500


async def fill(house: House) -> dict[str, UUID]:
    """Keys: of a clinician, a guest of the other hospital, a patient; of the large case and its stack."""
    own, other = tables.Organization(name="Own"), tables.Organization(name="Other")
    people = {
        name: tables.User(
            organization_key=(other if name == "guest" else own).key,
            email=f"{name}@test.example",
            display_name=name.capitalize(),
            role="PATIENT" if name == "patient" else "CLINICIAN",
        )
        for name in ("clinician", "guest", "patient")
    }
    async with house.unit_of_work() as uow:
        uow.session.add_all([own, other])
        await uow.session.flush()
        uow.session.add_all(people.values())
    cases: list[UUID] = []
    stacks: list[UUID] = []
    for owner in ("clinician", "guest"):
        for first in range(0, CASES, BATCH):
            async with house.unit_of_work() as uow:
                made = await _make(uow, people[owner], first)
            if owner == "clinician":
                cases += made[0]
                stacks += made[1]
    shared = [tables.Participant(case_key=key, user_key=people["guest"].key, access="READER") for key in cases[:SHARED]]
    shared.append(tables.Participant(case_key=cases[0], user_key=people["patient"].key, access="READER"))
    async with house.unit_of_work() as uow:
        await _insert(uow, shared)
    return {name: user.key for name, user in people.items()} | {"case": cases[0], "stack": stacks[0]}


async def _make(uow: UnitOfWork, owner: tables.User, first: int) -> tuple[list[UUID], list[UUID]]:
    """Keys of the batch's cases and stacks."""
    organization, at = owner.organization_key, now()
    numbers = range(first, first + BATCH)
    patients = [tables.Patient(organization_key=organization, patient_id=f"P{n}", name=f"Doe^Jane{n}") for n in numbers]
    studies = [
        tables.Study(
            organization_key=organization,
            patient_key=patient.key,
            study_instance_uid=f"{UID_ROOT}.{uuid4().int}",
            description="CT chest",
        )
        for patient in patients
    ]
    series = [tables.Series(study_key=study.key, series_instance_uid="2.25.1", modality="CT") for study in studies]
    frames = [_frames(organization, one, FRAMES if n == 0 else 1) for n, one in zip(numbers, series, strict=True)]
    stacks = [_stack(one, [frame.key for _, frame in rows]) for one, rows in zip(series, frames, strict=True)]
    cases = [
        tables.Case(
            organization_key=organization,
            patient_key=patient.key,
            title=f"Case {n}",
            status="READY",
            urgency="ROUTINE",
            created_by=owner.key,
            created_at=at - timedelta(minutes=n),
        )
        for n, patient in zip(numbers, patients, strict=True)
    ]
    analyses = [_analysis(case, stack) for case, stack in zip(cases, stacks, strict=True)]
    for rows in (patients, studies, series, [row for of_one in frames for row, _ in of_one]):
        await _insert(uow, rows)
    await _insert(uow, [row for of_one in frames for _, row in of_one])
    for more in (stacks, cases):
        await _insert(uow, more)
    held = zip(cases, studies, strict=True)
    await _insert(uow, [tables.CaseStudy(case_key=case.key, study_key=study.key) for case, study in held])
    await _insert(uow, [tables.Participant(case_key=case.key, user_key=owner.key, access="OWNER") for case in cases])
    await _insert(uow, analyses)
    await _insert(uow, [_finding(analysis, place) for analysis in analyses for place in range(FINDINGS)])
    return [case.key for case in cases], [stack.key for stack in stacks]


async def _insert(uow: UnitOfWork, rows: Sequence[SQLModel]) -> None:
    await uow.session.execute(insert(type(rows[0])), [row.model_dump() for row in rows])


def _frames(organization: UUID, series: tables.Series, count: int) -> list[tuple[tables.Instance, tables.Frame]]:
    made = []
    for number in range(count):
        instance = tables.Instance(
            key=uuid4(),
            organization_key=organization,
            series_key=series.key,
            sop_instance_uid=f"{UID_ROOT}.{uuid4().int}",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            pixel_digest="00" * 32,
            size=1000,
        )
        geometry = {"position": [0.0, 0.0, float(number)]}
        made.append((instance, tables.Frame(key=uuid4(), instance_key=instance.key, frame_number=1, geometry=geometry)))
    return made


def _stack(series: tables.Series, frame_keys: list[UUID]) -> tables.Stack:
    return tables.Stack(
        series_key=series.key,
        ordinal=0,
        fingerprint="",
        frame_keys=frame_keys,
        rows=512,
        columns=512,
        photometric="MONOCHROME2",
        bits_stored=12,
        signed=False,
    )


def _analysis(case: tables.Case, stack: tables.Stack) -> tables.Analysis:
    return tables.Analysis(
        organization_key=case.organization_key,
        case_key=case.key,
        stack_key=stack.key,
        model_name="lung_nodule",
        model_version="1",
        status="SUCCEEDED",
        stage="DONE",
        progress=1.0,
    )


def _finding(analysis: tables.Analysis, ordinal: int) -> tables.Finding:
    assert analysis.stack_key is not None
    return tables.Finding(
        analysis_key=analysis.key,
        stack_key=analysis.stack_key,
        ordinal=ordinal,
        label="nodule",
        probability=0.9,
        above_threshold=True,
        frame_index=0,
        diameter_mm=6.0,
    )
