"""Applications of partners, and the keys by which they come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference


class ApiKey(SQLModel, table=True):
    """A key acts as a user of its own, whose display name is the key's name. Of the secret only a digest is kept."""

    __tablename__ = "api_keys"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    user_key: UUID = Field(foreign_key="users.key", unique=True)
    prefix: str = Field(unique=True)  # by which it is found
    digest: bytes  # SHA-256 of the whole text
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    created_at: datetime = instant()
    created_by: UUID = Field(foreign_key="users.key")
    last_used_at: datetime | None = instant(nullable=True)  # to the minute
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)
    revoked_by: UUID | None = Field(default=None, foreign_key="users.key")
