"""Rate budgets."""

import sqlalchemy as sa
from alembic import op

from api.persistence.policies import leave_open

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNPROTECTED = {"rate_budgets": ("select, insert, update", "counted before anybody is signed in")}


def upgrade() -> None:
    op.create_table(
        "rate_budgets",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("granted", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "subject"),
        prefixes=["UNLOGGED"],  # written with every few requests, and worth nothing after a crash
    )
    for table, (api_may, _) in UNPROTECTED.items():
        for statement in leave_open(table, api_may):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("rate_budgets")
