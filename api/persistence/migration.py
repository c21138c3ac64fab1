"""Bring a database to the newest schema: ours by Alembic, the job queue's by procrastinate."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy.exc import ProgrammingError

from api.persistence.jobs import open_jobs
from api.persistence.sealing.keyring import FirstKeys

FOLDER = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x48696C75  # "Hilu": one migrator at a time, whoever else starts


class MigrationRefused(OSError):
    """The tables cannot be made what this version needs; the message says what to do."""


def newest_revision() -> str:
    """The versions' files are named by their number, so that a start with nothing to do need not load Alembic."""
    return max(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def migrate(url: str, first_keys: Callable[[], FirstKeys] | None = None) -> bool:
    """Upgrade; true where there was something to do. Blocking.

    first_keys: makes those that rows of a version without sealed columns are sealed with; not called without such rows.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        if _revision(connection) == newest_revision():
            return False
        jobs = open_jobs(url, blocking=True)
        with jobs.open():
            if connection.execute("select to_regclass('procrastinate_jobs')").fetchone() == (None,):
                jobs.schema_manager.apply_schema()
        try:
            _upgrade(url, first_keys)
        except ProgrammingError as error:
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise
            raise MigrationRefused(f"The database cannot be migrated. {error.orig.diag.message_primary}") from error
        return True


def refuse_older(url: str) -> None:
    """Raises MigrationRefused where the tables are not those of this version. url: of any role that may log in."""
    with psycopg.connect(url, autocommit=True) as connection:
        if (found := _revision(connection)) != newest_revision():
            raise MigrationRefused(
                f"The database is at version {found}, and this Hilum needs {newest_revision()}. "
                "Run `hilum migrate` with the owner's HILUM_DATABASE_URL."
            )


def _upgrade(url: str, first_keys: Callable[[], FirstKeys] | None) -> None:
    from alembic import command  # half a second that most starts need not spend
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    config.attributes["first_keys"] = first_keys
    command.upgrade(config, "head")


def _revision(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    if connection.execute("select to_regclass('alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else None
