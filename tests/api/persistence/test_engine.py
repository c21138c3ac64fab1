"""Connections to PostgreSQL when whoever reads is called off, as a phone that vanishes does."""

import asyncio
import gc
import random
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from api.persistence.engine import open_engine, session_maker
from api.settings import Settings

READINGS = 150
LONGEST_PAUSE = 0.012  # a connection takes some 5 ms, so some are called off while they are made, some while they ask


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """It would close what was lost, sooner or later."""
    gc.disable()
    yield
    gc.enable()


async def test_a_reading_that_is_called_off_leaves_no_connection_open(
    settings: Settings, database_url: str, no_garbage_collection: None
) -> None:
    engine = open_engine(database_url, settings)
    sessions = session_maker(engine)
    chance = random.Random(1)

    async def read() -> None:
        async with sessions() as session, session.begin():
            await session.execute(text("select 1"))
            await session.execute(text("select 2"))

    for _ in range(READINGS):
        reading = asyncio.create_task(read())
        await asyncio.sleep(chance.random() * LONGEST_PAUSE)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await asyncio.sleep(0.2)

    assert connections(database_url) <= 2
    await read()
    await engine.dispose()


def connections(database_url: str) -> int:
    """That PostgreSQL has to this database, but for the one that asks."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])
