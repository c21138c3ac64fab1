"""The main job: upload, ingest, analysis, findings; begun again it goes on where it stopped."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.filesize import decimal

from api.client.connection import Answer, Connection
from api.client.display import Display
from api.client.documents import CASE_RESULT, COMPLETE_UPLOAD, CREATE_UPLOAD, UPLOAD_RESULT
from api.client.errors import Refused
from api.client.following import INGESTING, follow_analysis, follow_upload
from api.client.results import CaseResult, MainJobResult, Rejection, read_case
from api.client.sending import send_files
from api.client.source_files import SourceFile

ROUNDS = 20  # keys tried for one set of files, and times that parts are sent again


async def run_main_job(
    connection: Connection, files: Sequence[SourceFile], key: str, title: str | None, display: Display
) -> MainJobResult:
    """key: idempotency key of the upload; the same files with the same key are sent once. Raises ClientError."""
    upload = await _open_upload(connection, files, key, title)
    if upload["status"] == "OPEN":
        await _send(connection, upload["id"], files, display)
    else:
        display.say("These files were sent before; this is what became of them.")
    bar = display.bar("Ingest", 1.0)
    upload = await follow_upload(connection, upload["id"], bar)
    bar.end(_ingested(upload))
    if upload["status"] != "COMPLETE":
        raise Refused("The upload was aborted. Send it again.")
    result = await _upload_result(connection, upload["id"])
    cases = []
    for case in result["cases"]["edges"]:
        cases.append(await _analyzed(connection, case["node"]["id"], display))
    return MainJobResult(
        upload_id=upload["id"],
        accepted=result["accepted"],
        duplicates=result["duplicates"],
        cases=cases,
        rejections=[Rejection(**edge["node"]) for edge in result["rejections"]["edges"]],
    )


async def _open_upload(
    connection: Connection, files: Sequence[SourceFile], key: str, title: str | None
) -> Mapping[str, Any]:
    """An upload that lives: an aborted or expired one, or one whose cases were deleted, is begun afresh."""
    given = {"files": [{"name": file.name, "size": file.size} for file in files], "title": title}
    for number in range(1, ROUNDS + 1):
        numbered = {**given, "idempotencyKey": key if number == 1 else f"{key}-{number}"}
        payload = await connection.mutate(CREATE_UPLOAD, "createUpload", numbered, "the upload was begun")
        upload: Answer = payload["upload"]
        if upload["status"] in INGESTING:
            return upload
        if upload["status"] == "COMPLETE":
            result = await _upload_result(connection, upload["id"])
            if result["cases"]["edges"] or result["rejections"]["edges"]:
                return upload
    raise Refused("These files were begun and given up too often; wait a day, or rename one of them.")


async def _send(connection: Connection, upload_id: str, files: Sequence[SourceFile], display: Display) -> None:
    total = sum(file.size for file in files)
    bar = display.bar("Upload", total, counts_bytes=True)
    for attempt in range(ROUNDS):
        await send_files(connection, upload_id, files, bar)
        try:
            given = {"uploadId": upload_id, "analyze": True}
            await connection.mutate(COMPLETE_UPLOAD, "completeUpload", given, "the upload was completed")
            break
        except Refused as error:
            # Parts that it said it had are not there after all, as when its disk was taken back to an earlier day.
            if error.code != "CONFLICT" or attempt == ROUNDS - 1:
                raise
    files_word = "file" if len(files) == 1 else "files"
    bar.end(f"{len(files)} {files_word}, {decimal(total)}")


async def _analyzed(connection: Connection, case_id: str, display: Display) -> CaseResult:
    bar = display.bar("Analysis", 1.0)
    analysis = await follow_analysis(connection, case_id, bar)
    bar.end(analysis["status"].lower() if analysis else "none to see")
    case = (await connection.ask(CASE_RESULT, {"id": case_id}, "the findings were fetched"))["case"]
    if case is None:
        raise Refused("The case is gone; somebody deleted it.", "NOT_FOUND")
    return read_case(case)


async def _upload_result(connection: Connection, upload_id: str) -> Answer:
    """With every rejection, however many pages they fill."""
    rejections: list[Answer] = []
    after = None
    while True:
        variables = {"id": upload_id, "after": after}
        upload: Answer | None = (await connection.ask(UPLOAD_RESULT, variables, "the result was fetched"))["node"]
        if upload is None:
            raise Refused("The upload is gone; it was aborted, or it expired. Send it again.", "NOT_FOUND")
        page = upload["rejections"]
        rejections += page["edges"]
        if not page["pageInfo"]["hasNextPage"]:
            return upload | {"rejections": {"edges": rejections}}
        after = page["pageInfo"]["endCursor"]


def _ingested(upload: Mapping[str, Any]) -> str:
    stored = f"{upload['accepted']} instance{'' if upload['accepted'] == 1 else 's'} stored"
    return stored + (f", {upload['duplicates']} known already" if upload["duplicates"] else "")
