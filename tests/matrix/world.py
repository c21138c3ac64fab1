"""Two organizations with somebody in every seat, and for each seat a holding in every situation.

Sessions and API keys are real ones; comments, annotations, feedback and reviews are written by the features that write
them. This is the only place where seats get their credentials.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import col

from api import annotations, comments, feedback, partners, reviews
from api.annotations import AnnotationKind, Drawing
from api.comments import Audience
from api.events.append import analysis_progressed, case_changed, participants_changed, upload_progressed
from api.feedback import Agreement, Opinion
from api.identity import api_keys
from api.notifications import NotificationKind
from api.permissions import Action, Actor, Role
from api.persistence import tables
from api.persistence.columns import now
from api.persistence.places import Place
from api.unit_of_work import House, UnitOfWork
from schema.node_ids import node_id
from tests.matrix.holdings import Holding, Situation, nothing, type_of
from tests.matrix.seats import KEYS, NOBODY, PEOPLE, Seat
from tests.schema.rows import MadeCase, Rows

HOME, ABROAD = "home", "abroad"
FOREIGN = (Situation.SHARED, Situation.STRANGERS)
SEATS_ACCESS = {Situation.OWN: "OWNER", Situation.CONTRIBUTED: "CONTRIBUTOR", Situation.SHARED: "READER"}
FILE_BYTES = 100
PASSWORD = "Nine-quiet-Lanterns"
FRAME = b"a codestream"


class HasKey(Protocol):
    key: UUID


@dataclass
class World:
    """tokens: what a seat comes with. holdings: by seat. holding_of: noun and holding, by id."""

    house: House
    rows: Rows
    organizations: dict[str, UUID] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    holdings: dict[str, Mapping[Situation, Holding]] = field(default_factory=dict)
    holding_of: dict[str, tuple[str, Holding]] = field(default_factory=dict)
    foreigners: set[str] = field(default_factory=set)  # ids of users of the other organization; no seat is there

    def everybody(self) -> Iterator[tuple[Seat, Mapping[Situation, Holding]]]:
        """Each seat, and what it holds."""
        for seat in self.seats.values():
            yield seat, self.holdings[seat.name]

    def organization_of(self, user_id: str) -> UUID:
        return self.organizations[ABROAD if user_id in self.foreigners else HOME]


async def make_world(house: House) -> World:
    world = World(house, Rows(house))
    await _settle(world)
    for role in PEOPLE:
        await _seat_person(world, role)
    for name in KEYS:
        await _seat_key(world, name)
    for seat in world.seats.values():
        assert seat.actor is not None
        held: dict[Situation, Holding] = {
            situation: await _hold(world, seat.name, seat.actor, situation)
            for situation in Situation
            if situation is not Situation.NOTHING
        }
        world.holdings[seat.name] = {**held, Situation.NOTHING: nothing(held[Situation.OWN])}
        for holding in held.values():
            world.holding_of |= {id: (noun, holding) for noun, id in holding.ids.items()}
    world.seats[NOBODY] = Seat(NOBODY, None)
    world.holdings[NOBODY] = world.holdings[Role.CLINICIAN]
    return world


async def fresh_token(world: World, seat: Seat) -> str:
    """Of a session that may be ended; a key has but one secret."""
    if seat.actor is None or seat.actor.session_key is None:
        return world.tokens.get(seat.name, "")
    session = _session(seat.actor.user_key)
    async with world.house.unit_of_work() as uow:
        uow.session.add(session)
    return world.house.tokens.issue(seat.actor.user_key, session.key)[0]


async def _settle(world: World) -> None:
    async with world.house.unit_of_work() as uow:
        for name in (HOME, ABROAD):
            organization = tables.Organization(name=f"Hospital {name}")
            uow.session.add(organization)
            await uow.session.flush()
            world.organizations[name] = organization.key
            for role, who in ((Role.CLINICIAN, "doctor"), (Role.ADMINISTRATOR, "chief")):
                await _add_user(world, uow, f"{who} {name}", name, role)


async def _add_user(world: World, uow: UnitOfWork, name: str, place: str, role: Role) -> tables.User:
    user = tables.User(
        organization_key=world.organizations[place],
        email=f"{uuid4()}@test.example",
        display_name=name,
        role=role.value,
        specialty="Radiology",
    )
    uow.session.add(user)
    await uow.session.flush()
    world.rows.people[name] = user
    if place == ABROAD:
        world.foreigners.add(str(node_id("User", user.key)))
    return user


async def _seat_person(world: World, role: Role) -> None:
    """With an account of the directory, so that there is a second factor to ask for."""
    async with world.house.unit_of_work() as uow:
        user = await _add_user(world, uow, role, HOME, role)
        user.subject = await world.house.directory.register(user.email, PASSWORD, confirmed=True)
        session = _session(user.key)
        uow.session.add(session)
    world.seats[role] = Seat(role, Actor(user.key, user.organization_key, role, session.key))
    world.tokens[role], _ = world.house.tokens.issue(user.key, session.key)


async def _seat_key(world: World, name: str) -> None:
    async with world.house.unit_of_work(world.rows.actor(f"chief {HOME}")) as uow:
        made = await partners.create_key(uow, name, KEYS[name], None)
        actor = await api_keys.find_actor(uow.session, made.secret)
        assert actor is not None
        user = await uow.session.get_one(tables.User, actor.user_key)
    world.rows.people[name] = user
    world.seats[name], world.tokens[name] = Seat(name, actor), made.secret


async def _hold(world: World, seat: str, actor: Actor, situation: Situation) -> Holding:
    place = ABROAD if situation in FOREIGN else HOME
    doctor, owner = f"doctor {place}", seat if situation is Situation.OWN else f"doctor {place}"
    owned_by = world.rows.people[owner].key
    made = await world.rows.case(owner)
    ids = _ids_of(made)
    async with world.house.unit_of_work() as uow:
        await _complete(uow, made)
        bystander = await _add_user(world, uow, f"bystander {uuid4()}", place, Role.CLINICIAN)
        patient = await _add_user(world, uow, f"patient {uuid4()}", place, Role.PATIENT)
        others = [await _add_case(uow, made, owned_by) for _ in range(2)]
        of_bystander = tables.Participant(case_key=made.case.key, user_key=bystander.key, access="READER")
        guest = tables.Participant(case_key=made.case.key, email=f"{uuid4()}@test.example", access="READER")
        uow.session.add_all([of_bystander, guest])
        if situation in SEATS_ACCESS and situation is not Situation.OWN:
            for case in (made.case, *(case for case, _ in others)):
                uow.session.add(
                    tables.Participant(case_key=case.key, user_key=actor.user_key, access=SEATS_ACCESS[situation])
                )
        kept = await _add_belongings(uow, made, owned_by)
    async with world.house.unit_of_work(world.rows.actor(f"chief {place}")) as uow:
        key = (await partners.create_key(uow, "Of a holding", KEYS["key of every scope"], None)).row
    if place == ABROAD:
        world.foreigners.add(str(node_id("User", key.user_key)))
    said = await _read(world, made, doctor, bystander.key)
    said |= await _draw(world, made, seat if _draws(actor, situation) else doctor)
    await _put_frame(world.house, made)
    ids |= {
        noun: str(node_id(type_of(noun), row.key))
        for noun, row in {
            **kept,
            **said,
            "ApiKey": key,
            "prior case": others[0][0],
            "prior": others[0][1],
            "doomed": others[1][0],
            "bystander": bystander,
            "patient user": patient,
            "place": of_bystander,
            "User": world.rows.people[owner],
        }.items()
    }
    await _tell(world.house, made, kept, owned_by)
    access = {owned_by: "OWNER"} | ({actor.user_key: SEATS_ACCESS[situation]} if situation in SEATS_ACCESS else {})
    return Holding(situation, ids, made.case.key, made.case.organization_key, owned_by, access)


def _ids_of(made: MadeCase) -> dict[str, str]:
    rows: dict[str, Any] = {
        "Case": made.case,
        "Patient": made.patient,
        "Study": made.study,
        "Series": made.series,
        "Stack": made.stack,
        "Analysis": made.analysis,
        "Finding": made.findings[0],
    }
    ids = {noun: str(node_id(noun, row.key)) for noun, row in rows.items()}
    organization = str(node_id("Organization", made.case.organization_key))
    return ids | {"Organization": organization, "Model": str(node_id("Model", "lung_nodule", "1"))}


async def _complete(uow: UnitOfWork, made: MadeCase) -> None:
    """What an ingest would have read from the headers too: everything that could tell who somebody is."""
    patient = await uow.session.get_one(tables.Patient, made.patient.key)
    patient.issuer, patient.birth_date, patient.sex = "Hospital", date(1960, 2, 3), "F"
    series = await uow.session.get_one(tables.Series, made.series.key)
    series.description, series.body_part, series.laterality = "Thorax of Jane", "CHEST", "L"
    series.frame_of_reference_uid = f"{made.series.series_instance_uid}.9"


async def _add_case(uow: UnitOfWork, made: MadeCase, owned_by: UUID) -> tuple[tables.Case, tables.Study]:
    """Another case of the same patient, with an earlier study."""
    organization_key, earlier = made.case.organization_key, now() - timedelta(days=400)
    case = tables.Case(
        organization_key=organization_key,
        patient_key=made.patient.key,
        title="Earlier",
        status="READY",
        created_by=owned_by,
        created_at=earlier,
        updated_at=earlier,
    )
    study = tables.Study(
        organization_key=organization_key,
        patient_key=made.patient.key,
        study_instance_uid=f"2.25.{uuid4().int}",
        description="CT chest",
        accession_number=f"E{uuid4().hex[:6]}",
        started_at=earlier.replace(tzinfo=None, microsecond=0),
    )
    uow.session.add_all([case, study])
    await uow.session.flush()
    uow.session.add(tables.CaseStudy(case_key=case.key, study_key=study.key))
    uow.session.add(tables.Participant(case_key=case.key, user_key=owned_by, access="OWNER"))
    return case, study


async def _add_belongings(uow: UnitOfWork, made: MadeCase, owned_by: UUID) -> dict[str, HasKey]:
    """What is its owner's, or its organization's."""
    organization_key, case_key = made.case.organization_key, made.case.key
    export = tables.Export(
        organization_key=organization_key,
        case_key=case_key,
        user_key=owned_by,
        with_identity=False,
        status="READY",
        size=len(FRAME),
        expires_at=now() + timedelta(hours=1),
    )
    upload = tables.Upload(
        organization_key=organization_key, user_key=owned_by, status="OPEN", expires_at=now() + timedelta(hours=1)
    )
    queued = tables.Analysis(
        organization_key=organization_key,
        case_key=case_key,
        model_name="lung_nodule",
        model_version="1",
        status="QUEUED",
        stage="WAITING",
        requested_by=owned_by,
    )
    invitation = tables.Invitation(
        organization_key=organization_key,
        email=f"{uuid4()}@test.example",
        role=Role.CLINICIAN.value,
        token_hash=secrets.token_hex(32),
        expires_at=now() + timedelta(days=1),
    )
    session = _session(owned_by)
    notification = tables.Notification(
        user_key=owned_by,
        case_key=case_key,
        kind=NotificationKind.CASE_SHARED.value,
        shown_by=Action.CASE_SEE.value,
        subject_key=case_key,
    )
    uow.session.add_all([export, upload, queued, invitation, session, notification])
    await uow.session.flush()
    file = tables.UploadFile(upload_key=upload.key, index=0, name="a.dcm", size=FILE_BYTES)
    uow.session.add(file)
    await uow.session.flush()
    refused = tables.UploadInstance(
        upload_key=upload.key, file_key=file.key, path="a.dcm", outcome="REJECTED", code="CORRUPT", message="Damaged."
    )
    uow.session.add_all([refused, tables.UploadCase(upload_key=upload.key, case_key=case_key)])
    await uow.store.begin_files([str(file.key)])
    await uow.store.put(f"exports/{export.key}", FRAME)
    return {
        "Export": export,
        "Upload": upload,
        "UploadFile": file,
        "queued": queued,
        "Invitation": invitation,
        "Session": session,
        "Notification": notification,
    }


async def _read(world: World, made: MadeCase, doctor: str, mentioned: UUID) -> dict[str, HasKey]:
    """Comments for everyone and for clinicians, a review that was released and one that was not."""
    actor, case_key = world.rows.actor(doctor), made.case.key
    place = Place(made.stack.key, 1, (1.0, 2.0, 3.0, 4.0), made.findings[0].key)
    async with world.house.unit_of_work(actor) as uow:
        whisper = await comments.add(uow, case_key, "Look", Audience.CLINICIANS, mentions=[mentioned], place=place)
        spoken = await comments.add(uow, case_key, "Hello", Audience.EVERYONE, mentions=[mentioned], place=place)
        released = await reviews.sign(uow, case_key, "A nodule.", "CT", "PRIORITY", "All is well.", None)
        unreleased = await reviews.sign(uow, case_key, "Another.", "CT", "PRIORITY", None, None)
    return {"Comment": spoken, "whisper": whisper, "Review": released, "unreleased": unreleased}


def _draws(actor: Actor, situation: Situation) -> bool:
    """Whether annotations of the seat's own case are its own too."""
    return situation is Situation.OWN and actor.role is Role.CLINICIAN


