"""Row security.

Every table stands in one of the two maps below; a test asks the database itself. A table that comes later has its maps
in its own migration, for `policies.protect` or `policies.leave_open`.
"""

from collections.abc import Iterator

from alembic import op

from api.persistence.policies import (
    API,
    EVERYTHING,
    OWN,
    OWN_ORGANIZATION,
    WORKER,
    Rule,
    functions,
    inside,
    leave_open,
    of_case,
    of_its_case,
    protect,
    roles,
    signatures,
    with_any,
)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

READ, WRITE = "select", "select, insert, update"

TAKES_PART = f"(select true from participants p where p.case_key = cases.key and p.{OWN})"
CASE_OF_EVENT = inside("cases", "events.case_key")
CASE_OF_STREAM = inside("cases", "events.stream_key")
STREAM_OF_CASE = inside("cases", "event_streams.stream_key")
CASE_OF_UPLOAD = f"(case_key is null or {inside('cases', 'uploads.case_key')})"
ADMINISTERED = "organization_key = (select hilum_administered_organization())"

# What holds patient data or leads to it. None: workers only.
PROTECTED: dict[str, Rule | None] = {
    "patients": Rule(
        f"{OWN_ORGANIZATION} or {with_any('cases', 'patient_key', 'patients.key')}"
        f" or {with_any('studies', 'patient_key', 'patients.key')}"
    ),
    "studies": Rule(f"{OWN_ORGANIZATION} or {with_any('case_studies', 'study_key', 'studies.key')}"),
    "series": Rule(inside("studies", "series.study_key")),
    "instances": Rule(f"{OWN_ORGANIZATION} or {inside('series', 'instances.series_key')}"),
    "frames": Rule(inside("instances", "frames.instance_key")),
    "stacks": Rule(inside("series", "stacks.series_key")),
    "cases": Rule(f"{OWN_ORGANIZATION} or {TAKES_PART}", "select, update"),
    "case_studies": Rule(inside("cases", "case_studies.case_key")),
    # Of all policies this one ends the circle: a case is seen by its participants, and they by whoever sees the case.
    "participants": Rule(f"{OWN} or hilum_sees_case(case_key)", EVERYTHING, adds="hilum_sees_case(case_key)"),
    "analyses": Rule(of_case("analyses"), WRITE, adds=of_its_case("analyses")),
    "findings": Rule(inside("analyses", "findings.analysis_key")),
    "comments": Rule(of_case("comments"), WRITE,
                     adds=f"author_key = (select hilum_user()) and {of_its_case('comments')}"),
    # Signed readings are never altered.
    "reviews": Rule(of_case("reviews"), "select, insert", adds=f"{OWN} and {of_its_case('reviews')}"),
    "releases": Rule(of_case("releases"), WRITE, adds=f"{OWN} and {of_its_case('releases')}"),
    "uploads": Rule(OWN, WRITE,
                    adds=f"{OWN} and organization_key = (select hilum_organization()) and {CASE_OF_UPLOAD}"),
    "upload_files": Rule(inside("uploads", "upload_files.upload_key"), "select, insert"),
    "upload_instances": Rule(inside("uploads", "upload_instances.upload_key")),
    "upload_cases": Rule(inside("uploads", "upload_cases.upload_key")),
    "ingest_tries": None,
    "idempotency_keys": Rule(OWN, WRITE),
    # News hold keys, and whoever acts writes them: to a colleague's stream, to that of a case one has just left.
    # Whoever follows sees those of cases they see. Numbers are taken by `hilum_take_numbers` alone.
    "events": Rule(
        "case stream when 'viewer' then stream_key = (select hilum_user())"
        f" when 'case' then {CASE_OF_STREAM} else stream_key = (select hilum_seen_organization()) or"
        f" (stream_key = (select hilum_organization()) and (case_key is null or {CASE_OF_EVENT})) end",
        "select, insert", adds="stream <> 'case' or stream_key = case_key",
    ),
    "event_streams": Rule(
        "case stream when 'viewer' then stream_key = (select hilum_user())"
        f" when 'case' then {STREAM_OF_CASE} else stream_key = (select hilum_organization()) end"
    ),
    "exports": Rule(OWN, "select, insert", adds=f"{OWN} and {of_its_case('exports')}"),
    # Written by `audit_append` alone, also before it is known who acts.
    "audit_entries": Rule(ADMINISTERED),
    "audit_chains": Rule(ADMINISTERED),
    "audit_verifications": Rule(ADMINISTERED),
    "audit_anchors": None,
}  # fmt: skip

# What the API needs before it knows an actor, or holds nothing of patients: table, what the API may, why.
UNPROTECTED: dict[str, tuple[str, str]] = {
    # Changes of people wait for each other at their organization's row, and a lock needs the right to update something.
    "organizations": ("select, update (is_open)", "their names; asked for with whoever signs in"),
    "users": (WRITE, "found by e-mail address before anybody is signed in"),
    "sessions": (WRITE, "found by a token before it is known whose it is"),
    "local_accounts": (WRITE, "checked before anybody is signed in"),
    "mailed_codes": (EVERYTHING, "checked before anybody is signed in"),
    "challenges": (EVERYTHING, "answered before anybody is signed in"),
    "recovery_codes": (EVERYTHING, "checked before anybody is signed in"),
    "invitations": (WRITE, "shown by whoever has no account yet"),
    "sign_ups": (EVERYTHING, "of those who have no account yet"),
    "api_keys": (WRITE, "found by a token before it is known whose it is"),
    "sign_in_failures": ("select, insert, delete", "counted before anybody is signed in"),
    "audit_bursts": ("select, insert", "counted before anybody is signed in"),
    "data_keys": (READ, "wrapped; read when a process starts"),
    "blind_index_keys": (READ, "sealed; read when a process starts"),
    "alembic_version": (READ, "one number"),
    "procrastinate_jobs": ("insert, select (id)", "keys of what is to be done; only workers read them"),
    "procrastinate_events": ("insert", "times of jobs, written by a trigger"),
    "procrastinate_workers": ("", "workers' heartbeats"),
    "procrastinate_periodic_defers": ("", "times of jobs"),
}
# What workers may, where it is not everything.
WORKERS: dict[str, str] = {"audit_entries": READ, "alembic_version": READ}


def upgrade() -> None:
    for statement in _statements():
        op.execute(statement)


def _statements() -> Iterator[str]:
    yield from roles()
    yield f"grant usage on schema public to {API}, {WORKER}"
    yield from functions()
    for table, rule in PROTECTED.items():
        yield from protect(table, rule, WORKERS.get(table, EVERYTHING))
    for table, (api_may, _) in UNPROTECTED.items():
        yield from leave_open(table, api_may, WORKERS.get(table, EVERYTHING))


def downgrade() -> None:
    """The roles stay: other databases of the cluster may use them."""
    for table in PROTECTED:
        for action in ("select", "insert", "update", "delete"):
            op.execute(f"drop policy if exists api_{action} on {table}")
        op.execute(f"drop policy worker on {table}")
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
    for function in reversed(list(signatures())):
        op.execute(f"drop function {function}")
    for kind in ("tables", "sequences"):
        op.execute(f"revoke all on all {kind} in schema public from {API}, {WORKER}")
    op.execute(f"revoke usage on schema public from {API}, {WORKER}")
