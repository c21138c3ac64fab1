"""Read the keys of sealed columns, make the first ones, and follow those that come and go."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from api.persistence.engine import CONNECT_SECONDS
from api.persistence.sealing.keyring import SECRET_BYTES, FirstKeys, Keyring, SealBroken, now
from api.storage.data_keys import DataKeys, KeyUnwrapFailed

log = logging.getLogger(__name__)

FIRST = 1
SECRET = "blind_index_keys.secret"
COMING, CURRENT, LEAVING = "coming", "current", "leaving"
KEYS_LOCK = 0x48694B79  # "HiKy": of those that start together one makes the first keys
POLLS = 6  # within the time that a new key waits
LEASE = 2 / 3  # of that time: who has not read the keys for so long seals nothing

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class KeysUnusable(Exception):
    """The database's keys cannot be opened here; the message says what to do."""


@dataclass
class Keeper:
    """Unwraps the data keys of one database, each once."""

    data_keys: DataKeys
    plaintexts: dict[int, bytes] = field(default_factory=dict)

    async def read(self, connection: Connection, keyring: Keyring) -> bool:
        """Turn the ring to what the database has now; false where it has no keys yet. Raises KeysUnusable."""
        read_at = now()
        rows = await (await connection.execute("select id, state, wrapped from data_keys order by id")).fetchall()
        for number, _, wrapped in rows:
            if number not in self.plaintexts:
                self.plaintexts[number] = await self._unwrap(number, wrapped)
        self.plaintexts = {number: self.plaintexts[number] for number, _, _ in rows}
        current = [number for number, state, _ in rows if state == CURRENT]
        if not current:
            return False
        keyring.turn(self.plaintexts, current[0], since=read_at)
        return True

    async def read_secret(self, connection: Connection, keyring: Keyring) -> None:
        row = await (await connection.execute("select secret from blind_index_keys")).fetchone()
        try:
            if row is not None:
                keyring.take_secret(keyring.open(SECRET, row[0]))
                return
        except SealBroken as error:
            raise KeysUnusable(f"The database's index secret cannot be opened: {error}") from error
        raise KeysUnusable("The database has data keys but no index secret. Restore it from a whole backup.")

    async def _unwrap(self, number: int, wrapped: bytes) -> bytes:
        try:
            return await self.data_keys.unwrap(wrapped, context(number))
        except KeyUnwrapFailed as error:
            raise KeysUnusable(
                f"Data key {number} of the database cannot be unwrapped: {error} "
                "Put back the master key that belongs to this database (keys/master.key in the data folder)."
            ) from error


def context(number: int) -> dict[str, str]:
    """What a data key is wrapped for."""
    return {"purpose": "sealed columns", "data_key": str(number)}


async def make_first(data_keys: DataKeys) -> FirstKeys:
    """Keys for a database that has none; the caller stores them."""
    key = await data_keys.generate(context(FIRST))
    keyring = Keyring()
    keyring.turn({FIRST: key.plaintext}, FIRST)
    secret = secrets.token_bytes(SECRET_BYTES)
    keyring.take_secret(secret)
    return FirstKeys(key.wrapped, keyring.seal(SECRET, secret), keyring)


async def connect(url: str) -> Connection:
    """As whoever owns the tables; keys are read outside of any feature's transaction."""
    return await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)


@asynccontextmanager
async def open_keyring(url: str, data_keys: DataKeys, spread_seconds: float) -> AsyncIterator[Keyring]:
    """The ring of a migrated database, turned as keys come and go until the end. Raises KeysUnusable.

    spread_seconds: how long a new key waits until it is used (see `rotation`), the same in every process.
    """
    keyring = Keyring(lease=spread_seconds * LEASE)
    keeper = Keeper(data_keys)
    async with await connect(url) as connection:
        if not await keeper.read(connection, keyring):
            await _store_first(connection, data_keys)
            await keeper.read(connection, keyring)
        await keeper.read_secret(connection, keyring)
    following = asyncio.create_task(_follow(url, keeper, keyring, spread_seconds / POLLS), name="keys")
    try:
        yield keyring
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _store_first(connection: Connection, data_keys: DataKeys) -> None:
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", [KEYS_LOCK])
        if await (await connection.execute("select 1 from data_keys limit 1")).fetchone():
            return  # another process was first
        first = await make_first(data_keys)
        await connection.execute(
            "insert into data_keys (id, wrapped, state, created_at) values (%s, %s, %s, now())",
            [FIRST, first.wrapped, CURRENT],
        )
        await connection.execute("insert into blind_index_keys (id, secret) values (1, %s)", [first.sealed_secret])


async def _follow(url: str, keeper: Keeper, keyring: Keyring, pause: float) -> None:
    """Read the keys again and again. What fails is tried again: the ring's lease ends by itself."""
    while True:
        await asyncio.sleep(pause)
        try:
            async with await connect(url) as connection:
                await keeper.read(connection, keyring)
        except Exception as error:  # the loop's edge: the keeper of the master key may fail in ways of its own
            log.warning("the keys could not be read again: %s", type(error).__name__)
