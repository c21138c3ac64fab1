"""Exports: a case's instances in one archive, made by a job and kept for a while."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference


class Export(SQLModel, table=True):
    """`exports/<key>` holds the archive while it is READY. status: WAITING, READY, FAILED, EXPIRED."""

    __tablename__ = "exports"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    case_key: UUID = reference("cases.key", cascade=True)
    user_key: UUID = reference("users.key")
    with_identity: bool
    status: str = "WAITING"
    size: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))  # bytes
    left_out: int = 0  # instances that could not be de-identified
    failure: str | None = None
    created_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
