"""What was received: patients, studies, series, instances, their frames, and the stacks that can be scrolled."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from api.persistence.columns import document, instant, key_field, reference
from api.persistence.sealing.index_columns import blind_column, search_column
from api.persistence.sealing.sealed_columns import sealed


class Patient(SQLModel, table=True):
    __tablename__ = "patients"
    __table_args__ = (
        blind_column("identity_blind", "patients.identity", "organization_key", "patient_id", "issuer", nullable=True),
        search_column("patients", "organization_key", by_word=["name"], by_whole=["patient_id"]),
        Index("patients_search", "search_terms", postgresql_using="gin"),
    )
    __mapper_args__ = {"exclude_properties": ["identity_blind", "search_terms"]}

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    patient_id: str | None = sealed("patients.patient_id", nullable=True)  # (0010,0020)
    issuer: str | None = sealed("patients.issuer", nullable=True)  # (0010,0021)
    name: str | None = sealed("patients.name", nullable=True)  # (0010,0010)
    birth_date: date | None = sealed("patients.birth_date", "date", nullable=True)
    sex: str | None = sealed("patients.sex", nullable=True)


class Study(SQLModel, table=True):
    __tablename__ = "studies"
    __table_args__ = (
        blind_column("uid_blind", "studies.study_instance_uid", "organization_key", "study_instance_uid"),
        search_column("studies", "organization_key", by_word=["description"], by_whole=["accession_number"]),
        Index("studies_search", "search_terms", postgresql_using="gin"),
    )
    __mapper_args__ = {"exclude_properties": ["uid_blind", "search_terms"]}

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    patient_key: UUID | None = reference("patients.key", nullable=True)
    study_instance_uid: str = sealed("studies.study_instance_uid")
    description: str | None = sealed("studies.description", nullable=True)
    accession_number: str | None = sealed("studies.accession_number", nullable=True)
    started_at: datetime | None = sealed("studies.started_at", "moment", nullable=True)  # the scanner's clock
    created_at: datetime = instant()


class Series(SQLModel, table=True):
    __tablename__ = "series"
    __table_args__ = (blind_column("uid_blind", "series.series_instance_uid", "study_key", "series_instance_uid"),)
    __mapper_args__ = {"exclude_properties": ["uid_blind"]}

    key: UUID = key_field()
    study_key: UUID = reference("studies.key", cascade=True)
    series_instance_uid: str = sealed("series.series_instance_uid")
    number: int | None = None
    description: str | None = sealed("series.description", nullable=True)
    modality: str
    body_part: str | None = sealed("series.body_part", nullable=True)
    laterality: str | None = sealed("series.laterality", nullable=True)
    frame_of_reference_uid: str | None = sealed("series.frame_of_reference_uid", nullable=True)
    created_at: datetime = instant()


class Instance(SQLModel, table=True):
    """One SOP instance; `instances/<key>` holds it as received, unaltered."""

    __tablename__ = "instances"
    __table_args__ = (blind_column("uid_blind", "instances.sop_instance_uid", "organization_key", "sop_instance_uid"),)
    __mapper_args__ = {"exclude_properties": ["uid_blind"]}

    key: UUID = Field(primary_key=True)  # derived from content, so that a job run twice writes the same objects
    organization_key: UUID = reference("organizations.key")
    series_key: UUID = reference("series.key", cascade=True)
    upload_key: UUID | None = Field(default=None, index=True)
    sop_instance_uid: str = sealed("instances.sop_instance_uid")
    sop_class_uid: str
    transfer_syntax_uid: str
    instance_number: int | None = None
    pixel_digest: str  # SHA-256 of the decoded stored values
    size: int = Field(sa_column=Column(BigInteger, nullable=False))  # bytes as received
    windows: list[dict[str, Any]] = document()
    unit: str | None = None
    created_at: datetime = instant()


class Frame(SQLModel, table=True):
    """One frame; `frames/<instance>/<number>` holds its codestream, `previews/<instance>/<number>` its preview."""

    __tablename__ = "frames"
    __table_args__ = (UniqueConstraint("instance_key", "frame_number"),)

    key: UUID = Field(primary_key=True)
    instance_key: UUID = reference("instances.key", cascade=True)
    frame_number: int  # within the instance, from 1
    geometry: dict[str, Any] = document(dict)
    digest: bytes | None = None  # SHA-256 of the codestream, checked whenever it is read


class Stack(SQLModel, table=True):
    """Frames of one series that share geometry and matrix, in order. Never altered once made."""

    __tablename__ = "stacks"
    __table_args__ = (UniqueConstraint("series_key", "fingerprint"),)

    key: UUID = key_field()
    series_key: UUID = reference("series.key", cascade=True)
    ordinal: int
    fingerprint: str  # of the frame keys in order: the same frames make no second stack
    superseded: bool = False  # a later stack holds these frames and more
    frame_keys: list[UUID] = Field(sa_column=Column(ARRAY(PG_UUID(as_uuid=True)), nullable=False))
    rows: int
    columns: int
    row_spacing: float | None = None  # mm
    column_spacing: float | None = None  # mm
    slice_spacing: float | None = None  # mm between positions along the normal
    photometric: str
    bits_stored: int
    signed: bool
    padding_value: int | None = None
    unit: str | None = None
    image_type: list[str] = document()
    windows: list[dict[str, Any]] = document()
    warnings: list[dict[str, str]] = document()
    created_at: datetime = instant()
