"""`hilum serve`, `hilum demo`, `hilum work`: processes that run until they are stopped."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from api.commands.parsing import Commands, add_command
from api.settings import Settings

STOPPING = (signal.SIGINT, signal.SIGTERM)


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
        "Needs HILUM_DATABASE_URL and the data folder of the server that it works for.",
    )


def serve(settings: Settings, chosen: argparse.Namespace) -> int:
    async def run(url: str, stopped: asyncio.Event) -> None:
        from api.server import serving

        async with serving(settings, url):
            print(
                f"Hilum serves at {settings.url} (Ctrl-C stops it). Research software, not a medical device.",
                flush=True,
            )
            await stopped.wait()

    return _serve(settings, run)


def demo(settings: Settings, chosen: argparse.Namespace) -> int:
    if "log_level" not in settings.model_fields_set:
        # Log lines would run through the bars; workers read the environment.
        os.environ["HILUM_LOG_LEVEL"] = "warning"
        logging.getLogger().setLevel(logging.WARNING)
    return _serve(settings, lambda url, stopped: _demo(settings, url, stopped))


async def _demo(settings: Settings, url: str, stopped: asyncio.Event) -> None:
    from rich.console import Console

    from api.backends import open_backends
    from api.client.credentials import FILE_NAME
    from api.demo.accounts import ensure_accounts
    from api.demo.main_job import show_main_job
    from api.server import serving

    console = Console(highlight=False)
    async with open_backends(settings, url) as backends:
        credentials, fresh = await ensure_accounts(backends.house)
    async with serving(settings, url):
        console.print(f"Hilum serves at [bold]{settings.url}[/] (Ctrl-C stops it).", soft_wrap=True)
        for account in fresh:
            console.print(f"  {account.role:<14} {account.email:<27} {account.password}", soft_wrap=True)
        console.print(f"The accounts' passwords are kept in {settings.data / FILE_NAME}.", soft_wrap=True)
        await _until(show_main_job(settings.data, credentials, console), stopped)
        if not stopped.is_set():
            console.print(f"Open {settings.url}. Ctrl-C stops Hilum.", soft_wrap=True)
        await stopped.wait()
    console.print("Stopped.")


def work(settings: Settings, chosen: argparse.Namespace) -> int:
    if settings.database_url is None:
        print(
            "hilum: set HILUM_DATABASE_URL; `hilum serve` starts workers for the embedded database itself.",
            file=sys.stderr,
        )
        return 2
    url = settings.database_url

    async def run(stopped: asyncio.Event) -> None:
        from api.backends import open_backends
        from api.worker import work as run_jobs

        async with open_backends(settings, url) as backends:
            await _until(run_jobs(backends.house), stopped)

    _run(run)
    return 0


def _serve(settings: Settings, run: Callable[[str, asyncio.Event], Coroutine[Any, Any, None]]) -> int:
    """With the data folder and the database; 0 when it was stopped, whenever that was."""
    import psycopg
    from sqlalchemy.exc import OperationalError

    from api.server import AlreadyRunning, data_folder, database

    # Until the loop takes over, SIGTERM ends what is being set up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with data_folder(settings), database(settings) as url:
            _check_port(settings)
            _run(lambda stopped: run(url, stopped))
    except KeyboardInterrupt:
        return 0
    except (AlreadyRunning, OSError) as error:
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


def _run(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Until it ends; the event is set by SIGINT and SIGTERM."""
    import uvloop

    async def with_signals() -> None:
        stopped = asyncio.Event()
        for number in STOPPING:
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await run(stopped)

    uvloop.run(with_signals())


async def _until(journey: Awaitable[None], stopped: asyncio.Event) -> None:
    """Until the journey ends; cancels it when stopped. Its error is raised."""
    task = asyncio.ensure_future(journey)
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
