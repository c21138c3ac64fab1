"""The migrations make the tables that the code has."""

import secrets
from collections.abc import Iterator

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from api.persistence.migration import FOLDER, migrate
from tests.conftest import database

PEOPLE_OF_0001 = """
insert into organizations (key, name, created_at) values ('00000000-0000-4000-8000-000000000001', 'Hospital', now());
insert into users (key, organization_key, email, display_name, role, disabled, created_at)
select key::uuid, '00000000-0000-4000-8000-000000000001', email, 'Somebody', role, disabled, now() from (values
  ('00000000-0000-4000-8000-000000000002', 'clara@demo.example', 'CLINICIAN', false),
  ('00000000-0000-4000-8000-000000000003', 'dora@hospital.example', 'CLINICIAN', true),
  ('00000000-0000-4000-8000-000000000004', 'key@hospital.example', 'PARTNER', false)
) as row (key, email, role, disabled);
insert into local_credentials (user_key, password_hash, changed_at) values
  ('00000000-0000-4000-8000-000000000002', 'hash of clara', now()),
  ('00000000-0000-4000-8000-000000000003', 'hash of dora', now());
"""


def empty_database(postgresql: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield database(postgresql, name)
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def test_migrations_and_tables_agree(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name in SQLModel.metadata.tables},
        )
        differences = compare_metadata(context, SQLModel.metadata)
    engine.dispose()

    assert differences == []


def test_whoever_had_a_password_keeps_it(postgresql: str) -> None:
    for url in empty_database(postgresql):
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
        command.upgrade(config, "0001")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(PEOPLE_OF_0001)
        command.upgrade(config, "0002")
        with psycopg.connect(url, autocommit=True) as connection:
            moved = connection.execute(
                "select u.email, u.mfa_exempt, a.email = u.email, a.password_hash, a.enabled,"
                " a.confirmed_at is not null from users u left join local_accounts a on a.subject = u.subject"
                " order by u.email"
            ).fetchall()
        command.downgrade(config, "0001")
        with psycopg.connect(url, autocommit=True) as connection:
            kept = connection.execute("select password_hash from local_credentials order by 1").fetchall()

    assert moved == [
        ("clara@demo.example", True, True, "hash of clara", True, True),
        ("dora@hospital.example", False, True, "hash of dora", False, True),
        ("key@hospital.example", False, None, None, None, False),
    ]
    assert kept == [("hash of clara",), ("hash of dora",)]


def test_a_database_of_today_has_nothing_to_migrate(database_url: str) -> None:
    assert migrate(database_url) is False
