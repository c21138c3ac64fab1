"""The audit trail: entries in chains, the chains' heads, and what proves them. Decision 9."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, LargeBinary
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field

SYSTEM_ORGANIZATION = UUID(int=0)  # whose chain takes what belongs to no organization


class AuditEntry(SQLModel, table=True):
    """One act; append-only, written by the SQL function `audit_append` alone, numbered without gaps.

    Names keys and actions, never names of people or files, and so has no foreign keys: what it names may be deleted.
    organization_key: whose data it concerns, else whose person acted. actor_key: a user's, or a service's.
    hash: SHA-256 of the one before it and of this entry's fields, see `api.persistence.audit.hashing`.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint("outcome in ('ok', 'refused', 'missing', 'failed')", name="audit_outcome"),
        CheckConstraint("length(hash) = 32", name="audit_hash_length"),
        # One for each filter; `at` and the number are the order of every page.
        Index("audit_by_time", "organization_key", "at", "number"),
        Index("audit_by_actor", "organization_key", "actor_key", "at", "number"),
        Index(
            "audit_by_api_key",
            *("organization_key", "api_key_key", "at", "number"),
            postgresql_where="api_key_key is not null",
        ),
        Index("audit_by_subject", "organization_key", "subject_key", "at", "number"),
        Index("audit_by_action", "organization_key", "action", "at", "number"),
    )

    organization_key: UUID = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = instant()
    actor_key: UUID
    api_key_key: UUID | None = None
    action: str
    subject_kind: str | None = None
    subject_key: UUID | None = None
    outcome: str
    address: str | None = None
    trace_id: str | None = None
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditChain(SQLModel, table=True):
    """The head of one organization's chain; its row is locked from the numbering to the commit."""

    __tablename__ = "audit_chains"

    organization_key: UUID = Field(primary_key=True)
    last_number: int = Field(sa_column=Column(BigInteger, nullable=False))
    head: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditBurst(SQLModel, table=True):
    """That an act which comes in bursts was recorded for this minute; swept after a day."""

    __tablename__ = "audit_bursts"

    actor_key: UUID = Field(primary_key=True)
    action: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    minute: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))


class AuditAnchor(SQLModel, table=True):
    """Up to which entry a chain was anchored in the object store; only to know when the next one is due."""

    __tablename__ = "audit_anchors"

    organization_key: UUID = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime = instant()


class AuditVerification(SQLModel, table=True):
    """One check of one chain. whole: from its first entry; else from where the one before it ended.

    last_number, last_hash: of the last entry that was checked. broken_number, fault: of the first that is not right.
    """

    __tablename__ = "audit_verifications"
    __table_args__ = (Index("audit_verifications_newest", "organization_key", "at"),)

    key: UUID = key_field()
    organization_key: UUID
    at: datetime = instant()
    whole: bool
    intact: bool
    last_number: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    broken_number: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    fault: str | None = None
