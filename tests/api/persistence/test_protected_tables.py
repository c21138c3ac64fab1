"""Which tables the rules protect, and what the API's role may: the database's own catalogue against the migrations."""

import psycopg

from api.persistence.migration import migrate
from tests.api.persistence.row_rules import PROTECTED, UNPROTECTED
from tests.revisions import to_revision


async def test_every_table_is_protected_or_has_a_reason_not_to_be(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """select relname, relrowsecurity and relforcerowsecurity, array(
                   select p.polroles::regrole[]::text from pg_policy p where p.polrelid = c.oid)
               from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"""
        ).fetchall()
    protected = {name for name, forced, policies in rows if forced and "{hilum_worker}" in policies}
    served = {name for name, _, policies in rows if "{hilum_api}" in policies}

    assert {name for name, _, _ in rows} - protected == set(UNPROTECTED)
    assert protected == set(PROTECTED)
    assert served == {name for name, rule in PROTECTED.items() if rule is not None}
    assert all(reason for _, reason in UNPROTECTED.values())


async def test_the_api_owns_nothing_and_may_do_no_more_than_is_listed(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """select c.relname, a.privilege from pg_class c
               cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
                   as a (privilege)
               where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                   and has_table_privilege('hilum_api', c.oid, a.privilege)"""
        ).fetchall()
        owned = connection.execute(
            "select count(*) from pg_class where relowner in ('hilum_api'::regrole, 'hilum_worker'::regrole)"
        ).fetchone()
    may = {name: api_may for name, (api_may, _) in UNPROTECTED.items()}
    may |= {name: rule.may if rule else "" for name, rule in PROTECTED.items()}
    # Updates are granted by column, so that the keys of a row stay, and are no privilege of the table.
    listed = {
        (name, action.upper()) for name, actions in may.items() for action in actions.split(", ") if action.isalpha()
    }

    assert set(rows) == {(name, action) for name, action in listed if action != "UPDATE"}
    assert owned == (0,)


async def test_the_migration_goes_down_and_up_again(database_url: str) -> None:
    def policies() -> int:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(
                "select (select count(*) from pg_policy) + (select count(*) from pg_class where relrowsecurity)"
                " + (select count(*) from pg_proc where proname like 'hilum%')"
            ).fetchone()
        assert row is not None
        return int(row[0])

    before = policies()
    to_revision(database_url, "0007")
    between = policies()
    migrate(database_url)

    assert (before > 0, between, policies()) == (True, 0, before)
