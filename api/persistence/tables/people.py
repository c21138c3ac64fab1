"""Organizations, the people in them, and their sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference
from api.persistence.sealing.index_columns import blind_column, search_column
from api.persistence.sealing.sealed_columns import sealed


class Organization(SQLModel, table=True):
    __tablename__ = "organizations"

    key: UUID = key_field()
    name: str
    is_open: bool = False  # patients sign up without an invitation
    created_at: datetime = instant()


class User(SQLModel, table=True):
    """Somebody whose e-mail address is confirmed, or the user of an API key."""

    __tablename__ = "users"
    __table_args__ = (
        blind_column("email_blind", "users.email", None, "email"),
        search_column("users", "organization_key", by_word=["display_name", "email"]),
        Index("users_newest", "organization_key", "created_at", "key"),
        Index("users_search", "search_terms", postgresql_using="gin"),
    )
    __mapper_args__ = {"exclude_properties": ["email_blind", "search_terms"]}

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    subject: str | None = Field(default=None, unique=True)  # the directory's name of the account
    email: str = sealed("users.email")  # lower case
    display_name: str = sealed("users.display_name")
    role: str
    specialty: str | None = None
    disabled: bool = False
    mfa_enabled: bool = False
    mfa_exempt: bool = False  # an account to try Hilum with: the password suffices
    created_at: datetime = instant()


class Session(SQLModel, table=True):
    """One signed-in device. Only hashes of refresh tokens are kept."""

    __tablename__ = "sessions"

    key: UUID = key_field()
    user_key: UUID = reference("users.key", cascade=True)
    refresh_hash: str = Field(unique=True)
    previous_hash: str | None = Field(default=None, index=True)  # shown again, it was stolen: the session ends
    rotated_at: datetime | None = instant(nullable=True)  # when previous_hash was the current one for the last time
    directory_state: bytes | None = None  # sealed: what the directory needs to renew the sign-in
    user_agent: str | None = None
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    ends_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)


class SignInFailure(SQLModel, table=True):
    """A guess that failed or is being checked: of a password or a code, by the blind value of whose it was said to be.

    Tells nothing of whether that account exists. client_address: whence it came, as far as that is known.
    """

    __tablename__ = "sign_in_failures"

    id: int | None = Field(default=None, primary_key=True)
    whose_blind: str = Field(index=True)  # of what was guessed and the e-mail address (or subject) it was guessed for
    client_address: str | None = Field(default=None, index=True)
    at: datetime = instant()
