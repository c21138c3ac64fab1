"""Row security in PostgreSQL's words: who sees and writes which rows, and what turns that into statements.

Two roles: `hilum_api` sees what the actor of its transaction may see and owns nothing, `hilum_worker` sees everything.
Neither is a superuser or may bypass row security, so that a filter which the code forgot shows nothing.

The actor is four settings of the transaction (`api.persistence.actors`). The functions below read them; those that
must look past the policies, because the policies are made of them, are SECURITY DEFINER, and tell as little as can be.
"""

from collections.abc import Iterator
from dataclasses import dataclass

API, WORKER = "hilum_api", "hilum_worker"
EVERYTHING = "select, insert, update, delete"
KEPT_COLUMNS = ("key", "organization_key", "case_key")  # no row goes to another organization or case

# Inlined by PostgreSQL; `(select hilum_user())` is asked once a statement.
SETTINGS = {
    "hilum_user": "nullif(current_setting('hilum.user', true), '')::uuid",
    "hilum_organization": "nullif(current_setting('hilum.organization', true), '')::uuid",
    "hilum_seen_organization": "case when current_setting('hilum.sees_organization', true) = 'on'"
    " then nullif(current_setting('hilum.organization', true), '')::uuid end",
    "hilum_administered_organization": "case when current_setting('hilum.administers', true) = 'on'"
    " then nullif(current_setting('hilum.organization', true), '')::uuid end",
}

