"""How long an analysis took, step by step."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analyses", sa.Column("timing", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("analyses", "timing")
