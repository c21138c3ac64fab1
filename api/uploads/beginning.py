"""Begin an upload: check what is announced against every limit, before a byte is sent."""

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from api.errors import Conflict, Invalid, TooLarge
from api.permissions import Action, require
from api.persistence import cases as case_rows
from api.persistence.columns import is_storable, now
from api.persistence.tables import Upload, UploadFile
from api.settings import MIB
from api.storage.parts import part_count
from api.unit_of_work import UnitOfWork

NAME_LENGTH = 1024
TITLE_LENGTH = 200
SHA256_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class NewFile:
    """sha256: lower-case hex of the whole. part_sha256: base64, one a part."""

    name: str
    size: int
    sha256: str | None = None
    part_sha256: Sequence[str] | None = None


async def begin(
    uow: UnitOfWork, files: Sequence[NewFile], case_key: UUID | None, title: str | None, idempotency_key: str | None
) -> Upload:
    """Raises Invalid, TooLarge, NotFound (no such case), NotPermitted, Conflict (idempotency key, too many open)."""
    actor = require(uow.actor, Action.UPLOAD_CREATE)
    if case_key is not None:
        await case_rows.require_case(uow.session, actor, case_key, Action.CASE_ADD_IMAGES)
    _check(files, title, uow)
    once = await uow.once("createUpload", idempotency_key, [[asdict(file) for file in files], case_key, title])
    if once.answer is not None:
        return await uow.session.get_one(Upload, UUID(once.answer["upload"]))
    await _check_open(uow, actor.user_key)
    upload = Upload(
        organization_key=actor.organization_key,
        user_key=actor.user_key,
        case_key=case_key,
        title=" ".join(title.split()) if title else None,
        status="OPEN",
        expires_at=now() + timedelta(hours=uow.settings.upload_hours),
    )
    uow.session.add(upload)
    await uow.session.flush()
    rows = [
        UploadFile(
            upload_key=upload.key, index=i, name=file.name, size=file.size, sha256=file.sha256,
            part_sha256=list(file.part_sha256 or ()),
        )
        for i, file in enumerate(files)
    ]  # fmt: skip
    uow.session.add_all(rows)
    await uow.session.flush()
    await uow.store.begin_files([str(row.key) for row in rows])
    once.keep(upload=upload.key)
    uow.audit(Action.UPLOAD_CREATE, upload.key)
    return upload


def _check(files: Sequence[NewFile], title: str | None, uow: UnitOfWork) -> None:
    limits = uow.settings
    if not files:
        raise Invalid("An upload has at least one file.", ["files"])
    if len(files) > limits.upload_files:
        raise TooLarge(
            f"An upload holds at most {limits.upload_files} files; send a zip or several uploads.", ["files"]
        )
    if title is not None and (len(title) > TITLE_LENGTH or not is_storable(title)):
        raise Invalid(f"A title has at most {TITLE_LENGTH} characters, all of them printable.", ["title"])
    for i, file in enumerate(files):
        _check_file(file, ["files", str(i)], limits.upload_file_bytes)
    if sum(file.size for file in files) > limits.upload_bytes:
        raise TooLarge(f"An upload holds at most {limits.upload_bytes // MIB} MiB; send several.", ["files"])


def _check_file(file: NewFile, path: list[str], largest: int) -> None:
    if not 1 <= len(file.name) <= NAME_LENGTH or not is_storable(file.name):
        raise Invalid(f"A file's name has 1 to {NAME_LENGTH} characters, all of them printable.", [*path, "name"])
    if file.size < 1:
        raise Invalid("The file is empty; leave it out.", [*path, "size"])
    if file.size > largest:
        raise TooLarge(f"A file has at most {largest // MIB} MiB.", [*path, "size"])
    if file.sha256 is not None and not SHA256_HEX.fullmatch(file.sha256):
        raise Invalid("A SHA-256 is 64 lower-case hexadecimal digits.", [*path, "sha256"])
    if file.part_sha256 is None:
        return
    if len(file.part_sha256) != part_count(file.size):
        raise Invalid(f"This file has {part_count(file.size)} parts: give as many checksums.", [*path, "partSha256"])
    if not all(_is_digest(text) for text in file.part_sha256):
        raise Invalid("A part's SHA-256 is 32 bytes in base64.", [*path, "partSha256"])


def _is_digest(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        return False


async def _check_open(uow: UnitOfWork, user_key: UUID) -> None:
    is_open = (col(Upload.user_key) == user_key, col(Upload.status) == "OPEN", col(Upload.expires_at) > now())
    if (await uow.session.scalar(select(func.count()).where(*is_open)) or 0) >= uow.settings.open_uploads:
        raise Conflict(f"You have {uow.settings.open_uploads} unfinished uploads. Finish or abort one first.")
