"""Comments, reviews and releases; people who take part by their e-mail address."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXED = {
    "comments": ("organization_key", "case_key", "author_key", "reply_to_key"),
    "reviews": ("organization_key", "case_key", "user_key"),
    "releases": ("organization_key", "case_key", "review_key", "user_key"),
}


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "comments",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("author_key", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("mentions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reply_to_key", sa.Uuid(), nullable=True),
        sa.Column("anchor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("edited_at", moment, nullable=True),
        sa.Column("deleted_at", moment, nullable=True),
        sa.Column("resolved_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_key"], ["users.key"]),
        sa.ForeignKeyConstraint(["reply_to_key"], ["comments.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "reviews",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("impression", sa.LargeBinary(), nullable=False),
        sa.Column("recommendation", sa.LargeBinary(), nullable=True),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("signed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "releases",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("review_key", sa.Uuid(), nullable=False),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["review_key"], ["reviews.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"]),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    for table, columns in INDEXED.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    for table in ("releases", "reviews", "comments"):
        op.drop_table(table)
