"""Analyses of a case by a model, what they found, and what clinicians think of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from api.persistence.columns import document, instant, key_field, reference
from api.persistence.sealing.sealed_columns import sealed


class Analysis(SQLModel, table=True):
    __tablename__ = "analyses"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    case_key: UUID = reference("cases.key", cascade=True)
    stack_key: UUID | None = reference("stacks.key", nullable=True)
    model_name: str
    model_version: str
    status: str
    stage: str
    progress: float = 0.0
    requested_by: UUID | None = Field(default=None, foreign_key="users.key")
    queued_at: datetime = instant()
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    scores: list[dict[str, Any]] = document()
    uncertainty: float | None = None
    failure: str | None = sealed("analyses.failure", nullable=True)  # may repeat what a file says
    warnings: list[dict[str, str]] = document()
    overlays: list[dict[str, Any]] = document()  # api/analyses/overlays.py says their form
    timing: dict[str, Any] | None = document(nullable=True)  # api/analyses/timing.py; of those that succeeded


class Finding(SQLModel, table=True):
    __tablename__ = "findings"

    key: UUID = key_field()
    analysis_key: UUID = reference("analyses.key", cascade=True)
    stack_key: UUID = reference("stacks.key", cascade=True)
    ordinal: int  # from 0, most probable first
    label: str
    probability: float
    above_threshold: bool
    frame_index: int  # the frame that shows it best
    left: float | None = None  # pixels; origin is the outer corner of the first pixel
    top: float | None = None
    width: float | None = None
    height: float | None = None
    diameter_mm: float | None = None
    x: float | None = None  # mm, LPS
    y: float | None = None
    z: float | None = None


class Feedback(SQLModel, table=True):
    """A clinician's word on an analysis or a finding. Never altered: the next version stands in its place."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index(
            *("feedback_versions", "analysis_key", "finding_key", "user_key", "version"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")  # of the case, whoever gave it
    case_key: UUID = reference("cases.key", cascade=True)
    analysis_key: UUID = reference("analyses.key", cascade=True, index=False)  # the first column of feedback_versions
    finding_key: UUID | None = Field(default=None, foreign_key="findings.key", ondelete="CASCADE", index=True)
    user_key: UUID = reference("users.key")
    version: int  # from 1, of a user's words on one thing; the highest stands
    agreement: str  # AGREE, PARTLY, DISAGREE
    corrected_label: str | None = sealed("feedback.corrected_label", nullable=True)
    note: str | None = sealed("feedback.note", nullable=True)
    at: datetime = instant()
