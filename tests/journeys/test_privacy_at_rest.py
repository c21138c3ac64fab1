"""What lies on the disk tells nobody who the patients are: a dump of the database, its files, and the data folder.

Unusual names, ids, dates and words go in by every way there is, and the server is killed while more arrive. Then they
are looked for in everything that is left, in the forms that text takes.
"""

import asyncio
import base64
import re
import secrets
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from pydicom import Dataset, dcmread
from sqlalchemy import select
from sqlmodel import col

from api import accounts
from api.backends import first_keys, open_backends
from api.mail.mailbox import FILE_NAME as MAILBOX
from api.permissions import Role
from api.persistence.embedded_server import EmbeddedServer, address_of, database_folder
from api.persistence.migration import migrate
from api.persistence.tables import Organization
from api.settings import Settings
from schema.node_ids import node_id
from tests.api.imaging.dicom_writer import as_file
from tests.graphql_client import GraphQLClient, Refused
from tests.journeys.deliveries import archive
from tests.phantoms import small_phantom
from tests.running import Credentials, RunningServer, forget_database, make_accounts
from tests.synthetic_ct import ct_file

pytestmark = pytest.mark.slow

DELETE = "mutation ($input: DeleteCaseInput!) { deleteCase(input: $input) { ok errors { code message } } }"
UPDATE = "mutation ($input: UpdateCaseInput!) { updateCase(input: $input) { case { title } errors { code message } } }"
INVITE = "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token errors { code message } } }"
SHARE = "mutation ($input: ShareCaseInput!) { shareCase(input: $input) { participant { id } errors { code message } } }"
SIGN_UP = "mutation ($input: SignUpInput!) { signUp(input: $input) { challenge { kind } errors { code message } } }"
PEOPLE_NAMED = "query ($text: String) { administration { users(text: $text) { edges { node { displayName } } } } }"
SEARCH = "query ($text: String) { cases(filter: {text: $text}) { totalCount } }"
SEEN = """query ($id: ID!) { case(id: $id) { title patient { name patientId birthDate }
  studies { description accessionNumber studyInstanceUid } } }"""

# Beginnings, so that a stored prefix of a word is found as well.
MARKS = [
    *("quexalw", "zorbethax", "qxz-77419", "qxz77419", "issquorn"),
    *("19310722", "1931-07-22", "20130227", "2013-02-27"),
    *("acqz99173", "zwibblef", "gnorfwax", "quarklef", "hospquix", "physquil", "privquon", "operquat", "commquid"),
    *("brunzelt", "delequip", "filequez", "foldquiv", "keyquomp", "renaquaf"),
    *("1.2.826.0.1.3680043.8.498.77311", "1.2.826.0.1.3680043.8.498.77312", "1.2.826.0.1.3680043.8.498.77313"),
    "1.2.826.0.1.3680043.8.498.77314",
]
# Of people who have or get accounts. Without a mail server the letters to them lie in the mailbox and on the console.
PEOPLE = ["namequorn", "mailquex", "invitquaz", "sharquolt", "waitquim", "waitnaquo"]
UID = "1.2.826.0.1.3680043.8.498.7731"


def marked(data_set: Dataset, number: int) -> Dataset:
    data_set.PatientName, data_set.PatientID = "Quexalwyn^Zorbethax", "QXZ-77419"
    data_set.IssuerOfPatientID, data_set.PatientBirthDate, data_set.PatientSex = "ISSQUORN", "19310722", "F"
    data_set.StudyDate, data_set.StudyTime, data_set.AccessionNumber = "20130227", "101112", "ACQZ99173"
    data_set.StudyDescription, data_set.SeriesDescription = "Zwibblefract follow-up", "Gnorfwaxing lung"
    data_set.InstitutionName, data_set.ReferringPhysicianName = "Hospquixton", "Physquilby^Ann"
    data_set.OperatorsName, data_set.ImageComments = "Operquaty", "Commquidly said"
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = f"{UID}1.5", f"{UID}2.5"
    data_set.SOPInstanceUID, data_set.FrameOfReferenceUID = f"{UID}3.{number}", f"{UID}4.5"
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    data_set.private_block(0x0011, "PRIVQUONTUM", create=True).add_new(0x01, "LO", "Privquonly")
    return data_set


def marked_phantom() -> dict[str, bytes]:
    files = {}
    for number, (name, content) in enumerate(small_phantom(seed=21).items(), start=1):
        target = BytesIO()
        marked(dcmread(BytesIO(content)), number).save_as(target, enforce_file_format=True)
        files[f"Foldquivery/Filequezada {name}"] = target.getvalue()
    return files


