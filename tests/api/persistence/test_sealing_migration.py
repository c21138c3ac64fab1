"""A database of the first version, which kept patient data in the clear, is sealed when it is migrated."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select
from sqlmodel import col

from api import accounts, cases
from api.backends import first_keys, open_backends
from api.cases import CaseFilter, CaseOrder
from api.permissions import Actor, Role
from api.persistence.migration import FOLDER, migrate
from api.persistence.paging import PageRequest
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Instance, Patient, Series, Study, UploadFile, UploadInstance, User
from api.settings import Settings
from tests.conftest import database
from tests.deliveries import EVERYTHING

ORGANIZATION, USER, PATIENT, STUDY, SERIES = (uuid4() for _ in range(5))
CASE, UPLOAD, FILE, INSTANCE = (uuid4() for _ in range(4))
PATHS = 4000  # so that sealing takes a while
MARKS = [b"zorbethax", b"QXZ-77419", b"zwibblefract", b"acqz99173", b"filequezada", b"brunzelthorpe", b"2.25.77331144"]
MARKS += [b"mailquex", b"namequorn"]


@pytest.fixture
def old_database_url(postgresql: str) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = database(postgresql, name)
    upgrade(url, "0001")
    with psycopg.connect(url) as connection:
        fill(connection)
    yield url
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    command.upgrade(config, revision)


def fill(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    def insert(table: str, **values: object) -> None:
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"%({name})s" for name in values)
        connection.execute(f"insert into {table} ({names}) values ({places})", values)

    at = "2026-11-01T00:00:00Z"
    insert("organizations", key=ORGANIZATION, name="Own", created_at=at)
    insert(
        "users",
        **{"key": USER, "organization_key": ORGANIZATION, "email": "mailquex@b.example", "display_name": "Namequorn A"},
        **{"role": "CLINICIAN", "disabled": False, "created_at": at},
    )
    insert(
        "patients",
        **{"key": PATIENT, "organization_key": ORGANIZATION, "patient_id": "QXZ-77419", "issuer": None},
        **{"name": "Zorbethax^Ann", "birth_date": "1931-07-22", "sex": "F"},
    )
    insert("patients", key=uuid4(), organization_key=ORGANIZATION)
    insert(
        "studies",
        **{"key": STUDY, "organization_key": ORGANIZATION, "patient_key": PATIENT, "created_at": at},
        **{"study_instance_uid": "2.25.77331144.1", "description": "Zwibblefract", "accession_number": "ACQZ99173"},
        started_at="2013-02-27T10:11:12",
    )
    insert(
        "series",
        **{"key": SERIES, "study_key": STUDY, "series_instance_uid": "2.25.77331144.2", "modality": "CT"},
        **{"body_part": "CHEST", "created_at": at},
    )
    insert(
        "instances",
        **{"key": INSTANCE, "organization_key": ORGANIZATION, "series_key": SERIES, "created_at": at, "windows": "[]"},
        **{"sop_instance_uid": "2.25.77331144.3", "sop_class_uid": "1.2", "transfer_syntax_uid": "1.2", "size": 1},
        pixel_digest="00",
    )
    insert(
        "cases",
        **{"key": CASE, "organization_key": ORGANIZATION, "patient_key": PATIENT, "title": "Brunzelthorpe"},
        **{"status": "READY", "archived": False, "created_by": USER, "created_at": at, "updated_at": at},
    )
    insert("case_studies", case_key=CASE, study_key=STUDY)
    insert(
        "uploads",
        **{"key": UPLOAD, "organization_key": ORGANIZATION, "user_key": USER, "title": "Brunzelthorpe"},
        **{"status": "COMPLETE", "analyze": False, "progress": 1, "created_at": at, "expires_at": at, "deaths": 0},
    )
    insert(
        "upload_files",
        **{"key": FILE, "upload_key": UPLOAD, "index": 0, "name": "Filequezada.zip", "size": 1, "part_sha256": "[]"},
        taken_in=True,
    )
    connection.cursor().executemany(
        "insert into upload_instances (upload_key, file_key, path, outcome) values (%s, %s, %s, 'ACCEPTED')",
        [(UPLOAD, FILE, f"Filequezada/{number}") for number in range(PATHS)],
    )


def on_disk(url: str) -> bytes:
    """All files of the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")
        row = connection.execute(
            "select current_setting('data_directory') || '/base/' || oid from pg_database"
            " where datname = current_database()"
        ).fetchone()
    assert row is not None
    return b"".join(path.read_bytes() for path in sorted(Path(str(row[0])).iterdir()) if path.is_file())


