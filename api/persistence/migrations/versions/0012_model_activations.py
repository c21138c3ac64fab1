"""Versions of models that organizations chose."""

import sqlalchemy as sa
from alembic import op

from api.persistence.policies import leave_open

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# A doctor of another organization who takes part in a case asks for the versions of that organization.
UNPROTECTED = {"model_activations": ("select, insert", "versions of models; nothing of patients")}


def upgrade() -> None:
    op.create_table(
        "model_activations",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("model_name", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("chosen_by", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["chosen_by"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(
        op.f("ix_model_activations_organization_key"), "model_activations", ["organization_key"], unique=False
    )
    for table, (api_may, _) in UNPROTECTED.items():
        for statement in leave_open(table, api_may):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("model_activations")
