"""Organizations, the people in them, and their sessions."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference


class Organization(SQLModel, table=True):
    __tablename__ = "organizations"

    key: UUID = key_field()
    name: str
    created_at: datetime = instant()


class User(SQLModel, table=True):
    __tablename__ = "users"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    email: str = Field(unique=True)  # lower case
    display_name: str
    role: str
    specialty: str | None = None
    disabled: bool = False
    created_at: datetime = instant()


class LocalCredential(SQLModel, table=True):
    """The password of one user of the local directory, as an argon2id hash (RFC 9106)."""

    __tablename__ = "local_credentials"

    user_key: UUID = Field(primary_key=True, foreign_key="users.key", ondelete="CASCADE")
    password_hash: str
    changed_at: datetime = instant()


class Session(SQLModel, table=True):
    """One signed-in device. Only hashes of refresh tokens are kept."""

    __tablename__ = "sessions"

    key: UUID = key_field()
    user_key: UUID = reference("users.key", cascade=True)
    refresh_hash: str = Field(unique=True)
    previous_hash: str | None = Field(default=None, index=True)  # shown again, it was stolen: the session ends
    rotated_at: datetime | None = instant(nullable=True)  # when previous_hash was the current one for the last time
    user_agent: str | None = None
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    ends_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)


class SignInFailure(SQLModel, table=True):
    """A sign-in that failed or is being checked, by the hash of the e-mail address that was typed.

    Tells nothing of whether it exists. client_address: whence it came, as far as that is known.
    """

    __tablename__ = "sign_in_failures"

    id: int | None = Field(default=None, primary_key=True)
    email_hash: str = Field(index=True)
    client_address: str | None = Field(default=None, index=True)
    at: datetime = instant()
