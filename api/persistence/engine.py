"""The connection to PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from api.persistence.actors import ActorSession
from api.persistence.sealing.keyring import Keyring
from api.persistence.sealing.sealed_columns import use_keyring
from api.settings import Settings

CONNECT_SECONDS = 10
FRESH_SECONDS = 0.2  # PostgreSQL does not start again within that: who was alive then is alive
USED_AT = "used_at"

Connection: TypeAlias = psycopg.AsyncConnection[Any]


def open_engine(url: str, settings: Settings, keyring: Keyring | None = None) -> AsyncEngine:
    """url: postgresql://…, as libpq reads it. keyring: of sealed columns; without it none of them is touched.

    A phone that vanishes cancels what is read for it, at any moment. Neither psycopg nor SQLAlchemy closes a connection
    whose making or whose query was cancelled before garbage is collected, and PostgreSQL has a hundred in all.
    """
    timeout_ms = int(settings.database_timeout * 1000)
    options = f"-c statement_timeout={timeout_ms} -c timezone=UTC"

    async def connect() -> Connection:
        making = asyncio.create_task(Connection.connect(url, options=options, connect_timeout=CONNECT_SECONDS))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(_discard)
            raise

    engine = create_async_engine(
        "postgresql+psycopg://",
        async_creator=connect,
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        hide_parameters=True,  # an error would hold them, and they hold patient data
    )
    event.listen(engine.sync_engine, "invalidate", _hang_up)
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", partial(_check_alive, engine.sync_engine.dialect))
    if keyring is not None:
        use_keyring(engine.sync_engine, keyring)
    return engine


def _discard(made: asyncio.Task[Connection]) -> None:
    """The connection came when nobody waited for it any more."""
    if not made.cancelled() and made.exception() is None:
        made.result().pgconn.finish()


def _note_use(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[USED_AT] = time.monotonic()


def _check_alive(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
    """Whether PostgreSQL is still there: a question that SQLAlchemy's own `pool_pre_ping` would ask each time.

    An operation takes a connection for each thing it reads, a moment after the last.
    """
    if time.monotonic() - record.info.get(USED_AT, time.monotonic()) < FRESH_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool then makes another


def _hang_up(connection: Any, record: object, error: BaseException | None) -> None:
    """Close the socket of a connection that SQLAlchemy gives up; its own close awaits, and would be cancelled too."""
    connection.driver_connection.pgconn.finish()


def session_maker(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False, sync_session_class=ActorSession)


@asynccontextmanager
async def transaction(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """A short transaction; commits on leaving, rolls back on an error."""
    async with sessions() as session, session.begin():
        yield session
