"""See one's uploads: files, parts still to send, what became of the instances."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import col

from api.errors import Unauthenticated
from api.persistence import cases as case_rows
from api.persistence.columns import now
from api.persistence.paging import Page, PageRequest, SortKey, list_page, list_sequence_page
from api.persistence.tables import Case, Upload, UploadCase, UploadFile, UploadInstance
from api.storage.object_store import ReceivedPart, SignedRequest
from api.storage.parts import PartRange, part_ranges, parted
from api.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Part:
    number: int
    offset: int
    size: int
    received: bool
    request: SignedRequest


@dataclass(frozen=True)
class Counts:
    accepted: int = 0
    duplicates: int = 0


@dataclass(frozen=True)
class Received:
    """What is there of a file. status: of its upload; parts: in the store, gone once they were ingested."""

    status: str
    parts: Mapping[int, ReceivedPart]

    def has(self, part: PartRange) -> bool:
        whole = part.number in self.parts and self.parts[part.number].size == part.size
        return whole or self.status in ("INGESTING", "COMPLETE")

    def is_whole(self, file: UploadFile) -> bool:
        return all(self.has(part) for part in part_ranges(file.size))


async def find(uow: UnitOfWork, upload_key: UUID) -> Upload | None:
    """An upload is seen by whoever made it, and nobody else."""
    statement = _own(uow).where(col(Upload.key) == upload_key)
    return (await uow.session.execute(statement)).scalar_one_or_none()


async def find_file(uow: UnitOfWork, file_key: UUID) -> UploadFile | None:
    file = await uow.session.get(UploadFile, file_key)
    return file if file is not None and await find(uow, file.upload_key) is not None else None


async def list_uploads(uow: UnitOfWork, page: PageRequest) -> Page[Upload]:
    """Newest first."""
    order = [SortKey(col(Upload.created_at), datetime, descending=True), SortKey(col(Upload.key), UUID)]
    return await list_page(uow.session, _own(uow), order, page)


async def list_files(uow: UnitOfWork, upload: Upload, page: PageRequest, pending: bool) -> Page[UploadFile]:
    """In the order they were announced; with `pending` those of which parts are missing."""
    statement = select(UploadFile).where(col(UploadFile.upload_key) == upload.key)
    if pending:
        every = (await uow.session.execute(statement)).scalars().all()
        done = await received_files(uow, every) if upload.status == "OPEN" else {file.key for file in every}
        missing = [file.key for file in every if file.key not in done]
        statement = statement.where(col(UploadFile.key).in_(missing))
    return await list_page(uow.session, statement, [SortKey(col(UploadFile.index), int)], page)


async def received(uow: UnitOfWork, files: Sequence[UploadFile]) -> dict[UUID, Received]:
    """What is there of each file; the database and the store are asked once for all."""
    statement = select(col(Upload.key), col(Upload.status)).where(
        col(Upload.key).in_({file.upload_key for file in files})
    )
    statuses = {row[0]: row[1] for row in await uow.session.execute(statement)}
    parts = await uow.store.received_parts_of([str(file.key) for file in files])
    return {file.key: Received(statuses[file.upload_key], parts[str(file.key)]) for file in files}


async def received_files(uow: UnitOfWork, files: Sequence[UploadFile]) -> set[UUID]:
    """Keys of the files that are there whole."""
    there = await received(uow, files)
    return {file.key for file in files if there[file.key].is_whole(file)}


async def parts_of(
    uow: UnitOfWork, file: UploadFile, page: PageRequest, pending: bool, there: Received | None = None
) -> Page[Part]:
    """Each part with a fresh signed address; nothing is pending once the upload has ended.

    there: what `received` told of the file, where that is known.
    """
    if uow.actor is None:
        raise Unauthenticated()
    known = there or (await received(uow, [file]))[file.key]
    expires_at = now().replace(microsecond=0) + timedelta(seconds=uow.settings.part_url_seconds)
    wanted = part_ranges(file.size)
    if pending:
        wanted = [part for part in wanted if known.status == "OPEN" and not known.has(part)]
    numbers = list_sequence_page(wanted, page, [part.number for part in wanted])
    rows = []
    for part in numbers.rows:
        checksum = file.part_sha256[part.number - 1] if file.part_sha256 else None
        request = await uow.store.sign_part(parted(file), part.number, part.size, checksum, expires_at, uow.actor)
        rows.append(Part(part.number, part.offset, part.size, known.has(part), request))
    return Page(rows, numbers.cursors, numbers.has_next, numbers.has_previous, numbers.total)


async def list_rejections(uow: UnitOfWork, upload: Upload, page: PageRequest) -> Page[UploadInstance]:
    statement = select(UploadInstance).where(
        col(UploadInstance.upload_key) == upload.key, col(UploadInstance.outcome) == "REJECTED"
    )
    return await list_page(uow.session, statement, [SortKey(col(UploadInstance.id), int)], page)


async def counts(uow: UnitOfWork, upload_keys: Iterable[UUID]) -> dict[UUID, Counts]:
    statement = (
        select(col(UploadInstance.upload_key), col(UploadInstance.outcome), func.count())
        .where(col(UploadInstance.upload_key).in_(list(upload_keys)))
        .group_by(col(UploadInstance.upload_key), col(UploadInstance.outcome))
    )
    found: dict[UUID, dict[str, int]] = {}
    for key, outcome, number in await uow.session.execute(statement):
        found.setdefault(key, {})[outcome] = number
    return {key: Counts(of.get("ACCEPTED", 0), of.get("DUPLICATE", 0)) for key, of in found.items()}


async def list_cases(uow: UnitOfWork, upload: Upload, page: PageRequest) -> Page[Case]:
    """The cases that an upload of the actor's went to, as far as the actor still sees them."""
    if uow.actor is None:
        raise Unauthenticated()
    of_upload = select(col(UploadCase.case_key)).where(col(UploadCase.upload_key) == upload.key)
    statement = case_rows.visible_cases(uow.actor).where(col(Case.key).in_(of_upload))
    return await list_page(
        uow.session, statement, [SortKey(col(Case.created_at), datetime), SortKey(col(Case.key), UUID)], page
    )


def _own(uow: UnitOfWork) -> Select[Upload]:
    if uow.actor is None:
        raise Unauthenticated()
    return select(Upload).where(col(Upload.user_key) == uow.actor.user_key)
