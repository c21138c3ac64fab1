"""The command line: `hilum COMMAND`; `hilum --help` lists them."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from api.settings import Settings
from api.telemetry import set_up


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            print(f"hilum: HILUM_{str(fault['loc'][0]).upper()}: {fault['msg']}", file=sys.stderr)
        return 2
    set_up(settings)
    command = COMMANDS[chosen.command]
    try:
        return command(settings, chosen)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hilum",
        description="Reads chest CT together, from a phone, with a machine's second look. Research software, not a medical device.",
        epilog="Settings are read from the environment (HILUM_PORT, HILUM_DATA_DIR, …); docs/using.md lists them all.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="serve the API and the PWA, with the database and workers it needs")
    commands.add_parser("demo", help="serve with demo accounts and a phantom that goes through the main job")
    commands.add_parser("work", help="run jobs only: ingest and analyses (`serve` starts such workers itself)")
    analyze = commands.add_parser("analyze", help="send a CT to a running server and print what it finds")
    analyze.add_argument("path", type=Path, help="a folder, a DICOM file, a zip archive or a picture")
    analyze.add_argument("--url", help="the server; the one of demo-credentials.json if left out")
    analyze.add_argument("--email", help="account to sign in with; the demo's clinician if left out")
    analyze.add_argument("--title", help="title of the case")
    phantom = commands.add_parser("phantom", help="write the chest phantom's DICOM files to a folder")
    phantom.add_argument("folder", type=Path)
    phantom.add_argument("--slices", type=int, default=133)
    phantom.add_argument("--seed", type=int, default=1)
    commands.add_parser("migrate", help="bring the database named by HILUM_DATABASE_URL to the newest schema")
    schema = commands.add_parser("schema", help="print the GraphQL schema")
    schema.add_argument("--write", type=Path, metavar="FILE", help="write it to FILE instead")
    return parser


def serve(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.server import AlreadyRunning, data_folder, database, serving

    async def run(url: str) -> None:
        async with serving(settings, url):
            print(
                f"Hilum serves at {settings.url} (Ctrl-C stops it). Research software, not a medical device.",
                flush=True,
            )
            await until_stopped()

    try:
        with data_folder(settings), database(settings) as url:
            _run(run(url))
    except (AlreadyRunning, OSError) as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    return 0


def work(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.backends import open_backends
    from api.worker import work as run_jobs

    if settings.database_url is None:
        print(
            "hilum: set HILUM_DATABASE_URL; `hilum serve` starts workers for the embedded database itself.",
            file=sys.stderr,
        )
        return 2
    url = settings.database_url

    async def run() -> None:
        async with open_backends(settings, url) as backends:
            jobs = asyncio.create_task(run_jobs(backends.house))
            stopped = asyncio.create_task(until_stopped())
            await asyncio.wait([jobs, stopped], return_when=asyncio.FIRST_COMPLETED)
            jobs.cancel()
            stopped.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await jobs

    _run(run())
    return 0


def migrate(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.persistence.migration import migrate as upgrade

    if settings.database_url is None:
        print(
            "hilum: set HILUM_DATABASE_URL; the embedded database is migrated when the server starts.", file=sys.stderr
        )
        return 2
    print("migrated" if upgrade(settings.database_url) else "nothing to migrate")
    return 0


def schema(settings: Settings, chosen: argparse.Namespace) -> int:
    from schema import export_schema

    if chosen.write:
        chosen.write.write_text(export_schema(), encoding="utf-8")
    else:
        print(export_schema())
    return 0


async def until_stopped() -> None:
    """Until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def _run(coroutine: "Coroutine[object, object, None]") -> None:
    import uvloop

    uvloop.run(coroutine)


COMMANDS = {"serve": serve, "work": work, "migrate": migrate, "schema": schema}

if __name__ == "__main__":
    sys.exit(main())
