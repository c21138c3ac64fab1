"""One Hilum on one machine: the database, the API, and workers beside it, started and stopped together."""

import asyncio
import contextlib
import ctypes
import fcntl
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import uvicorn

from api.app import create_app
from api.backends import database_address, first_keys, make_logins
from api.network.connections import Guard, protocols
from api.network.listener import TlsServer
from api.network.tls import Certificate
from api.persistence import jobs
from api.persistence.embedded_server import EmbeddedServer, address_of
from api.persistence.logins import Login, UnfitRole, check_login
from api.persistence.migration import migrate, refuse_older
from api.settings import Settings

log = logging.getLogger(__name__)

STOP_SECONDS = 8.0
RESTART_SECONDS = 1.0
OTHERS_ADDRESSES = ("HILUM_DATABASE_URL", "HILUM_DATABASE_APP_URL")  # no business of a worker's
PR_SET_PDEATHSIG = 1  # prctl(2)
# mallopt(3): volumes come and go; without this each thread's arena keeps the most that it ever held.
MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(8 << 20), "MALLOC_TRIM_THRESHOLD_": str(8 << 20)}


class AlreadyRunning(Exception):
    """Another Hilum uses this data folder."""


@contextmanager
def data_folder(settings: Settings) -> Iterator[Path]:
    """The data folder, private, ours alone until the end. Raises AlreadyRunning."""
    folder = settings.data
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "hilum.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"Another Hilum uses {folder}. Stop it, or choose another HILUM_DATA_DIR.") from None
        yield folder


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The address of a migrated PostgreSQL: the one that is named, else the embedded one, which stops at the end.

    The owner's address where Hilum knows it. Raises UnfitRole or MigrationRefused where it would not be safe to serve.
    """
    if settings.database_url is not None:
        migrate(settings.database_url, partial(first_keys, settings))
        make_logins(settings, settings.database_url)
        _check_logins(settings, settings.database_url)
        yield settings.database_url
        return
    if settings.database_app_url is not None or settings.database_worker_url is not None:
        if settings.database_app_url is None or settings.database_worker_url is None:
            raise UnfitRole(
                "HILUM_DATABASE_APP_URL is for the API alone, HILUM_DATABASE_WORKER_URL for workers and commands: "
                "set both."
            )
        _check_logins(settings, settings.database_app_url)
        refuse_older(settings.database_app_url)
        yield settings.database_app_url
        return
    server = EmbeddedServer(settings.data)
    try:
        migrate(server.url, partial(first_keys, settings))
        # The data folder is ours alone and workers die with their server: whoever had these jobs was killed with it.
        if taken_back := jobs.take_back(server.url):
            log.warning("%d jobs begin again: the server was killed", taken_back)
        yield server.url
    finally:
        server.stop()


@contextmanager
def database_beside(settings: Settings) -> Iterator[str]:
    """The database, also while a server of the same data folder uses it: then it is left running."""
    with ExitStack() as stack:
        try:
            stack.enter_context(data_folder(settings))
        except AlreadyRunning:
            yield settings.database_url or settings.database_worker_url or address_of(settings.data)
        else:
            yield stack.enter_context(database(settings))


def _check_logins(settings: Settings, database_url: str) -> None:
    for login in Login:
        check_login(database_address(settings, database_url, login), login)


@asynccontextmanager
async def serving(settings: Settings, database_url: str) -> AsyncIterator[uvicorn.Server]:
    """The API answers and workers run inside the block."""
    certificate = Certificate(settings) if settings.is_tls else None
    server = _make_server(settings, database_url, certificate)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined] # older uvicorn; we stop it ourselves
    api = asyncio.create_task(server._serve(), name="api")
    beside = [asyncio.create_task(_keep_working(settings, database_url)) for _ in range(settings.workers)]
    if certificate is not None:
        beside.append(asyncio.create_task(certificate.keep()))
    try:
        while not server.started and not api.done():  # noqa: ASYNC110 - uvicorn has a flag, no event
            await asyncio.sleep(0.01)
        if api.done():
            await api
            raise OSError(f"The server could not listen on {settings.host}:{settings.port}.")
        gc.freeze()  # the schema too stays
        yield server
    finally:
        for task in beside:
            task.cancel()
        server.should_exit = True
        await asyncio.gather(*beside, api, return_exceptions=True)


def _make_server(settings: Settings, database_url: str, certificate: Certificate | None) -> uvicorn.Server:
    guard = Guard(settings)
    config = uvicorn.Config(
        create_app(settings, database_url),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
        **protocols(guard),
    )
    return uvicorn.Server(config) if certificate is None else TlsServer(config, certificate.context, guard)


async def _keep_working(settings: Settings, database_url: str) -> None:
    """One worker process; should it die, another."""
    given = {name: value for name, value in os.environ.items() if name not in OTHERS_ADDRESSES}
    worker_url = database_address(settings, database_url, Login.WORKER)
    environment = MEMORY | given | {"HILUM_DATABASE_WORKER_URL": worker_url, "HILUM_DATA_DIR": str(settings.data)}
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api", "work"),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        try:
            code = await process.wait()
            log.warning("a worker ended with code %s; another one starts", code)
        finally:
            await _stop(process)
        await asyncio.sleep(RESTART_SECONDS)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _die_with_parent() -> None:
    """In the child: die with the server, should it be killed; and leave Ctrl-C to the server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
