"""What happened: events to follow, and keys of mutations that happen once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from api.persistence.columns import document, instant


class EventStream(SQLModel, table=True):
    """The last number given in one stream; its row lock makes numbers follow commits without gaps."""

    __tablename__ = "event_streams"

    stream: str = Field(primary_key=True)  # case, organization, viewer
    stream_key: UUID = Field(primary_key=True)
    last_number: int = Field(sa_column=Column(BigInteger, nullable=False))


class Event(SQLModel, table=True):
    __tablename__ = "events"

    stream: str = Field(primary_key=True)
    stream_key: UUID = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    kind: str
    at: datetime = instant()
    case_key: UUID | None = Field(default=None)
    subject_key: UUID | None = Field(default=None)


class IdempotencyKey(SQLModel, table=True):
    """What a mutation with this key answered; the same key with another input is a conflict.

    Key and input are kept blind, in hex: a client may have put anything into them.
    """

    __tablename__ = "idempotency_keys"

    user_key: UUID = Field(primary_key=True)
    mutation: str = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True)
    input_digest: str
    result: dict[str, Any] = document(dict)
    created_at: datetime = instant()
