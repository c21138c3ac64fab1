"""How much of what somebody may use is used up."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from api.persistence.columns import instant


class RateBudget(SQLModel, table=True):
    """One leaky bucket, shared by all processes. Unlogged: after a crash of the database everybody begins anew.

    subject: the key of a person or an application, or a network address. level: points in it at `at`, which leak away.
    granted: points that were last put in, which the one who put them in reads back.
    """

    __tablename__ = "rate_budgets"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    bucket: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    level: float
    granted: float
    at: datetime = instant()
