"""How people come to have an account, and how they prove that it is theirs."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference
from api.persistence.sealing.index_columns import blind_column
from api.persistence.sealing.sealed_columns import sealed


class LocalAccount(SQLModel, table=True):
    """An account of the local directory; `users.subject` names it.

    Secrets are sealed under a data key. totp_step: the last 30-second step whose code was used (RFC 6238).
    """

    __tablename__ = "local_accounts"
    __table_args__ = (blind_column("email_blind", "local_accounts.email", None, "email"),)
    __mapper_args__ = {"exclude_properties": ["email_blind"]}

    subject: str = Field(default_factory=lambda: str(uuid4()), primary_key=True)
    email: str = sealed("local_accounts.email")  # lower case
    password_hash: str  # argon2id (RFC 9106)
    changed_at: datetime = instant()
    confirmed_at: datetime | None = instant(nullable=True)
    enabled: bool = True
    totp_secret: bytes | None = None
    pending_secret: bytes | None = None  # not in force until a code of it was shown
    totp_step: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class MailedCode(SQLModel, table=True):
    """The newest code that the local directory mailed for a purpose; an earlier one is no longer good."""

    __tablename__ = "mailed_codes"

    subject: str = Field(primary_key=True, foreign_key="local_accounts.subject", ondelete="CASCADE")
    purpose: str = Field(primary_key=True)  # confirm, reset
    code_hash: str
    expires_at: datetime = instant()
    tries: int = 0


class Challenge(SQLModel, table=True):
    """What is still to be answered before somebody gets a session. Its token is kept as a hash.

    sealed: whose sign-in it is and what the directory needs to go on, under a key that only the token gives.
    """

    __tablename__ = "challenges"

    key: UUID = key_field()
    token_hash: str = Field(unique=True)
    kind: str
    subject: str | None = None
    sealed: bytes
    tries: int = 0
    expires_at: datetime = instant()


class RecoveryCode(SQLModel, table=True):
    """Stands in once for a code of the authenticator. A hash suffices: it is 80 random bits."""

    __tablename__ = "recovery_codes"

    user_key: UUID = Field(primary_key=True, foreign_key="users.key", ondelete="CASCADE")
    code_hash: str = Field(primary_key=True)
    used_at: datetime | None = instant(nullable=True)


class Invitation(SQLModel, table=True):
    """Lets the owner of one e-mail address sign up. Its token is kept as a hash."""

    __tablename__ = "invitations"
    __table_args__ = (blind_column("email_blind", "invitations.email", None, "email", unique=False),)
    __mapper_args__ = {"exclude_properties": ["email_blind"]}

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    email: str = sealed("invitations.email")  # lower case
    role: str
    token_hash: str = Field(unique=True)
    created_by: UUID | None = reference("users.key", nullable=True, index=False)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    accepted_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class SignUp(SQLModel, table=True):
    """Somebody who signed up and has not confirmed the e-mail address; then they become a user."""

    __tablename__ = "sign_ups"
    __table_args__ = (blind_column("email_blind", "sign_ups.email", None, "email", unique=False),)
    __mapper_args__ = {"exclude_properties": ["email_blind"]}

    subject: str = Field(primary_key=True)
    email: str = sealed("sign_ups.email")
    display_name: str = sealed("sign_ups.display_name")
    organization_key: UUID = reference("organizations.key")
    role: str
    invitation_key: UUID | None = reference("invitations.key", nullable=True)
    created_at: datetime = instant()
