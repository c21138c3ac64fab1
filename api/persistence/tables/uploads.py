"""Uploads: the files announced, and what became of each instance found in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from api.persistence.columns import document, instant, key_field, reference
from api.persistence.sealing.index_columns import blind_column
from api.persistence.sealing.sealed_columns import sealed


class Upload(SQLModel, table=True):
    __tablename__ = "uploads"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    user_key: UUID = reference("users.key")
    case_key: UUID | None = reference("cases.key", nullable=True)  # images go to this case
    title: str | None = sealed("uploads.title", nullable=True)
    status: str
    analyze: bool = True
    progress: float = 0.0
    failure: str | None = None
    created_at: datetime = instant()
    expires_at: datetime = instant()
    completed_at: datetime | None = instant(nullable=True)
    parts_kept_until: datetime | None = instant(nullable=True)  # where it was given up
    deaths: int = 0  # ingests that began and never ended, the one that runs counted


class UploadFile(SQLModel, table=True):
    __tablename__ = "upload_files"
    __table_args__ = (UniqueConstraint("upload_key", "index"),)

    key: UUID = key_field()
    upload_key: UUID = reference("uploads.key", cascade=True)
    index: int
    name: str = sealed("upload_files.name")
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str | None = None
    part_sha256: list[str] = document()
    taken_in: bool = False  # read to its end, an outcome written of all it holds


class UploadInstance(SQLModel, table=True):
    """The outcome of one file or archive member: ACCEPTED, DUPLICATE, REJECTED, or SKIPPED (a media directory)."""

    __tablename__ = "upload_instances"
    __table_args__ = (blind_column("path_blind", "upload_instances.path", "file_key", "path"),)
    __mapper_args__ = {"exclude_properties": ["path_blind"]}

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True))
    upload_key: UUID = reference("uploads.key", cascade=True)
    file_key: UUID = reference("upload_files.key", cascade=True)
    path: str = sealed("upload_instances.path")
    outcome: str
    code: str | None = None
    message: str | None = sealed("upload_instances.message", nullable=True)
    instance_key: UUID | None = Field(default=None)


class IngestTry(SQLModel, table=True):
    """A candidate that was begun alone, and not ended: what may kill its worker. path_digest: blind, hex."""

    __tablename__ = "ingest_tries"

    file_key: UUID = Field(primary_key=True, foreign_key="upload_files.key", ondelete="CASCADE")
    path_digest: str = Field(primary_key=True)
    tries: int


class UploadCase(SQLModel, table=True):
    __tablename__ = "upload_cases"

    upload_key: UUID = Field(primary_key=True, foreign_key="uploads.key", ondelete="CASCADE")
    case_key: UUID = Field(primary_key=True, foreign_key="cases.key", ondelete="CASCADE")
