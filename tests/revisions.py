"""A database as an earlier version left it, and back."""

from alembic import command
from alembic.config import Config

from api.persistence import migration


def to_revision(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migration.FOLDER))
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    (command.downgrade if revision < migration.newest_revision() else command.upgrade)(config, revision)
