"""Partners: API keys; and the digest of each frame, for what is served to be compared with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"]),
        sa.ForeignKeyConstraint(["created_by"], ["users.key"]),
        sa.ForeignKeyConstraint(["revoked_by"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("user_key"),
        sa.UniqueConstraint("prefix"),
    )
    op.create_index(op.f("ix_api_keys_organization_key"), "api_keys", ["organization_key"], unique=False)
    op.add_column("frames", sa.Column("digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("frames", "digest")
    op.drop_table("api_keys")
