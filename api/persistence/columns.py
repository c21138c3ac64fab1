"""Column kinds that the tables share: keys, instants, JSON documents."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


def now() -> datetime:
    return datetime.now(UTC)


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep the text: it takes no NUL, and no lone surrogate (JSON allows both)."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def key_field() -> Any:
    return Field(default_factory=uuid4, primary_key=True)


def reference(column: str, *, nullable: bool = False, cascade: bool = False, index: bool = True) -> Any:
    """A foreign key to `table.column`; `cascade` removes this row with the one it belongs to."""
    if cascade:
        return Field(foreign_key=column, nullable=False, ondelete="CASCADE", index=index)
    if nullable:
        return Field(default=None, foreign_key=column, nullable=True, index=index)
    return Field(foreign_key=column, nullable=False, index=index)


def instant(*, nullable: bool = False) -> Any:
    """A point in time, UTC; now unless it may be null."""
    if nullable:
        return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)
    return Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)


def document(default: Any = list, *, nullable: bool = False) -> Any:
    """A JSON value that is read and written as a whole."""
    if nullable:
        return Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    return Field(default_factory=default, sa_type=JSONB, nullable=False)


__all__ = ["UUID", "document", "instant", "is_storable", "key_field", "now", "reference"]
