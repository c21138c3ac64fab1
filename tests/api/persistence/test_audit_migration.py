"""What was recorded before there were chains is carried into them."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from api.backends import open_backends
from api.oversight.verification import verify
from api.persistence import migration
from api.persistence.audit.entries import Service
from api.persistence.migration import migrate
from api.persistence.tables import SYSTEM_ORGANIZATION
from api.settings import Settings
from tests.audit import entries_of
from tests.conftest import database

OLD = """insert into audit_entries (key, at, organization_key, actor_key, action, subject_key, outcome, address)
    values (%s, now() - %s * interval '1 minute', %s, %s, %s, %s, %s, '192.0.2.1')"""


def to_revision(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migration.FOLDER))
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    with psycopg.connect(url) as connection:
        is_there = connection.execute("select to_regclass('audit_chains')").fetchone() != (None,)
    (command.downgrade if is_there else command.upgrade)(config, revision)


def record_old(url: str, organization: UUID, person: UUID) -> None:
    entries = [
        (organization, person, "case:update", "ok"),
        (None, None, "session:open", "refused"),
        (organization, person, "session:open", "ok"),
        (None, None, "analysis:end", "succeeded"),
        (None, None, "session:reuse", "ended"),
        (None, None, "user:create", "ok"),
    ]
    with psycopg.connect(url) as connection:
        for minutes, (of, by, action, outcome) in enumerate(entries):
            connection.execute(OLD, [uuid4(), 60 - minutes, of, by, action, uuid4(), outcome])


@pytest.fixture
def empty_url(postgresql: str) -> Iterator[str]:
    """A database without a table: what is sealed later cannot be taken back to here."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield database(postgresql, name)
        connection.execute(f"drop database {name} with (force)")


async def test_older_entries_are_carried_into_chains(empty_url: str, tmp_path: Path) -> None:
    organization, person = uuid4(), uuid4()
    to_revision(empty_url, "0004")
    record_old(empty_url, organization, person)

    assert migrate(empty_url)

    async with open_backends(Settings(data_dir=tmp_path / "data"), empty_url) as backends:
        own = await entries_of(backends.house, organization)
        systems = await entries_of(backends.house, SYSTEM_ORGANIZATION)
        assert [(e.number, e.action, e.actor_key, e.subject_kind) for e in own] == [
            (1, "case:update", person, "Case"),
            (2, "session:open", person, "Session"),
        ]
        assert [(e.action, e.outcome, e.actor_key) for e in systems] == [
            ("session:open", "refused", Service.ANONYMOUS.key),
            ("analysis:end", "ok", Service.WORKER.key),
            ("session:reuse", "refused", Service.ANONYMOUS.key),
            ("user:create", "ok", Service.COMMAND.key),
        ]
        async with backends.house.unit_of_work() as uow:
            uow.audit("something:new", None)
        for chain, length in ((organization, 2), (SYSTEM_ORGANIZATION, 5)):
            verdict = await verify(backends.house, chain)
            assert (verdict.is_intact, verdict.entries) == (True, length)


def test_the_way_back_keeps_every_entry(empty_url: str) -> None:
    to_revision(empty_url, "0005")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        told = json.dumps([{"place": 0, "actor": str(uuid4()), "action": "a:b", "outcome": "ok"}])
        connection.execute("select audit_append(%s)", [told])

    to_revision(empty_url, "0004")

    with psycopg.connect(empty_url) as connection:
        assert connection.execute("select action, organization_key from audit_entries").fetchall() == [("a:b", None)]
    assert migrate(empty_url)
