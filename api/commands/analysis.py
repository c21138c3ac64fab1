"""`hilum analyze`: the main job on the user's own CT."""

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from api.commands.parsing import Commands, add_command
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ssl import SSLContext

    from rich.console import Console

    from api.client.source_files import SourceFile

PASSWORD_VARIABLE = "HILUM_PASSWORD"


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "analyze",
        analyze,
        "send a CT to a running server and print what it finds",
        f"The password is read from {PASSWORD_VARIABLE}, or asked for, as is a code; the demo's accounts need none. "
        "Interrupted, the same command goes on where it stopped. Exit code: 0 findings listed (or none found), 1 "
        "failed, refused or unsuitable, 2 wrong usage.",
    )
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a folder, DICOM files, a zip archive of them, or a picture"
    )
    parser.add_argument("--url", help="the server; the demo's, or HILUM_HOST and HILUM_PORT, if left out")
    parser.add_argument("--email", help="account to sign in with; the demo's clinician if left out")
    parser.add_argument("--title", help="title of the case")


def analyze(settings: Settings, chosen: argparse.Namespace) -> int:
    from rich.console import Console

    from api.client.credentials import Credentials
    from api.client.errors import ClientError, NothingToSend, WrongPassword
    from api.client.source_files import list_source_files
    from api.network.tls import client_context

    try:
        files = list_source_files(chosen.paths)
    except NothingToSend as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 2
    saved = Credentials.read(settings.data) or Credentials(settings.url, [])
    url = (chosen.url or saved.url).rstrip("/")
    clinician = saved.account("CLINICIAN")
    email = chosen.email or (clinician.email if clinician else None)
    if email is None:
        print("hilum: name the account with --email (there are no demo accounts in the data folder).", file=sys.stderr)
        return 2
    password = os.environ.get(PASSWORD_VARIABLE) or saved.password_of(url, email) or _ask_password(email, url)
    try:
        trust = client_context(settings.data)
        return asyncio.run(_analyze(url, email, password, trust, files, chosen.title, Console(highlight=False)))
    except KeyboardInterrupt:
        print("hilum: Interrupted. Run the same command again, and it goes on from there.", file=sys.stderr)
        raise
    except WrongPassword as error:
        print(f"hilum: {error} Set {PASSWORD_VARIABLE} to the right one.", file=sys.stderr)
        return 1
    except ClientError as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1


async def _analyze(
    url: str,
    email: str,
    password: str,
    trust: "SSLContext",
    files: "Sequence[SourceFile]",
    title: str | None,
    console: "Console",
) -> int:
    from api.client.connection import Connection
    from api.client.display import open_display
    from api.client.main_job import run_main_job
    from api.client.report import print_report
    from api.client.source_files import idempotency_key

    ask_code = (lambda: input(f"Code of {email}'s authenticator: ")) if sys.stdin.isatty() else None
    async with Connection(url, email, password, ask_code=ask_code, trust=trust) as connection:
        with open_display(console) as display:
            result = await run_main_job(connection, files, idempotency_key(files, title), title, display)
    print_report(console, result, url)
    return 0 if result.succeeded else 1


def _ask_password(email: str, url: str) -> str:
    return getpass.getpass(f"Password of {email} at {url}: ")
