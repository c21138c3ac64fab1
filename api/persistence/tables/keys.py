"""The keys of sealed columns, wrapped; and the blind indexes' secret, sealed under them. See decision 11."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant
from api.persistence.sealing.sealed_columns import sealed


class DataKey(SQLModel, table=True):
    """state: coming (opens, does not seal yet), current (seals; there is one), leaving (until nothing uses it)."""

    __tablename__ = "data_keys"
    __table_args__ = (Index("data_keys_one_current", "state", unique=True, postgresql_where="state = 'current'"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # in every value that it seals
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str
    created_at: datetime = instant()


class BlindIndexKey(SQLModel, table=True):
    """One row: 32 bytes that every blind index derives its keys from."""

    __tablename__ = "blind_index_keys"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    secret: bytes = sealed("blind_index_keys.secret", "bytes")
