"""The migrations make the tables that the code has."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from api.persistence.migration import migrate


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


def test_a_database_of_today_has_nothing_to_migrate(database_url: str) -> None:
    assert migrate(database_url) is False
