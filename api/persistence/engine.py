"""The connection to PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from api.persistence.actors import ActorSession
from api.persistence.sealing.keyring import Keyring
from api.persistence.sealing.sealed_columns import use_keyring
from api.settings import Settings

CONNECT_SECONDS = 10

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
        pool_pre_ping=True,
        hide_parameters=True,  # an error would hold them, and they hold patient data
    )
    event.listen(engine.sync_engine, "invalidate", _hang_up)
    if keyring is not None:
        use_keyring(engine.sync_engine, keyring)
    return engine


def _discard(made: asyncio.Task[Connection]) -> None:
    """The connection came when nobody waited for it any more."""
    if not made.cancelled() and made.exception() is None:
        made.result().pgconn.finish()


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
