"""Notifications, up to where cases were read, and Web Push."""

import sqlalchemy as sa
from alembic import op

from api.persistence.policies import OWN, Rule, inside, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WHO_DID_IT = "actor_key = (select hilum_user())"
CASE_OF_NOTICE = inside("cases", "notices.case_key")

PROTECTED: dict[str, Rule | None] = {
    # Left by whoever acts, of a case that they see; read by workers alone.
    "notices": Rule(WHO_DID_IT, "insert", adds=f"{WHO_DID_IT} and {CASE_OF_NOTICE}"),
    # Written by workers; one's own to read and to mark.
    "notifications": Rule(OWN, "select, update"),
    "case_reads": Rule(OWN, "select, insert, update", adds=f"{OWN} and {inside('cases', 'case_reads.case_key')}"),
    "push_subscriptions": Rule(OWN, "select, insert, delete"),
}

# An endpoint is one browser's: whoever registers it holds that browser, and whoever it was of is left alone.
# The lock lets the second of two at once see what the first has written.
TAKE_ENDPOINT = """create function hilum_take_endpoint() returns trigger language plpgsql security definer
    set search_path = pg_catalog as $$ begin
        perform pg_advisory_xact_lock(hashtextextended(encode(new.endpoint_blind, 'hex'), 0));
        delete from public.push_subscriptions where endpoint_blind = new.endpoint_blind;
        return new;
    end $$"""
# Whatever ends a session ends its pushes, also where it is somebody else's and in whichever way.
END_PUSHES = """create function hilum_end_pushes() returns trigger language plpgsql security definer
    set search_path = pg_catalog as $$ begin
        delete from public.push_subscriptions where session_key = new.key;
        return null;
    end $$"""
TRIGGERS = (
    "create trigger take_endpoint before insert on push_subscriptions"
    " for each row execute function hilum_take_endpoint()",
    "create trigger end_pushes after update of ended_at on sessions"
    " for each row when (new.ended_at is not null) execute function hilum_end_pushes()",
)


MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_notifications()
    _create_push_subscriptions()
    _create_indexes()
    for table, rule in PROTECTED.items():
        for statement in protect(table, rule):
            op.execute(statement)
    for function in (TAKE_ENDPOINT, END_PUSHES):
        op.execute(function)
    for name in ("hilum_take_endpoint", "hilum_end_pushes"):
        op.execute(f"revoke execute on function {name}() from public")
    for trigger in TRIGGERS:
        op.execute(trigger)


def _create_notifications() -> None:
    op.create_table(
        "notices",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("subject_key", sa.Uuid(), nullable=False),
        sa.Column("actor_key", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "notifications",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("shown_by", sa.String(), nullable=False),
        sa.Column("subject_key", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "case_reads",
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.Uuid(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_key", "case_key"),
    )


def _create_push_subscriptions() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("user_key", sa.Uuid(), nullable=False),
        sa.Column("session_key", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.LargeBinary(), nullable=False),
        sa.Column("endpoint_blind", sa.LargeBinary(), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(), nullable=False),
        sa.Column("auth", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("away_until", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_key"], ["sessions.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("endpoint_blind"),
    )


def _create_indexes() -> None:
    op.create_index("notifications_newest", "notifications", ["user_key", "at", "key"])
    op.create_index(
        "notifications_unread",
        "notifications",
        ["user_key", "case_key", "kind", "shown_by"],
        unique=True,
        postgresql_where=sa.text("read_at is null"),
    )
    for table, columns in {
        "notices": ("case_key",),
        "notifications": ("case_key",),
        "case_reads": ("case_key",),
        "push_subscriptions": ("user_key", "session_key"),
    }.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    op.execute("drop trigger end_pushes on sessions")
    for table in reversed(PROTECTED):
        op.drop_table(table)
    for name in ("hilum_take_endpoint", "hilum_end_pushes"):
        op.execute(f"drop function {name}()")