async def _draw(world: World, made: MadeCase, who: str) -> dict[str, HasKey]:
    """A finding that the model missed, with all that can be said of one; one to be deleted; a word on the model's."""
    place = Place(made.stack.key, 1, (1.0, 2.0, 3.0, 4.0), made.findings[0].key)
    drawing = Drawing(
        *(AnnotationKind.FINDING, place, ((1.0, 2.0), (4.0, 6.0)), "Nodule", "Beside the vessel", made.analysis.key)
    )
    async with world.house.unit_of_work(world.rows.actor(who)) as uow:
        drawn = await annotations.draw(uow, made.case.key, drawing)
        erased = await annotations.draw(uow, made.case.key, drawing)
        opinion = Opinion(Agreement.PARTLY, made.findings[0].key, "Granuloma", "It is calcified")
        await feedback.give(uow, made.analysis.key, opinion)
    return {"Annotation": drawn, "erased": erased}


async def _put_frame(house: House, made: MadeCase) -> None:
    async with house.sessions() as session:
        frame = (
            await session.execute(select(tables.Frame).where(col(tables.Frame.key) == made.stack.frame_keys[0]))
        ).scalar_one()
    await house.store.put(f"frames/{frame.instance_key}/{frame.frame_number}", FRAME)


async def _tell(house: House, made: MadeCase, kept: Mapping[str, HasKey], owned_by: UUID) -> None:
    """News of every kind that the features above have not told; last of all that the case, and the upload, changed."""
    async with house.unit_of_work() as uow:
        uow.tell(analysis_progressed(made.case.key, made.analysis.key), participants_changed(made.case.key))
    async with house.unit_of_work() as uow:
        uow.tell(*case_changed(made.case.key, made.case.organization_key))
    async with house.unit_of_work() as uow:
        uow.tell(upload_progressed(owned_by, kept["Upload"].key))


def _session(user_key: UUID) -> tables.Session:
    return tables.Session(
        user_key=user_key,
        refresh_hash=secrets.token_hex(32),
        user_agent="A browser",
        ends_at=now() + timedelta(hours=1),
    )
