"""What somebody is told, up to where they have read, and where it is pushed to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference
from api.persistence.sealing.index_columns import blind_column
from api.persistence.sealing.sealed_columns import sealed


class Notice(SQLModel, table=True):
    """Something happened that people are to be told. It is gone in the transaction that tells them."""

    __tablename__ = "notices"

    key: UUID = key_field()
    topic: str
    case_key: UUID = reference("cases.key", cascade=True)
    subject_key: UUID  # of the analysis, comment, participant, review or export
    actor_key: UUID | None = None  # who did it, and so is not told
    at: datetime = instant()


class Notification(SQLModel, table=True):
    """One row of somebody's inbox. As long as it is unread, more of the same kind and case are counted in it.

    shown_by: the right that shows it, asked again whenever it is read.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index("notifications_newest", "user_key", "at", "key"),
        Index(
            "notifications_unread",
            *("user_key", "case_key", "kind", "shown_by"),
            unique=True,
            postgresql_where=text("read_at is null"),
        ),
    )

    key: UUID = key_field()
    user_key: UUID = reference("users.key", cascade=True, index=False)
    case_key: UUID = reference("cases.key", cascade=True)
    kind: str
    shown_by: str
    subject_key: UUID  # the newest
    count: int = 1
    at: datetime = instant()
    read_at: datetime | None = instant(nullable=True)


class CaseRead(SQLModel, table=True):
    """Up to which comment somebody has read a case: when that was written."""

    __tablename__ = "case_reads"

    user_key: UUID = Field(primary_key=True, foreign_key="users.key", ondelete="CASCADE")
    case_key: UUID = Field(primary_key=True, foreign_key="cases.key", ondelete="CASCADE", index=True)
    read_at: datetime = instant()


class PushSubscription(SQLModel, table=True):
    """Where a browser is reached (RFC 8030) and its keys (RFC 8291); goes with the session that registered it.

    number: of the last event of the person's stream that was pushed to it, or need not be.
    """

    __tablename__ = "push_subscriptions"
    __table_args__ = (blind_column("endpoint_blind", "push_subscriptions.endpoint", None, "endpoint"),)
    __mapper_args__ = {"exclude_properties": ["endpoint_blind"]}

    key: UUID = key_field()
    user_key: UUID = reference("users.key", cascade=True)
    session_key: UUID = reference("sessions.key", cascade=True)
    endpoint: str = sealed("push_subscriptions.endpoint")
    p256dh: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # 65 bytes, a point of P-256
    auth: bytes = sealed("push_subscriptions.auth", "bytes")
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    registered_at: datetime = instant()
    failures: int = 0  # of its push service, one after another
    away_until: datetime | None = instant(nullable=True)  # it is not asked before
