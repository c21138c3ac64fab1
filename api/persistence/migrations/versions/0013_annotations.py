"""Annotations: what readers measured and drew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from api.persistence.policies import Rule, of_case, of_its_case, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

DRAWN = "author_key = (select hilum_user())"
# Only whoever drew one changes it.
PROTECTED = {
    "annotations": Rule(
        of_case("annotations"),
        "select, insert, update",
        adds=f"{DRAWN} and {of_its_case('annotations')}",
        changes=f"{DRAWN} and ({of_case('annotations')})",
    ),
}


def upgrade() -> None:
    op.create_table(
        "annotations",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("author_key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("anchor", postgresql.JSONB(), nullable=False),
        sa.Column("points", postgresql.JSONB(), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("quantities", postgresql.JSONB(), nullable=False),
        sa.Column("missed_by_key", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_key"], ["users.key"]),
        sa.ForeignKeyConstraint(["missed_by_key"], ["analyses.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    for column in ("organization_key", "case_key", "author_key", "missed_by_key"):
        op.create_index(op.f(f"ix_annotations_{column}"), "annotations", [column], unique=False)
    for table, rule in PROTECTED.items():
        for statement in protect(table, rule):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("annotations")
