"""`hilum serve`, `hilum demo`, `hilum work`: processes that run until they are stopped."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from api.commands.parsing import Commands, add_command
from api.commands.stopping import until
from api.settings import Settings

STOPPING = (signal.SIGINT, signal.SIGTERM)
GARBAGE_THRESHOLDS = (10_000, 20, 100)  # a request makes thousands of objects, nearly all of them gone with it


def add(commands: Commands) -> None:
    add_command(commands, "serve", serve, "serve the API and the PWA, with the database and workers it needs")
    add_command(
        commands,
        "demo",
        demo,
        "serve with demo accounts, and show the main job on a phantom",
        "The first start makes four accounts, whose passwords it prints and keeps in demo-credentials.json in the data "
        "folder, and sends a chest phantom through upload, ingest and analysis. Later starts only serve.",
    )
    add_command(
        commands,
        "work",
        work,
        "run jobs only: ingest and analyses (`serve` starts such workers itself)",
        "Needs HILUM_DATABASE_WORKER_URL, or HILUM_DATABASE_URL, and the data folder of the server that it works for.",
    )


def serve(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.network.notice import notice
    from api.server import serving

    async def run(url: str, stopped: asyncio.Event) -> None:
        async with serving(settings, url):
            print(
                f"Hilum serves at {settings.url} (Ctrl-C stops it). Research software, not a medical device.",
                flush=True,
            )
            for line in notice(settings):
                print(line, flush=True)
            await stopped.wait()

    return _serve(settings, run)


def demo(settings: Settings, chosen: argparse.Namespace) -> int:
    if "log_level" not in settings.model_fields_set:
        # Log lines would run through the bars; workers read the environment.
        os.environ["HILUM_LOG_LEVEL"] = "warning"
        logging.getLogger().setLevel(logging.WARNING)
    from api.demo.running import run_demo

    return _serve(settings, lambda url, stopped: run_demo(settings, url, stopped))


def work(settings: Settings, chosen: argparse.Namespace) -> int:
    url = settings.database_worker_url or settings.database_url
    if url is None:
        print(
            "hilum: set HILUM_DATABASE_WORKER_URL; `hilum serve` starts workers for the embedded database itself.",
            file=sys.stderr,
        )
        return 2
    # Before the loop takes the signals over: what is imported while it runs could not be stopped.
    from api.backends import open_backends
    from api.persistence.audit.entries import Service
    from api.persistence.logins import UnfitRole
    from api.worker import work as run_jobs

    async def run(stopped: asyncio.Event) -> None:
        async with open_backends(settings, url, Service.WORKER) as backends:
            await until(run_jobs(backends.house), stopped)

    try:
        _run(run)
    except UnfitRole as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(settings: Settings, run: Callable[[str, asyncio.Event], Coroutine[Any, Any, None]]) -> int:
    """With the data folder and the database; 0 when it was stopped, whenever that was."""
    import psycopg
    from sqlalchemy.exc import OperationalError

    from api.backends import check_keys
    from api.keys.opening import KeysUnusable
    from api.server import AlreadyRunning, data_folder, database

    # Until the loop takes over, SIGTERM ends what is being set up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with data_folder(settings), database(settings) as url:
            _check_port(settings)
            _check_certificate(settings)
            check_keys(settings, url)  # here, where what is wrong can still be told in a sentence
            _run(lambda stopped: run(url, stopped))
    except KeyboardInterrupt:
        return 0
    except (AlreadyRunning, KeysUnusable, OSError) as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    except (psycopg.OperationalError, OperationalError) as error:
        reason = str(error.orig if isinstance(error, OperationalError) else error).strip().splitlines()
        print(f"hilum: the database does not answer: {reason[0] if reason else 'no reason given'}", file=sys.stderr)
        return 1
    return 0


def _check_port(settings: Settings) -> None:
    """Raises OSError with a sentence; the server itself would only tell that it could not."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        raise OSError(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
            "Stop what uses it, or choose another HILUM_PORT."
        ) from error


def _check_certificate(settings: Settings) -> None:
    """Raises OSError with a sentence, before anything listens."""
    from api.network.tls import Certificate

    if not settings.is_tls:
        return
    try:
        Certificate(settings)
    except (OSError, ssl.SSLError) as error:
        raise OSError(
            f"The TLS certificate cannot be used ({type(error).__name__}: {error}). HILUM_TLS_CERT names a chain and "
            "HILUM_TLS_KEY its private key, both PEM and readable by Hilum."
        ) from error


def _run(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Until it ends; the event is set by SIGINT and SIGTERM."""
    import uvloop

    # All that was imported stays; a collection that looked through it would hold the event loop up for 0.1 s.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)

    async def with_signals() -> None:
        stopped = asyncio.Event()
        for number in STOPPING:
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await run(stopped)

    uvloop.run(with_signals())