def strange_deliveries() -> dict[str, bytes]:
    """Another body part, which is told in the analysis' failure; an archive; and what is refused."""
    head = dcmread(BytesIO(ct_file(1, BodyPartExamined="QUARKLEFOOT", Modality="MR")))
    marked(head, 901).StudyInstanceUID, head.SeriesInstanceUID = f"{UID}1.6", f"{UID}2.6"
    broken = as_file(marked(head, 902))[:700]
    return {
        "Filequezada.zip": archive(
            {"Foldquiver/Filequez 1": as_file(marked_again(head)), "Filequezos.txt": b"Quexalwyn"}
        ),
        "Filequezbroken.dcm": broken,
    }


def marked_again(data_set: Dataset) -> Dataset:
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = f"{UID}1.6", f"{UID}2.6"
    return data_set


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("private") / "data"
    data_dir.mkdir()
    settings = Settings(data_dir=data_dir)
    embedded = EmbeddedServer(settings.data)
    migrate(embedded.url, lambda: first_keys(settings))
    credentials = asyncio.run(make_accounts(settings, embedded.url)) | asyncio.run(add_patient(settings, embedded.url))
    embedded.stop()
    running = RunningServer(data_dir, credentials, settings={"HILUM_LOG_LEVEL": "debug"})
    running.start()
    yield running
    running.start()
    assert running.stop() == 0
    forget_database(data_dir)


async def add_patient(settings: Settings, database_url: str) -> Credentials:
    """Somebody with an unusual name in the hospital of the others."""
    email, password = "Mailquexly@privquat.example", secrets.token_urlsafe(12)
    async with open_backends(settings, database_url) as backends:
        async with backends.house.unit_of_work() as uow:
            hospital = await uow.session.scalar(select(Organization).where(col(Organization.name) == "Test hospital"))
            assert hospital is not None
            await accounts.set_open(uow, hospital, True)
        await accounts.create_user(
            backends.house, hospital.key, email, password, Role.PATIENT, "Namequorny Foo", mfa_exempt=True
        )
    return {"named": (email, password), "hospital": (node_id("Organization", hospital.key), "")}


async def bring_people(house: RunningServer, case_id: str) -> None:
    """Every way in for somebody's address and name, beside an account that an operator makes."""
    async with await GraphQLClient(house.url).sign_in(house.credentials["administrator"]) as client:
        await client.mutate("inviteUser", INVITE, {"email": "invitquazzy@privquat.example", "role": "PATIENT"})
        found = await client.ask(PEOPLE_NAMED, text="namequ")
    async with await GraphQLClient(house.url).sign_in(house.credentials["clinician"]) as client:
        shared = {"caseId": case_id, "email": "sharquolty@privquat.example", "access": "READER"}
        await client.mutate("shareCase", SHARE, shared)
    async with GraphQLClient(house.url) as client:
        waiting = {
            "email": "waitquimmy@privquat.example",
            "displayName": "Waitnaquorn",
            "password": secrets.token_hex(12),
        }
        await client.mutate("signUp", SIGN_UP, waiting | {"organizationId": house.credentials["hospital"][0]})
        email, password = house.credentials["named"]
        with pytest.raises(Refused):
            await client.sign_in((email, password[1:]))
        await client.sign_in((email, password))

    assert [edge["node"]["displayName"] for edge in found["administration"]["users"]["edges"]] == ["Namequorny Foo"]


async def fill(house: RunningServer) -> None:
    """Every way in for words about a patient; then the server is killed while an upload and an ingest are under way."""
    async with await GraphQLClient(house.url).sign_in(house.credentials["clinician"]) as client:
        files = marked_phantom()
        chest = await client.upload(files, title="Brunzelthorpe chest", idempotencyKey="keyquomp-1")
        case_id = chest["cases"]["edges"][0]["node"]["id"]
        analyzed = await client.analyzed(case_id)
        odd = await client.upload(strange_deliveries())
        odd_id = odd["cases"]["edges"][0]["node"]["id"]
        failed = await client.analyzed(odd_id)
        await client.mutate("updateCase", UPDATE, {"caseId": case_id, "title": "Renaquaffed Brunzelthorpe"})
        found = [(await client.ask(SEARCH, text=text))["cases"]["totalCount"] for text in ("quexa", "qxz-77419 renaq")]
        seen = (await client.ask(SEEN, id=case_id))["case"]
        await bring_people(house, case_id)
        await client.mutate("deleteCase", DELETE, {"caseId": odd_id, "reason": "Delequipped by mistake"})

        # It all went in, and whoever may sees it.
        assert analyzed["latestAnalysis"]["status"] == "SUCCEEDED"
        assert "quarklefoot" in failed["latestAnalysis"]["failure"]
        assert odd["rejections"]["totalCount"] == 2
        assert found == [2, 1]
        assert seen["patient"] == {"name": "Quexalwyn^Zorbethax", "patientId": "QXZ-77419", "birthDate": "1931-07-22"}
        assert seen["studies"][0]["studyInstanceUid"] == f"{UID}1.5"

        half = await client.create_upload(files, title="Brunzelthorpe again")
        for file in (await client.files(half))[:7]:
            await client.put(file["parts"]["edges"][0]["node"], list(files.values())[file["index"]])
        again = await client.create_upload(files)
        await client.send(again, files)
        await client.complete(again)
        house.kill()


