"""As whom Hilum logs in to PostgreSQL: roles of their own, made once, and none that could get round row security."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import select
from sqlmodel import col

from api.backends import database_address, open_backends
from api.events.append import case_changed
from api.persistence.embedded_server import EmbeddedServer
from api.persistence.logins import Login, UnfitRole, check_login, login_role
from api.persistence.migration import MigrationRefused, migrate
from api.persistence.tables import Case
from api.server import database
from api.settings import Settings
from api.unit_of_work import House
from tests.belongings import SEEN, make_belongings
from tests.conftest import quick_settings
from tests.people import make_people
from tests.running import ROOT, RunningServer, children_of, command_of, forget_database

PASSWORD = "open-sesame"
KEY = bytes(32)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL in which no Hilum was yet, that asks everybody but the superuser for a password."""
    data = tmp_path_factory.mktemp("cluster") / "data"
    server = EmbeddedServer(data)
    rules = server.folder / "pg_hba.conf"
    rules.write_text(f"local all postgres trust\nlocal all all scram-sha-256\n{rules.read_text()}")
    execute(server.url, "select pg_reload_conf()")
    yield server.url
    server.stop()
    forget_database(data)


@pytest.fixture(scope="module")
def named(cluster: str) -> str:
    """The address of a database whose owner is no superuser and may make roles, as a provider's master user may."""
    execute(cluster, f"create role master login createrole password '{PASSWORD}'")
    execute(cluster, "create database hospital owner master")
    return in_cluster(cluster, "hospital", "master", PASSWORD)


def in_cluster(cluster: str, name: str, user: str = "postgres", password: str = "") -> str:
    """The address of the cluster's database of that name, as a user."""
    found = conninfo_to_dict(cluster)
    return f"postgresql://{user}:{password}@/{name}?host={found['host']}"


def execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """What the last of them gives."""
    found: list[tuple[Any, ...]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
            found = cursor.fetchall() if cursor.description else []
    return found


def test_databases_that_begin_at_once_make_the_roles_once(cluster: str, tmp_path: Path) -> None:
    names = [f"begin_{number}" for number in range(3)]
    for name in names:
        execute(cluster, f"create database {name}")

    began = [
        subprocess.Popen(
            [sys.executable, "-m", "api", "migrate"],
            cwd=ROOT,
            env=RunningServer(tmp_path, database_url=in_cluster(cluster, name)).environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in names
    ]
    said = [process.communicate(timeout=120)[0] for process in began]

    assert said == ["migrated\n"] * len(names)
    roles = "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles"
    assert execute(cluster, f"{roles} where rolname in ('hilum_api', 'hilum_worker') order by 1") == [
        ("hilum_api", False),
        ("hilum_worker", False),
    ]
    assert migrate(in_cluster(cluster, names[0])) is False
    for name in names:
        execute(cluster, f"drop database {name}")
    execute(cluster, "drop role hilum_worker", "drop role hilum_api")


async def test_a_named_postgresql_gets_logins_with_passwords_of_their_own(named: str, tmp_path: Path) -> None:
    """Its owner is no superuser: row security is forced on them too, and all that Hilum does works nevertheless."""
    settings = quick_settings(tmp_path / "data").model_copy(update={"database_url": named})

    with database(settings) as url, database(settings) as again:
        assert url == again == named

        async with open_backends(settings, url) as workers, open_backends(settings, url, login=Login.API) as served:
            held = await make_belongings(workers.house, await make_people(workers.house))
            for name, seen in SEEN.items():
                async with served.house.unit_of_work(getattr(held.people, name)) as uow:
                    found = set((await uow.session.execute(select(col(Case.key)))).scalars())
                    assert held.names(found) == seen
            await change(served.house, held.people.clinician, held.made["shared"].case)
    address = conninfo_to_dict(database_address(settings, named, Login.API))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(named, user=str(address["user"]), password="guessed"))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(named, user="hilum_worker", password="guessed"))
    assert PASSWORD not in str(address)


async def change(house: House, actor: Any, case: Case) -> None:
    async with house.unit_of_work(actor) as uow:
        (await uow.session.get_one(Case, case.key, with_for_update=True)).urgency = "ROUTINE"
        uow.audit("case:set_urgency", case.key)
        uow.tell(*case_changed(case.key, case.organization_key))


def test_logins_that_the_operator_prepared_need_no_owner(named: str, tmp_path: Path) -> None:
    migrate(named)
    execute(
        named,
        f"create role app_login login password '{PASSWORD}'",
        f"create role job_login login password '{PASSWORD}'",
        "grant hilum_api to app_login",
        "grant hilum_worker to job_login",
    )
    chosen = {
        "database_app_url": make_conninfo(named, user="app_login"),
        "database_worker_url": make_conninfo(named, user="job_login"),
    }
    settings = quick_settings(tmp_path / "data").model_copy(update=chosen)

    with database(settings):
        users = [conninfo_to_dict(database_address(settings, "", login))["user"] for login in Login]

    assert users == ["app_login", "job_login"]
    with (
        pytest.raises(UnfitRole, match="set both"),
        database(settings.model_copy(update={"database_worker_url": None})),
    ):
        pass


