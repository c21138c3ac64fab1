"""How the API and the workers log in to PostgreSQL: as roles of their own, never as the owner of the tables.

Where the socket is trusted, as the embedded server's is, the two roles themselves. Elsewhere a login role of each for
this data folder, whose password is derived from a key in it, so that two Hilums in one cluster do not meet. Or
addresses that an operator prepared; then Hilum never learns the owner's but for `hilum migrate`.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.persistence.engine import CONNECT_SECONDS
from api.persistence.migration import MIGRATION_LOCK
from api.persistence.policies import API, WORKER

SETTINGS_OF = {API: "HILUM_DATABASE_APP_URL", WORKER: "HILUM_DATABASE_WORKER_URL"}
PREPARED = 'docs/using.md, "Database roles", says how it is prepared.'

# Whoever is a member of a role may become it. No role of that name: null, as good as false.
FACTS = f"""select session_user::text,
    exists (select 1 from pg_roles r where (r.rolsuper or r.rolbypassrls)
        and pg_has_role(session_user, r.oid, 'member')),
    exists (select 1 from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and pg_has_role(session_user, c.relowner, 'member')),
    coalesce(pg_has_role(session_user, to_regrole('{API}'), 'member'), false),
    coalesce(pg_has_role(session_user, to_regrole('{WORKER}'), 'member'), false)"""


class UnfitRole(OSError):
    """The role would see more than it may, or less than it must; the message says what to do."""


class Login(StrEnum):
    API = API
    WORKER = WORKER


@dataclass(frozen=True)
class LoginRole:
    name: str
    password: str


def is_trusted(owner_url: str) -> bool:
    """Whether only the socket's folder keeps others out: then a role needs no password."""
    given = conninfo_to_dict(owner_url)
    return not given.get("password") and str(given.get("host") or "/").startswith("/")


def login_role(login: Login, key: bytes) -> LoginRole:
    """key: 32 bytes of the data folder's. The name tells of which data folder, and nothing of the key."""
    of_folder = hashlib.sha256(b"hilum database logins" + key).hexdigest()[:8]
    secret = hmac.digest(key, login.encode(), "sha256")
    return LoginRole(f"{login}_{of_folder}", base64.urlsafe_b64encode(secret).decode().rstrip("="))


def trusted_address(owner_url: str, login: Login) -> str:
    return make_conninfo(owner_url, user=str(login))


def address(owner_url: str, role: LoginRole) -> str:
    return make_conninfo(owner_url, user=role.name, password=role.password)


def make_login(owner_url: str, login: Login, role: LoginRole) -> None:
    """The login role is there, has its password, and may be what `login` says. Blocking.

    The password itself never reaches PostgreSQL's log. Raises: UnfitRole where the owner may not make roles.
    """
    name, group = sql.Identifier(role.name), sql.Identifier(login)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        verifier = connection.pgconn.encrypt_password(
            role.password.encode(), role.name.encode(), b"scram-sha-256"
        ).decode()
        try:
            if connection.execute("select to_regrole(%s)", [role.name]).fetchone() == (None,):
                connection.execute(sql.SQL("create role {} login").format(name))
            connection.execute(sql.SQL("alter role {} password {}").format(name, sql.Literal(verifier)))
            connection.execute(sql.SQL("grant {} to {}").format(group, name))
        except psycopg.errors.InsufficientPrivilege as error:
            raise UnfitRole(
                f"The role of HILUM_DATABASE_URL may not make {role.name} ({error.diag.message_primary}). Give it "
                f"CREATEROLE, or name a login role in {SETTINGS_OF[login]}; {PREPARED}"
            ) from error


def check_login(url: str, login: Login) -> None:
    """Whether the role of `url` sees what `login` must and no more. Blocking. Raises UnfitRole."""
    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        facts = connection.execute(FACTS).fetchone()
    assert facts is not None
    _check(facts, login)


def _check(facts: tuple[Any, ...], login: Login) -> None:
    """facts: the row of FACTS."""
    name, bypasses, owns, is_api, is_worker = facts
    setting = SETTINGS_OF[login]
    if bypasses or owns:
        why = "is a superuser or may bypass it" if bypasses else "owns tables"
        raise UnfitRole(
            f"The database role {name} could get round row security: it {why}. Name another in {setting}; {PREPARED}"
        )
    if login is Login.API and is_worker:
        raise UnfitRole(
            f"The database role {name} is a worker's ({WORKER}), which sees every organization. Name another in "
            f"{setting}; {PREPARED}"
        )
    if not (is_api if login is Login.API else is_worker):
        raise UnfitRole(
            f"The database role {name} is not a member of {login}. Run: grant {login} to {name}; {PREPARED}"
        )
