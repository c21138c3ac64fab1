"""How processes come by the keys of sealed columns."""

import asyncio
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from api.backends import open_backends
from api.errors import KeysOutOfDate
from api.keys.opening import KeysUnusable, open_keyring
from api.persistence.sealing.keyring import Keyring, now
from api.persistence.tables import Case
from api.settings import Settings
from api.storage.local_keys import LocalKeys
from api.unit_of_work import House
from tests.people import SHARED, make_people
from tests.waiting import until

SPREAD = 30.0


async def open_once(url: str, master: Path, scope: str = "x") -> tuple[int, bytes]:
    """The number of the key that seals, and a blind value."""
    async with open_keyring(url, LocalKeys(master), SPREAD) as ring:
        return ring.current, ring.blind("a.b", None, scope)


async def test_processes_that_start_together_agree_on_one_key(database_url: str, tmp_path: Path) -> None:
    rings = await asyncio.gather(*(open_once(database_url, tmp_path / "master.key") for _ in range(8)))

    assert len(set(rings)) == 1
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select id, state from data_keys").fetchall() == [(1, "current")]
        assert connection.execute("select count(*) from blind_index_keys").fetchone() == (1,)


async def test_a_master_key_of_another_installation_is_refused_with_the_remedy(
    database_url: str, tmp_path: Path
) -> None:
    await open_once(database_url, tmp_path / "own.key")

    with pytest.raises(KeysUnusable, match=r"master\.key"):
        await open_once(database_url, tmp_path / "other.key")


async def test_a_key_that_comes_is_read_by_whoever_runs(database_url: str, tmp_path: Path) -> None:
    keys = LocalKeys(tmp_path / "master.key")
    async with open_keyring(database_url, keys, 0.6) as ring:
        coming = await keys.generate({"purpose": "sealed columns", "data_key": "2"})
        with psycopg.connect(database_url) as connection:
            insert = "insert into data_keys (id, wrapped, state, created_at) values (2, %s, 'coming', now())"
            connection.execute(insert, [coming.wrapped])
        await until(lambda: ring.numbers == {1, 2}, 10)

        assert ring.current == 1


@SHARED
async def test_where_keys_could_not_be_read_for_long_nothing_is_done(house: House) -> None:
    late = Keyring(lease=1)
    late.turn({1: bytes(32)}, 1, since=now() - 2)

    with pytest.raises(KeysOutOfDate):
        async with replace(house, keyring=late).unit_of_work():
            pass


async def test_rows_of_one_process_are_read_by_another(settings: Settings, database_url: str) -> None:
    async with open_backends(settings, database_url) as first, first.house.unit_of_work() as uow:
        owner = (await make_people(first.house)).clinician
        case = Case(organization_key=owner.organization_key, title="Sealed", status="READY", created_by=owner.user_key)
        uow.session.add(case)

    async with open_backends(settings, database_url) as second, second.house.unit_of_work() as uow:
        assert (await uow.session.get_one(Case, case.key)).title == "Sealed"
