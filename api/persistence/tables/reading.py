"""What people say of a case: comments, annotations, signed reviews, and what of them a patient may read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from api.persistence.columns import document, instant, key_field, reference
from api.persistence.sealing.sealed_columns import sealed


class Comment(SQLModel, table=True):
    __tablename__ = "comments"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")  # of the case, whoever wrote it
    case_key: UUID = reference("cases.key", cascade=True)
    author_key: UUID = reference("users.key")
    audience: str  # CLINICIANS, EVERYONE
    body: str = sealed("comments.body")
    mentions: list[str] = document()  # keys of users
    reply_to_key: UUID | None = reference("comments.key", nullable=True)
    anchor: dict[str, Any] = document(dict)  # stack, frame_index, left, top, width, height, finding; empty for none
    created_at: datetime = instant()
    edited_at: datetime | None = instant(nullable=True)
    deleted_at: datetime | None = instant(nullable=True)
    resolved_at: datetime | None = instant(nullable=True)


class Annotation(SQLModel, table=True):
    """What a reader drew. Of one that was deleted only its place is left."""

    __tablename__ = "annotations"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")  # of the case, whoever drew it
    case_key: UUID = reference("cases.key", cascade=True)
    author_key: UUID = reference("users.key")
    kind: str  # LENGTH, ELLIPSE, RECTANGLE, POINT, FINDING
    anchor: dict[str, Any] = document(dict)  # stack, frame_index, box, finding
    points: list[list[float]] = document()  # x, y: pixels, origin at the outer corner of the first pixel
    label: str | None = sealed("annotations.label", nullable=True)
    note: str | None = sealed("annotations.note", nullable=True)
    quantities: list[dict[str, Any]] = document()  # name, value, unit (UCUM): computed from the stored frame
    missed_by_key: UUID | None = reference("analyses.key", nullable=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    deleted_at: datetime | None = instant(nullable=True)


class Review(SQLModel, table=True):
    """A signed reading; never altered."""

    __tablename__ = "reviews"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    case_key: UUID = reference("cases.key", cascade=True)
    user_key: UUID = reference("users.key")
    impression: str = sealed("reviews.impression")
    recommendation: str | None = sealed("reviews.recommendation", nullable=True)
    urgency: str
    signed_at: datetime = instant()


class Release(SQLModel, table=True):
    """What a patient may read of a review, until it is withdrawn."""

    __tablename__ = "releases"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    case_key: UUID = reference("cases.key", cascade=True)
    review_key: UUID = reference("reviews.key", cascade=True)
    user_key: UUID = reference("users.key")
    summary: str = sealed("releases.summary")
    at: datetime = instant()
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawn_by: UUID | None = Field(default=None, foreign_key="users.key")
