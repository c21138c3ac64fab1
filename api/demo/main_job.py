"""The main job on the phantom, once for a data folder; begun again where it was interrupted."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from api.client.connection import Connection
from api.client.credentials import Credentials
from api.client.display import open_display
from api.client.documents import UPLOAD_RESULT
from api.client.errors import ClientError, WrongPassword
from api.client.main_job import run_main_job
from api.client.report import print_report
from api.client.results import MainJobResult, case_address
from api.client.source_files import SourceFile, list_source_files
from api.demo.phantom_files import ensure_phantom_folder
from api.network.tls import client_context
from api.permissions import Role

TITLE: Final = "PHANTOM chest (not a patient)"
RECEIPT: Final = "demo-phantom.json"
FOLDER: Final = "demo-phantom"


async def show_main_job(data: Path, credentials: Credentials, console: Console) -> None:
    """Runs it and prints what was found; where that was done before, where the case is. Errors are printed."""
    clinician = credentials.account(Role.CLINICIAN.value)
    assert clinician is not None
    try:
        trust = client_context(data)
        async with Connection(credentials.url, clinician.email, clinician.password, trust=trust) as connection:
            done = await _find_done(connection, data)
            if done is None:
                await _run(connection, data, console)
            elif done:
                console.print(f"The phantom's case: {case_address(credentials.url, done[0])}", soft_wrap=True)
    except WrongPassword:
        console.print("The demo's clinician has another password now, so the phantom was not looked for.")
    except ClientError as error:
        console.print(f"The main job did not end: {error} It is tried again at the next start.", soft_wrap=True)


async def _run(connection: Connection, data: Path, console: Console) -> None:
    folder = data / FOLDER
    console.print("The main job on a chest phantom that is drawn for it: nobody's CT, 133 slices.")
    with open_display(console) as display:
        bar = display.bar("Phantom", 1.0)
        await ensure_phantom_folder(folder, bar)
        files = list_source_files([folder])
        bar.end(f"{len(files)} slices drawn")
        result = await run_main_job(connection, files, _key(files), TITLE, display)
    print_report(console, result, connection.url)
    _write_receipt(data, result)
    await asyncio.to_thread(shutil.rmtree, folder)


def _key(files: Sequence[SourceFile]) -> str:
    """Another phantom, drawn by a later version, is another upload."""
    digest = hashlib.sha256(repr([(file.name, file.size) for file in files]).encode())
    return f"demo-phantom-{digest.hexdigest()[:16]}"


def _write_receipt(data: Path, result: MainJobResult) -> None:
    draft = data / f"{RECEIPT}.new"
    draft.write_text(json.dumps({"uploadId": result.upload_id}) + "\n", encoding="utf-8")
    draft.replace(data / RECEIPT)


async def _find_done(connection: Connection, data: Path) -> list[str] | None:
    """The ids of the cases that are left of it; None where it has to be run, as with a new database."""
    try:
        upload_id = json.loads((data / RECEIPT).read_bytes())["uploadId"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    answer: dict[str, Any] = await connection.ask(UPLOAD_RESULT, {"id": upload_id}, "the phantom's case was looked for")
    if answer["node"] is None:
        return None
    return [edge["node"]["id"] for edge in answer["node"]["cases"]["edges"]]