def marks_in(content: bytes) -> list[bytes]:
    return [mark for mark in MARKS if mark.lower() in content.lower()]


def migrate_in_process(url: str, data_dir: Path) -> None:
    migrate(url, lambda: first_keys(Settings(data_dir=data_dir)))


async def check_sealed(url: str, settings: Settings) -> None:
    """Nothing is lost, everything is found, nothing lies in the clear."""
    async with open_backends(settings, url) as backends:
        actor = Actor(USER, ORGANIZATION, Role.CLINICIAN, uuid4())
        async with backends.house.unit_of_work(actor) as uow:
            patient = await uow.session.get_one(Patient, PATIENT)
            study = await uow.session.get_one(Study, STUDY)
            upload_file = await uow.session.get_one(UploadFile, FILE)
            paths = (await uow.session.execute(select(col(UploadInstance.path)))).scalars().all()
            same_patient = is_blind(Patient, "identity_blind", ORGANIZATION, "QXZ-77419", None)
            found = [
                await uow.session.scalar(select(col(Patient.key)).where(same_patient)),
                await _key(uow.session, Study, ORGANIZATION, "2.25.77331144.1"),
                await _key(uow.session, Series, STUDY, "2.25.77331144.2"),
                await _key(uow.session, Instance, ORGANIZATION, "2.25.77331144.3"),
            ]
            for text in ("zorb brunz", "qxz-77419", "ACQZ99173", "zwi"):
                page = await cases.list_cases(uow, CaseFilter(text=text), CaseOrder.NEWEST, EVERYTHING)
                assert [row.key for row in page.rows] == [CASE]
            by_address = is_blind(User, "email_blind", None, "mailquex@b.example")
            user = await uow.session.scalar(select(User).where(by_address))
        administrator = Actor(USER, ORGANIZATION, Role.ADMINISTRATOR, uuid4())
        async with backends.house.unit_of_work(administrator) as uow:
            named = await accounts.list_users(uow, "name mailq", PageRequest())

    assert (patient.name, patient.patient_id, str(patient.birth_date)) == ("Zorbethax^Ann", "QXZ-77419", "1931-07-22")
    assert (study.description, str(study.started_at)) == ("Zwibblefract", "2013-02-27 10:11:12")
    assert user is not None
    assert (user.key, user.display_name, [row.key for row in named.rows]) == (USER, "Namequorn A", [USER])
    assert upload_file.name == "Filequezada.zip"
    assert sorted(paths) == sorted(f"Filequezada/{number}" for number in range(PATHS))
    assert found == [PATIENT, STUDY, SERIES, INSTANCE]
    assert marks_in(on_disk(url)) == []


async def _key(session: object, table: type, scope: UUID, uid: str) -> object:
    statement = select(col(table.key)).where(is_blind(table, "uid_blind", scope, uid))  # type: ignore[attr-defined]
    return await session.scalar(statement)  # type: ignore[attr-defined]


async def test_rows_in_the_clear_are_sealed_and_leave_nothing_on_the_disk(
    old_database_url: str, settings: Settings
) -> None:
    before = marks_in(on_disk(old_database_url))

    assert migrate(old_database_url, lambda: first_keys(settings)) is True

    assert before == MARKS
    await check_sealed(old_database_url, settings)


async def test_a_migration_that_is_killed_begins_again(old_database_url: str, settings: Settings) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=migrate_in_process, args=(old_database_url, settings.data)
    )
    process.start()
    wait_for_update(old_database_url)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with psycopg.connect(old_database_url) as connection:
        still_clear = connection.execute("select name from patients where name is not null").fetchall()

    migrate(old_database_url, lambda: first_keys(settings))

    assert still_clear == [("Zorbethax^Ann",)]
    await check_sealed(old_database_url, settings)


def test_patient_data_is_not_sealed_without_keys(old_database_url: str) -> None:
    with pytest.raises(RuntimeError, match="no keys"):
        migrate(old_database_url)

    with psycopg.connect(old_database_url) as connection:
        assert connection.execute("select title from cases").fetchall() == [("Brunzelthorpe",)]


def wait_for_update(url: str) -> None:
    statement = (
        "select 1 from pg_stat_activity where datname = current_database() and query like 'update upload_instances%'"
    )
    deadline = time.monotonic() + 30
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(statement).fetchone() is None:
            assert time.monotonic() < deadline, "the migration did not begin to seal"
            time.sleep(0.002)
