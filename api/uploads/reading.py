"""See one's uploads: files, parts still to send, what became of the instances."""

from collections.abc import Iterable, Sequence
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
from api.storage.object_store import SignedRequest
from api.storage.parts import part_ranges, parted
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


async def received_files(uow: UnitOfWork, files: Sequence[UploadFile]) -> set[UUID]:
    """Keys of the files of open uploads that are there whole; the store is asked once."""
    parts = await uow.store.received_parts_of([str(file.key) for file in files])
    return {
        file.key
        for file in files
        if all(
            (part := parts[str(file.key)].get(wanted.number)) is not None and part.size == wanted.size
            for wanted in part_ranges(file.size)
        )
    }


async def parts_of(uow: UnitOfWork, file: UploadFile, page: PageRequest, pending: bool) -> Page[Part]:
    """Each part with a fresh signed address."""
    there = await uow.store.received_parts(str(file.key))
    expires_at = now().replace(microsecond=0) + timedelta(seconds=uow.settings.part_url_seconds)
    wanted = [
        part
        for part in part_ranges(file.size)
        if not (pending and part.number in there and there[part.number].size == part.size)
    ]
    numbers = list_sequence_page(wanted, page)
    rows = []
    for part in numbers.rows:
        checksum = file.part_sha256[part.number - 1] if file.part_sha256 else None
        request = await uow.store.sign_part(parted(file), part.number, part.size, checksum, expires_at)
        received = part.number in there and there[part.number].size == part.size
        rows.append(Part(part.number, part.offset, part.size, received, request))
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