def dumped(address: str) -> Mapping[str, bytes]:
    """Every table as text, as pg_dump writes it; and all that waits in memory is on the disk then."""
    found = {}
    with psycopg.connect(address, autocommit=True) as connection:
        names = connection.execute(
            "select schemaname || '.' || quote_ident(tablename) from pg_tables where schemaname <> 'information_schema'"
        ).fetchall()
        for (name,) in names:
            with connection.cursor().copy(f"copy {name} to stdout") as copy:
                found[name] = b"".join(bytes(piece) for piece in copy)
        connection.execute("checkpoint")
    return found


def files_below(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield f"{folder.name}/{path.relative_to(folder)}", path.read_bytes()


def forms(mark: str) -> Iterator[bytes]:
    """Plain, of two bytes a letter, in hexadecimal, in base64 at each of its three offsets; all in lower case."""
    for text in {mark, mark.title()}:
        for encoding in ("utf-8", "utf-16-le"):
            plain = text.encode(encoding)
            yield plain.lower()
            yield plain.hex().encode()
            for offset in range(3):
                coded = base64.b64encode(b"\0" * offset + plain)
                # Those signs that nothing but the mark decides, 6 bits each.
                yield coded[-(-8 * offset // 6) : 8 * (offset + len(plain)) // 6].lower()


def search_for(marks: list[str]) -> "re.Pattern[bytes]":
    return re.compile(b"|".join(re.escape(form) for mark in marks for form in forms(mark)))


NEEDLES, NEEDLES_WITH_PEOPLE = search_for(MARKS), search_for(MARKS + PEOPLE)


def marks_in(content: bytes, needles: "re.Pattern[bytes]" = NEEDLES) -> set[bytes]:
    return set(needles.findall(content.lower()))


def held(contents: Mapping[str, bytes]) -> dict[str, set[bytes]]:
    """Which of them hold something that names somebody, and what."""
    searched = {name: NEEDLES if name.endswith(MAILBOX) else NEEDLES_WITH_PEOPLE for name in contents}
    return {name: found for name, content in contents.items() if (found := marks_in(content, searched[name]))}


async def test_a_dump_and_the_files_of_a_killed_server_name_no_patient(house: RunningServer) -> None:
    await fill(house)

    tables = dumped(address_of(house.data_dir))
    files = dict(files_below(house.data_dir, database_folder(house.data_dir)))
    log = house.log().encode()

    assert {"public.patients", "public.upload_files", "public.procrastinate_jobs"} <= tables.keys()
    assert tables["public.upload_instances"].count(b"\n") >= 43
    assert sum("pg_wal" in name for name in files) >= 1
    assert sum(name.startswith(f"{house.data_dir.name}/objects/parts") for name in files) >= 7
    assert held(tables) == {}
    assert held(files) == {}
    assert marks_in(files[f"{house.data_dir.name}/{MAILBOX}"], NEEDLES_WITH_PEOPLE) >= {b"invitquaz", b"waitquim"}
    assert marks_in(log) == set()


def test_the_search_finds_what_lies_in_the_clear() -> None:
    """Were it blind, the test above would prove nothing."""
    name = "Quexalwyn^Zorbethax"

    for clear in (
        *(name.encode(), name.upper().encode(), name.encode("utf-16-le"), b"xx" + name.encode("utf-16-be")),
        *(name.encode().hex().encode(), name.encode().hex().upper().encode()),
        *(base64.b64encode(b"?" * offset + name.encode()) for offset in range(3)),
    ):
        assert marks_in(b"\x00\x01" + clear + b"\xff")
    assert marks_in(str(dcmread(BytesIO(next(iter(marked_phantom().values())))).PatientID).encode())
