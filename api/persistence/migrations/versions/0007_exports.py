"""Exports of cases."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("with_identity", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    for column in ("organization_key", "case_key", "user_key"):
        op.create_index(op.f(f"ix_exports_{column}"), "exports", [column], unique=False)


def downgrade() -> None:
    op.drop_table("exports")
