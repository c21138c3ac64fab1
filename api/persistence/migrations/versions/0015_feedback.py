"""Feedback on analyses, version by version."""

import sqlalchemy as sa
from alembic import op

from api.persistence.policies import Rule, of_case, of_its_case, protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

GIVEN = "user_key = (select hilum_user())"
# Nobody alters what was said, not even who said it.
PROTECTED = {
    "feedback": Rule(of_case("feedback"), "select, insert", adds=f"{GIVEN} and {of_its_case('feedback')}"),
}


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("analysis_key", sa.Uuid(), nullable=False),
        sa.Column("finding_key", sa.Uuid(), nullable=True),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("corrected_label", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["analysis_key"], ["analyses.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["finding_key"], ["findings.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    for column in ("organization_key", "case_key", "finding_key", "user_key"):
        op.create_index(op.f(f"ix_feedback_{column}"), "feedback", [column], unique=False)
    op.create_index(
        "feedback_versions",
        "feedback",
        ["analysis_key", "finding_key", "user_key", "version"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    for table, rule in PROTECTED.items():
        for statement in protect(table, rule):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("feedback")