# Name and arguments: what it gives, how often it may change, its one statement (bound when it is made: no search path).
LOOKING_PAST = {
    "hilum_sees_case(a_case uuid)": ("boolean", "stable", """
        select exists (select 1 from cases c where c.key = a_case and (c.organization_key = hilum_seen_organization()
            or exists (select 1 from participants p where p.case_key = a_case and p.user_key = hilum_user())))"""),
    # The next numbers of a stream, the last of them; its row is locked until the transaction ends.
    "hilum_take_numbers(a_stream text, a_key uuid, how_many integer)": ("bigint", "volatile", """
        insert into event_streams as e (stream, stream_key, last_number) values (a_stream, a_key, how_many)
            on conflict (stream, stream_key) do update set last_number = e.last_number + how_many
            returning e.last_number"""),
    # Whether events are gone already is told by all that are left, not by those that one may see.
    "hilum_oldest_event(a_stream text, a_key uuid)": ("bigint", "stable", """
        select min(e.number) from events e where e.stream = a_stream and e.stream_key = a_key"""),
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """What the API may do with a table: `may` as GRANT has it, on rows for which `sees` holds; new ones as `adds`.

    changes: the rows that may be updated, where those are fewer than are seen.
    """

    sees: str
    may: str = "select"
    adds: str | None = None
    changes: str | None = None


OWN_ORGANIZATION = "organization_key = (select hilum_seen_organization())"
OWN = "user_key = (select hilum_user())"


# A subquery for one value, not EXISTS: of EXISTS PostgreSQL plans a second form that reads all of the table, and of
# each within it again; and it may choose that.
def inside(parent: str, column: str) -> str:
    """Rows that belong to a visible row of `parent`, whose own policy is asked. column: with the table's name."""
    return f"(select true from {parent} parent where parent.key = {column})"


def with_any(child: str, reference: str, key: str) -> str:
    """Rows to which a visible row of `child` belongs. reference: of the child's columns. key: with the table's name."""
    return f"(select true from {child} child where child.{reference} = {key} limit 1)"


def of_case(table: str) -> str:
    """Rows of a visible case, with the organization of the case beside it, which is the quicker way."""
    return f"{OWN_ORGANIZATION} or {inside('cases', f'{table}.case_key')}"


def of_its_case(table: str) -> str:
    """Rows that name a visible case and that case's own organization."""
    return f"(select c.organization_key = {table}.organization_key from cases c where c.key = {table}.case_key)"


def roles() -> Iterator[str]:
    """The two roles, once a cluster, whoever else makes them at this moment; and who may act as whom.

    They can log in where PostgreSQL trusts the socket; where it asks for a password they have none.
    Jobs on somebody's behalf act as the API does. The owner, whom row security is forced on too, acts as a worker:
    migrations and the functions above must see every row.
    """
    yield _made(API, "login")
    yield _made(WORKER, "login noinherit")
    yield _member(f"'{WORKER}'", API, "member")
    yield _member("current_user", WORKER, "usage")


def _made(role: str, attributes: str) -> str:
    return f"""do $$ begin
        if to_regrole('{role}') is null then create role {role} {attributes}; end if;
    exception when duplicate_object or unique_violation then null;
        when insufficient_privilege then raise insufficient_privilege
            using message = 'Ask a superuser to run: create role {role} {attributes};';
    end $$"""


def _member(who: str, role: str, how: str) -> str:
    """Asked first: whoever may not grant this need not, where it was granted before. Superusers are of every role.

    how: as pg_has_role has it; whoever made a role is a member at once, but uses none of its rights.
    """
    return f"""do $$ begin
        if not pg_has_role({who}, '{role}', '{how}') then execute format('grant {role} to %I', {who}); end if;
    exception when unique_violation then null;
        when insufficient_privilege then raise insufficient_privilege
            using message = format('Ask a superuser to run: grant {role} to %I;', {who});
    end $$"""


def functions() -> Iterator[str]:
    for name, expression in SETTINGS.items():
        yield f"create function {name}() returns uuid language sql stable parallel safe return {expression}"
    for signature, (returned, volatility, statement) in LOOKING_PAST.items():
        yield (
            f"create function {signature} returns {returned} language sql {volatility} security definer"
            f" begin atomic {statement}; end"
        )
    for function in signatures():
        yield f"revoke execute on function {function} from public"
        yield f"grant execute on function {function} to {API}, {WORKER}"


def signatures() -> Iterator[str]:
    yield from (f"{name}()" for name in SETTINGS)
    yield from LOOKING_PAST


def protect(table: str, rule: Rule | None, worker_may: str = EVERYTHING) -> Iterator[str]:
    """Row security on `table`, forced on its owner too. rule: None where the API has no business with it."""
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    yield f"create policy worker on {table} to {WORKER} using (true) with check (true)"
    yield from permit(table, WORKER, worker_may)
    if rule is None:
        return
    for action in rule.may.split(", "):
        sees, adds = f"using ({rule.sees})", f"with check ({rule.adds or rule.sees})"
        changed = rule.changes or rule.sees
        conditions = {"insert": adds, "update": f"using ({changed}) with check ({changed})"}.get(action, sees)
        yield f"create policy api_{action} on {table} for {action} to {API} {conditions}"
    yield from permit(table, API, rule.may)


def leave_open(table: str, api_may: str, worker_may: str = EVERYTHING) -> Iterator[str]:
    """No row security on `table`, only grants: what is needed before anybody is known, or tells of no patient."""
    yield from permit(table, WORKER, worker_may)
    if api_may:
        yield from permit(table, API, api_may)


def permit(table: str, role: str, actions: str) -> Iterator[str]:
    """Grants, and of the sequences that new rows need. The API never moves a row: its keys are not its to change."""
    for action in actions.split(", "):
        if action == "update" and role == API:
            yield _update_of_all_but_keys(table)
        else:
            yield f"grant {action} on {table} to {role}"
    if "insert" in actions:
        yield f"""do $$ declare sequence regclass; begin
            for sequence in select s.oid from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
                where d.refobjid = '{table}'::regclass and d.deptype in ('a', 'i')
            loop execute format('grant usage on sequence %s to {role}', sequence); end loop;
        end $$"""


def _update_of_all_but_keys(table: str) -> str:
    kept = ", ".join(f"'{column}'" for column in KEPT_COLUMNS)
    return f"""do $$ begin execute (
        select format('grant update (%s) on {table} to {API}', string_agg(quote_ident(attname), ', '))
        from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped
            and attname not in ({kept}));
    end $$"""
