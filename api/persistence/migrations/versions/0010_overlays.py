"""Overlays of analyses: what a model looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'[]'::jsonb")
    op.add_column("analyses", sa.Column("overlays", postgresql.JSONB(), nullable=False, server_default=empty))
    op.alter_column("analyses", "overlays", server_default=None)


def downgrade() -> None:
    op.drop_column("analyses", "overlays")
