"""Put a new data key in the place of the old one while everybody goes on working.

    coming     the new key is stored; every process reads it within `spread`, and can open what it seals
    current    it seals; who has not read that within its lease seals nothing, so after `spread` nobody uses the old one
    (wait)     for transactions that began before, since they may still write what they sealed
    reseal     every sealed value, batch by batch
    gone       the old key is deleted when no value is sealed under it any more

Each step is a row's state, so that whoever was killed is followed by the next `rotate`, which goes on where it was.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import SQLModel

from api.keys.opening import COMING, CURRENT, LEAVING, Connection, Keeper, KeysUnusable, connect, context
from api.keys.resealing import SealedTable, count_under, reseal, sealed_tables
from api.persistence.audit.entries import Outcome, Service, new_entry
from api.persistence.audit.writing import append_alone
from api.persistence.sealing.keyring import Keyring
from api.storage.data_keys import DataKeys

ROTATION_LOCK = 0x48694B72  # "HiKr"
PAUSE_SECONDS = 0.2  # before asking again for what somebody else still holds

Say = Callable[[str], None]
NewMaster = Callable[[], DataKeys]  # makes one, and gives the keys that it wraps


class RotationRefused(Exception):
    """It cannot be done now; the message says why."""


@dataclass
class Rotation:
    """One run. spread_seconds: as `open_keyring` has it. say: tells whoever waits."""

    url: str
    data_keys: DataKeys
    spread_seconds: float
    say: Say

    async def run(self, new_master: NewMaster | None = None) -> None:
        """new_master: called before the new data key is made. Raises RotationRefused, KeysUnusable."""
        async with await connect(self.url) as connection:
            if not await _fetch(connection, "select pg_try_advisory_lock(%s)", ROTATION_LOCK):
                raise RotationRefused("The keys are being rotated already. Wait for that to end.")
            states = {state for _, state in await _states(connection)}
            if CURRENT not in states:
                raise RotationRefused("The database has no keys yet: start Hilum once before.")
            if states == {CURRENT}:
                await self._begin(connection, new_master)
            else:
                self.say("A rotation was broken off; it goes on from there." + _no_master(new_master))
            if LEAVING not in {state for _, state in await _states(connection)}:
                await self._make_current(connection)
            await self._wait_for_writers(connection)
            await self._reseal_all(connection)

    async def _begin(self, connection: Connection, new_master: NewMaster | None) -> None:
        if new_master is not None:
            self.data_keys = new_master()
            self.say("A new master key wraps from now on; keep the older ones, stored objects need them.")
        number = int(await _fetch(connection, "select max(id) + 1 from data_keys"))
        key = await self.data_keys.generate(context(number))
        async with connection.transaction():
            await connection.execute(
                "insert into data_keys (id, wrapped, state, created_at) values (%s, %s, %s, now())",
                [number, key.wrapped, COMING],
            )
            await _note(connection, "data_key:make")
        self.say(f"Data key {number} is made.")

    async def _make_current(self, connection: Connection) -> None:
        self.say(f"Every process reads it within {self.spread_seconds:g} s …")
        await asyncio.sleep(self.spread_seconds)
        async with connection.transaction():
            await connection.execute("update data_keys set state = %s where state = %s", [LEAVING, CURRENT])
            await connection.execute("update data_keys set state = %s where state = %s", [CURRENT, COMING])
            await _note(connection, "data_key:use")
        self.say("It seals from now on.")

    async def _wait_for_writers(self, connection: Connection) -> None:
        """Nobody seals under the old key afterwards, and nothing sealed under it is still to be committed."""
        await asyncio.sleep(self.spread_seconds)
        before = await _open_transactions(connection)
        while before := before & await _open_transactions(connection):  # noqa: ASYNC110 - theirs end in PostgreSQL
            await asyncio.sleep(PAUSE_SECONDS)

    async def _reseal_all(self, connection: Connection) -> None:
        keyring = Keyring()
        if not await Keeper(self.data_keys).read(connection, keyring):
            raise KeysUnusable("The database's keys are gone.")
        old = sorted(keyring.numbers - {keyring.current})
        for table in sealed_tables(SQLModel.metadata):
            await self._reseal(connection, keyring, table, old)
        async with connection.transaction():
            await connection.execute("delete from data_keys where id = any(%s) and state = %s", [old, LEAVING])
            await _note(connection, "data_key:delete")
        self.say(f"Nothing is sealed under data key {', '.join(map(str, old))} any more; it is gone.")

    async def _reseal(self, connection: Connection, keyring: Keyring, table: SealedTable, old: list[int]) -> None:
        done = 0
        while await count_under(connection, table, old):
            done += await reseal(connection, keyring, table, old)
            await asyncio.sleep(PAUSE_SECONDS)  # rows that somebody held were passed over
        if done:
            self.say(f"{table.name}: {done} rows")


def _no_master(new_master: NewMaster | None) -> str:
    return " No new master key is made; rotate once more for one." if new_master is not None else ""


async def _note(connection: Connection, action: str) -> None:
    """In the chain of the system: who rotates is the operator, at the command line."""
    await append_alone(connection, [new_entry(None, Service.COMMAND, action, None, Outcome.OK)])


async def _states(connection: Connection) -> list[tuple[int, str]]:
    rows = await (await connection.execute("select id, state from data_keys")).fetchall()
    return [(int(row[0]), str(row[1])) for row in rows]


async def _open_transactions(connection: Connection) -> set[str]:
    """Of this database, but for our own: a transaction holds the lock of its virtual id as long as it runs."""
    rows = await connection.execute(
        "select virtualtransaction from pg_locks join pg_stat_activity using (pid) where locktype = 'virtualxid'"
        " and pg_locks.granted and datname = current_database() and pid <> pg_backend_pid()"
    )
    return {str(row[0]) for row in await rows.fetchall()}


async def _fetch(connection: Connection, statement: str, *parameters: Any) -> Any:
    row = await (await connection.execute(statement.encode(), parameters)).fetchone()
    return row[0] if row else None
