"""Identity: accounts of the local directory, challenges, recovery codes, invitations."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organizations", sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("organizations", "is_open", server_default=None)
    op.add_column("users", sa.Column("subject", sa.String(), nullable=True))
    for name in ("mfa_enabled", "mfa_exempt"):
        op.add_column("users", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        op.alter_column("users", name, server_default=None)
    op.create_unique_constraint("users_subject_key", "users", ["subject"])
    op.add_column("sessions", sa.Column("directory_state", sa.LargeBinary(), nullable=True))
    _create_directory_tables()
    _create_account_tables()
    _move_credentials()


def _create_directory_tables() -> None:
    op.create_table(
        "local_accounts",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("pending_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "mailed_codes",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["local_accounts.subject"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subject", "purpose"),
    )


def _create_account_tables() -> None:
    op.create_table(
        "challenges",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_key", "code_hash"),
    )
    op.create_table(
        "invitations",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["created_by"], ["users.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_invitations_email"), "invitations", ["email"], unique=False)
    op.create_index(op.f("ix_invitations_organization_key"), "invitations", ["organization_key"], unique=False)
    op.create_table(
        "sign_ups",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("invitation_key", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_key"], ["organizations.key"]),
        sa.ForeignKeyConstraint(["invitation_key"], ["invitations.key"]),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index(op.f("ix_sign_ups_invitation_key"), "sign_ups", ["invitation_key"], unique=False)
    op.create_index(op.f("ix_sign_ups_organization_key"), "sign_ups", ["organization_key"], unique=False)


def _move_credentials() -> None:
    """Whoever has a password keeps it; until now only the demo's accounts and those made by hand had one."""
    op.execute(
        "update users set subject = gen_random_uuid()::text, mfa_exempt = email like '%@demo.example' "
        "where key in (select user_key from local_credentials)"
    )
    op.execute(
        "insert into local_accounts (subject, email, password_hash, changed_at, confirmed_at, enabled) "
        "select u.subject, u.email, c.password_hash, c.changed_at, u.created_at, not u.disabled "
        "from local_credentials c join users u on u.key = c.user_key"
    )
    op.drop_table("local_credentials")


def downgrade() -> None:
    op.create_table(
        "local_credentials",
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_key"),
    )
    op.execute(
        "insert into local_credentials (user_key, password_hash, changed_at) "
        "select u.key, a.password_hash, a.changed_at from local_accounts a join users u on u.subject = a.subject"
    )
    for name in ("sign_ups", "invitations", "recovery_codes", "challenges", "mailed_codes", "local_accounts"):
        op.drop_table(name)
    op.drop_column("sessions", "directory_state")
    op.drop_constraint("users_subject_key", "users")
    for name in ("mfa_exempt", "mfa_enabled", "subject"):
        op.drop_column("users", name)
    op.drop_column("organizations", "is_open")