def test_an_owner_who_may_not_make_roles_is_told_what_to_ask_for(cluster: str, named: str) -> None:
    migrate(named)
    execute(cluster, f"create role modest login password '{PASSWORD}'", "create database modest owner modest")
    url = in_cluster(cluster, "modest", "modest", PASSWORD)

    with pytest.raises(MigrationRefused, match="Ask a superuser to run: grant hilum_worker to modest"):
        migrate(url)
    execute(cluster, "grant hilum_worker to modest")

    assert migrate(url)


def test_tables_of_another_version_are_not_served(cluster: str, tmp_path: Path) -> None:
    execute(cluster, "create database behind")
    url = in_cluster(cluster, "behind")
    migrate(url)
    execute(url, "update alembic_version set version_num = '0008'")
    execute(url, *(f"create role behind_{login} login password 'behind' in role {login}" for login in Login))
    chosen = {
        "database_app_url": in_cluster(cluster, "behind", "behind_hilum_api", "behind"),
        "database_worker_url": in_cluster(cluster, "behind", "behind_hilum_worker", "behind"),
    }

    with (
        pytest.raises(MigrationRefused, match=r"is at version 0008.*Run `hilum migrate`"),
        database(quick_settings(tmp_path).model_copy(update=chosen)),
    ):
        pass


UNFIT = {
    "a superuser": ("create role {} login superuser", Login.API, "is a superuser"),
    "who may bypass row security": ("create role {} login bypassrls in role hilum_api", Login.API, "may bypass it"),
    "a worker": ("create role {} login in role hilum_api, hilum_worker", Login.API, "is a worker's"),
    "who may become a superuser": ("create role {} login in role postgres", Login.API, "is a superuser"),
    "nobody of ours": ("create role {} login", Login.API, "grant hilum_api to"),
    "a superuser for jobs": ("create role {} login superuser", Login.WORKER, "is a superuser"),
    "the API for jobs": ("create role {} login in role hilum_api", Login.WORKER, "grant hilum_worker to"),
}


@pytest.mark.parametrize("who", UNFIT)
async def test_roles_that_see_too_much_or_too_little_are_refused(
    database_url: str, settings: Settings, who: str
) -> None:
    made, login, reason = UNFIT[who]
    role = f"unfit_{list(UNFIT).index(who)}"
    execute(database_url, f"drop role if exists {role}", made.format(role))
    setting = "database_app_url" if login is Login.API else "database_worker_url"
    chosen = settings.model_copy(update={setting: make_conninfo(database_url, user=role)})

    with pytest.raises(UnfitRole, match=reason) as refused:
        async with open_backends(chosen, database_url, login=login):
            pass

    assert f"HILUM_{setting.upper()}" in str(refused.value) or "grant" in str(refused.value)
    execute(database_url, f"drop role {role}")


def test_an_owner_of_tables_is_refused(database_url: str, settings: Settings) -> None:
    execute(
        database_url,
        "create role owning login in role hilum_api",
        "grant create on schema public to owning",
        "set role owning",
        "create table owned (id int)",
    )

    with pytest.raises(UnfitRole, match="owns tables"):
        check_login(make_conninfo(database_url, user="owning"), Login.API)
    execute(database_url, "drop owned by owning", "drop role owning")


def test_the_server_does_not_start_as_a_superuser_and_says_what_to_do(database_url: str, tmp_path: Path) -> None:
    environment = RunningServer(tmp_path / "data", settings={"HILUM_DATABASE_APP_URL": database_url}).environment
    environment |= {"HILUM_DATABASE_URL": database_url}

    ran = subprocess.run(
        [sys.executable, "-m", "api", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )

    assert ran.returncode == 1
    assert "could get round row security" in ran.stderr
    assert "HILUM_DATABASE_APP_URL" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_running_hilum_is_nobody_but_the_api_and_its_workers(server: RunningServer) -> None:
    """And workers are not told the address of anybody else."""
    assert server.database_url is not None
    statement = """select distinct usename from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()"""

    roles = {row[0] for row in execute(server.database_url, statement)}
    assert server.process is not None
    workers = [pid for pid in children_of(server.process.pid) if command_of(pid)[-2:-1] == ["work"]]
    told = [Path(f"/proc/{pid}/environ").read_text().split("\0") for pid in workers]

    assert roles <= {"hilum_api", "hilum_worker"}
    assert "hilum_api" in roles
    assert len(workers) == 1
    for environment in told:
        addresses = [line for line in environment if line.startswith("HILUM_DATABASE")]
        assert len(addresses) == 1
        assert addresses[0].startswith("HILUM_DATABASE_WORKER_URL=")
        assert "user=hilum_worker" in addresses[0]


def test_two_data_folders_have_logins_of_their_own() -> None:
    first, second = login_role(Login.API, KEY), login_role(Login.API, b"1" * 32)

    assert first == login_role(Login.API, KEY)
    assert first.name != second.name
    assert first.password != second.password
    assert first.password != login_role(Login.WORKER, KEY).password
