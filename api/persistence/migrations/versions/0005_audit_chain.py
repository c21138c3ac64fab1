"""Audit chain.

What was recorded before is carried over: each organization's entries in the order of their time, what had no
organization in the chain of the system. Nobody but `audit_append` writes entries, and nobody changes or deletes them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SYSTEM = "00000000-0000-0000-0000-000000000000"
# Of services, see api.persistence.audit.entries.
ANONYMOUS = "81a18660-1e65-5185-8256-68a56011c28d"
WORKER = "39bf2a21-b32d-501a-9880-3e9e78aa2776"
COMMAND = "6f692811-d89b-5e59-ac34-90f4b4abb102"

# See api.persistence.audit.hashing, which must give the same. Written out: a function a field takes ten times as long.
HASH = """
create function audit_hash(
  before bytea, organization uuid, number bigint, at timestamptz, actor uuid, api_key uuid, action text, kind text,
  subject uuid, outcome text, address text, trace text
) returns bytea language sql stable parallel safe return
  sha256(before || convert_to(
    'hilum-audit-1 36:' || organization
    || octet_length(number::text) || ':' || number
    || '27:' || to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '36:' || actor
    || coalesce('36:' || api_key, '-')
    || octet_length(action) || ':' || action
    || coalesce(octet_length(kind) || ':' || kind, '-')
    || coalesce('36:' || subject, '-')
    || octet_length(outcome) || ':' || outcome
    || coalesce(octet_length(address) || ':' || address, '-')
    || coalesce(octet_length(trace) || ':' || trace, '-'), 'UTF8'));
"""

# The organization whose data a subject is; a deleted case is still its organization's. A kind that is not named has
# the table of its name's plural, where there is one: its rows say the organization, or the case.
OWNER = """
create function audit_owner(kind text, of_key uuid) returns uuid language plpgsql stable as $$
declare
  owner uuid;
  place regclass;
begin
  if of_key is null then
    return null;
  end if;
  case kind
    when 'Case' then
      select c.organization_key into owner from cases c where c.key = of_key;
    when 'Patient' then
      select p.organization_key into owner from patients p where p.key = of_key;
    when 'Study' then
      select s.organization_key into owner from studies s where s.key = of_key;
    when 'Series' then
      select s.organization_key into owner from series r join studies s on s.key = r.study_key where r.key = of_key;
    when 'Stack' then
      select s.organization_key into owner from stacks t join series r on r.key = t.series_key
        join studies s on s.key = r.study_key where t.key = of_key;
    when 'Analysis' then
      select a.organization_key into owner from analyses a where a.key = of_key;
    when 'Finding' then
      select a.organization_key into owner from findings f join analyses a on a.key = f.analysis_key
        where f.key = of_key;
    when 'Upload' then
      select u.organization_key into owner from uploads u where u.key = of_key;
    when 'UploadFile' then
      select u.organization_key into owner from upload_files f join uploads u on u.key = f.upload_key
        where f.key = of_key;
    when 'User' then
      select u.organization_key into owner from users u where u.key = of_key;
    when 'Session' then
      select u.organization_key into owner from sessions s join users u on u.key = s.user_key where s.key = of_key;
    when 'Organization' then
      select o.key into owner from organizations o where o.key = of_key;
    else
      place := to_regclass(quote_ident(lower(regexp_replace(kind, '(?<!^)([A-Z])', '_\\1', 'g')) || 's'));
      if exists (select from pg_attribute where attrelid = place and attname = 'organization_key') then
        execute format('select organization_key from %s where key = $1', place) into owner using of_key;
      elsif exists (select from pg_attribute where attrelid = place and attname = 'case_key') then
        execute format('select c.organization_key from %s t join cases c on c.key = t.case_key where t.key = $1', place)
          into owner using of_key;
      end if;
  end case;
  return owner;
