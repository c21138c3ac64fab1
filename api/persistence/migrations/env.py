"""Alembic's entry: runs the versions on the address that `api.persistence.migration` names."""

from alembic import context
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel

import api.persistence.tables  # noqa: F401 - fills the metadata

OURS = set(SQLModel.metadata.tables)


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in OURS


engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, include_name=is_ours, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
