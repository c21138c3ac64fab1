"""Cases: what people read together, and who takes part."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference
from api.persistence.sealing.index_columns import blind_column, search_column
from api.persistence.sealing.sealed_columns import sealed


class Case(SQLModel, table=True):
    __tablename__ = "cases"
    __table_args__ = (
        Index("cases_newest", "organization_key", "created_at", "key"),
        Index("cases_activity", "organization_key", "updated_at", "key"),
        search_column("cases", "organization_key", by_word=["title"]),
        Index("cases_search", "search_terms", postgresql_using="gin"),
    )
    __mapper_args__ = {"exclude_properties": ["search_terms"]}

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    patient_key: UUID | None = reference("patients.key", nullable=True)
    title: str = sealed("cases.title")
    status: str
    urgency: str | None = None
    urgency_by: UUID | None = Field(default=None, foreign_key="users.key")  # null: from the newest analysis
    archived: bool = False
    created_by: UUID = reference("users.key")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    deleted_at: datetime | None = instant(nullable=True)
    deleted_by: UUID | None = Field(default=None, foreign_key="users.key")
    deletion_reason: str | None = sealed("cases.deletion_reason", nullable=True)


class CaseStudy(SQLModel, table=True):
    __tablename__ = "case_studies"

    case_key: UUID = Field(primary_key=True, foreign_key="cases.key", ondelete="CASCADE")
    study_key: UUID = Field(primary_key=True, foreign_key="studies.key", ondelete="CASCADE", index=True)


class Participant(SQLModel, table=True):
    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("case_key", "user_key"),
        blind_column("email_blind", "participants.email", None, "email", nullable=True, unique=False),
    )
    __mapper_args__ = {"exclude_properties": ["email_blind"]}

    key: UUID = key_field()
    case_key: UUID = reference("cases.key", cascade=True)
    user_key: UUID | None = reference("users.key", nullable=True)
    email: str | None = sealed("participants.email", nullable=True)
    access: str
    since: datetime = instant()