end $$;
"""

# Security definer: the role that the API runs as may add entries by this function, and by nothing else.
# All chains are known before the first is locked, and are locked in the order of their keys.
APPEND = f"""
create function audit_append(entries jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  entry record;
  chain uuid;
  last bigint;
  newest bytea;
  moment timestamptz;
  rows audit_entries[] := '{{}}';
begin
  for entry in
    select told.*, placed.chain as placed_chain, placed.word
    from (
      select e.*, audit_owner(e.kind, e.subject) as owner
      from jsonb_to_recordset(entries) as e(
        place int, organization uuid, actor uuid, api_key uuid, action text, kind text, subject uuid, outcome text,
        sought boolean, address text, trace text)
    ) told
    cross join lateral (
      -- What is another organization's is missing here, and was refused there.
      select coalesce(told.owner, told.organization, '{SYSTEM}'::uuid) as chain,
             case when told.sought and told.owner is null then 'missing' else told.outcome end as word
      union all
      select coalesce(told.organization, '{SYSTEM}'::uuid), 'missing'
      where told.sought and told.owner is not null and told.owner is distinct from told.organization
    ) placed
    order by placed.chain, told.place
  loop
    if chain is distinct from entry.placed_chain then
      if chain is not null then
        update audit_chains set last_number = last, head = newest where organization_key = chain;
      end if;
      chain := entry.placed_chain;
      select c.last_number, c.head into last, newest from audit_chains c where c.organization_key = chain for update;
      if not found then
        insert into audit_chains (organization_key, last_number, head)
          values (chain, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
        select c.last_number, c.head into last, newest from audit_chains c where c.organization_key = chain for update;
      end if;
      moment := clock_timestamp();
    end if;
    last := last + 1;
    newest := audit_hash(newest, chain, last, moment, entry.actor, entry.api_key, entry.action, entry.kind,
      entry.subject, entry.word, entry.address, entry.trace);
    rows := rows || row(chain, last, moment, entry.actor, entry.api_key, entry.action, entry.kind, entry.subject,
      entry.word, entry.address, entry.trace, newest)::audit_entries;
  end loop;
  insert into audit_entries select * from unnest(rows);
  if chain is not null then
    update audit_chains set last_number = last, head = newest where organization_key = chain;
  end if;
end $$;
"""

APPEND_ONLY = """
create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'The audit trail is append-only: % of % is refused.', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger audit_entries_append_only before update or delete or truncate on audit_entries
  for each statement execute function audit_refuse();
create trigger audit_chains_stay before delete or truncate on audit_chains
  for each statement execute function audit_refuse();
"""

# Words that this version has no more; whoever was not known is now somebody: the operator, a job, or nobody signed in.
CARRY_OVER = f"""
do $$
declare
  entry record;
  chain uuid;
  last bigint := 0;
  newest bytea;
begin
  for entry in
    select coalesce(b.organization_key, '{SYSTEM}'::uuid) as organization, b.at,
      coalesce(b.actor_key, case
        when b.action in ('organization:create', 'user:create', 'user:reset_password') then '{COMMAND}'::uuid
        when b.action like 'session:%' then '{ANONYMOUS}'::uuid else '{WORKER}'::uuid end) as actor,
      b.action, replace(initcap(replace(split_part(b.action, ':', 1), '_', ' ')), ' ', '') as kind, b.subject_key,
      case when b.outcome in ('ok', 'refused', 'missing', 'failed') then b.outcome
        when b.outcome = 'succeeded' then 'ok' when b.outcome = 'ended' then 'refused'
        else 'failed' end as outcome, b.address, b.trace_id
    from audit_entries_before b order by 1, b.at, b.key
  loop
    if chain is distinct from entry.organization then
      chain := entry.organization;
      last := 0;
      newest := decode(repeat('00', 32), 'hex');
      insert into audit_chains values (chain, 0, newest);
    end if;
    last := last + 1;
    newest := audit_hash(newest, chain, last, entry.at, entry.actor, null, entry.action, entry.kind,
      entry.subject_key, entry.outcome, entry.address, entry.trace_id);
    insert into audit_entries (organization_key, number, at, actor_key, action, subject_kind, subject_key, outcome,
      address, trace_id, hash)
    values (chain, last, entry.at, entry.actor, entry.action, entry.kind, entry.subject_key, entry.outcome,
      entry.address, entry.trace_id, newest);
    update audit_chains set last_number = last, head = newest where organization_key = chain;
  end loop;
end $$;
"""

INDEXES = {
    "audit_by_time": [],
    "audit_by_actor": ["actor_key"],
    "audit_by_subject": ["subject_key"],
    "audit_by_action": ["action"],
}


def upgrade() -> None:
    op.drop_index(op.f("ix_audit_entries_organization_key"), table_name="audit_entries")
    op.execute("alter table audit_entries rename constraint audit_entries_pkey to audit_entries_before_pkey")
    op.rename_table("audit_entries", "audit_entries_before")
    _create_entries()
    _create_proofs()
    for statement in (HASH, OWNER, APPEND):
        op.execute(statement)
    op.execute(CARRY_OVER)
    op.drop_table("audit_entries_before")
    # Last: what was carried over was written without the function.
    op.execute(APPEND_ONLY)


def _create_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_key", sa.Uuid(), nullable=False),
        sa.Column("api_key_key", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_key", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome in ('ok', 'refused', 'missing', 'failed')", name="audit_outcome"),
        sa.CheckConstraint("length(hash) = 32", name="audit_hash_length"),
        sa.PrimaryKeyConstraint("organization_key", "number"),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_entries", ["organization_key", *columns, "at", "number"])
    op.create_index(
        "audit_by_api_key",
        "audit_entries",
        ["organization_key", "api_key_key", "at", "number"],
        postgresql_where="api_key_key is not null",
    )


def _create_proofs() -> None:
    op.create_table(
        "audit_chains",
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organization_key"),
    )
    # A head changes with every entry: room beside it keeps the change within its page.
    op.execute("alter table audit_chains set (fillfactor = 50)")
    op.create_table(
        "audit_bursts",
        sa.Column("actor_key", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_key", "action", "subject", "minute"),
    )
    op.create_table(
        "audit_anchors",
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organization_key"),
    )
    op.create_table(
        "audit_verifications",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("intact", sa.Boolean(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("broken_number", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("audit_verifications_newest", "audit_verifications", ["organization_key", "at"])


def downgrade() -> None:
    """Back to entries that nothing proves."""
    op.create_table(
        "audit_entries_before",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_key", sa.Uuid(), nullable=True),
        sa.Column("actor_key", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_key", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.execute(
        f"""insert into audit_entries_before
        select gen_random_uuid(), at, nullif(organization_key, '{SYSTEM}'::uuid), actor_key, action, subject_key,
          outcome, address, trace_id from audit_entries"""
    )
    for table in ("audit_verifications", "audit_anchors", "audit_bursts", "audit_chains", "audit_entries"):
        op.drop_table(table)
    for function in ("audit_append(jsonb)", "audit_owner(text, uuid)", "audit_refuse()"):
        op.execute(f"drop function {function}")
    op.execute(
        "drop function audit_hash(bytea, uuid, bigint, timestamptz, uuid, uuid, text, text, uuid, text, text, text)"
    )
    op.rename_table("audit_entries_before", "audit_entries")
    op.execute("alter table audit_entries rename constraint audit_entries_before_pkey to audit_entries_pkey")
    op.create_index(op.f("ix_audit_entries_organization_key"), "audit_entries", ["organization_key"], unique=False)
