"""Files on their way into a house, without HTTP: announced, sent in parts, completed, ingested."""

import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api import ingest, uploads
from api.permissions import Actor
from api.persistence.paging import PageRequest
from api.persistence.tables import Case, Upload, UploadFile, UploadInstance
from api.storage.filesystem import FilesystemStore
from api.storage.parts import part_ranges
from api.unit_of_work import House

EVERYTHING = PageRequest(100)
PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Delivery:
    """What became of an upload. rejections: code by path."""

    upload: Upload
    accepted: int
    duplicates: int
    rejections: Mapping[str, str]
    messages: Mapping[str, str]
    cases: Sequence[Case]

    @property
    def case(self) -> Case:
        (only,) = self.cases
        return only


async def announce(
    house: House,
    actor: Actor,
    files: Mapping[str, bytes],
    *,
    case_key: UUID | None = None,
    title: str | None = None,
    idempotency_key: str | None = None,
) -> Upload:
    announced = [uploads.NewFile(name, len(content)) for name, content in files.items()]
    async with house.unit_of_work(actor) as uow:
        return await uploads.begin(uow, announced, case_key, title, idempotency_key)


async def files_of(house: House, upload_key: UUID) -> Sequence[UploadFile]:
    async with house.sessions() as session:
        statement = select(UploadFile).where(col(UploadFile.upload_key) == upload_key).order_by(col(UploadFile.index))
        return (await session.execute(statement)).scalars().all()


async def send_part(house: House, file: UploadFile, number: int, content: bytes) -> None:
    """content: of the whole file."""
    assert isinstance(house.store, FilesystemStore)
    part = part_ranges(file.size)[number - 1]
    piece = content[part.offset : part.offset + part.size]
    await house.store.receive_part(str(file.key), number, part.size, None, _pieces(piece))


async def send(house: House, upload_key: UUID, files: Mapping[str, bytes]) -> None:
    """Every part of every file."""
    for file, content in zip(await files_of(house, upload_key), files.values(), strict=True):
        for part in part_ranges(file.size):
            await send_part(house, file, part.number, content)


async def complete(house: House, actor: Actor, upload_key: UUID, analyze: bool = False) -> Upload:
    async with house.unit_of_work(actor) as uow:
        return await uploads.complete(uow, upload_key, analyze)


async def deliver(
    house: House,
    actor: Actor,
    files: Mapping[str, bytes],
    *,
    case_key: UUID | None = None,
    title: str | None = None,
    analyze: bool = False,
) -> UUID:
    """An upload that waits to be ingested."""
    upload = await announce(house, actor, files, case_key=case_key, title=title)
    await send(house, upload.key, files)
    await complete(house, actor, upload.key, analyze)
    return upload.key


async def take_in(
    house: House,
    actor: Actor,
    files: Mapping[str, bytes],
    *,
    case_key: UUID | None = None,
    title: str | None = None,
    analyze: bool = False,
) -> Delivery:
    """The whole way in."""
    upload_key = await deliver(house, actor, files, case_key=case_key, title=title, analyze=analyze)
    await ingest.run(house, upload_key)
    return await outcome(house, actor, upload_key)


async def outcome(house: House, actor: Actor, upload_key: UUID) -> Delivery:
    async with house.unit_of_work(actor) as uow:
        upload = await uploads.find(uow, upload_key)
        assert upload is not None
        counted = (await uploads.counts(uow, [upload_key])).get(upload_key, uploads.Counts())
        refused: Sequence[UploadInstance] = (await uploads.list_rejections(uow, upload, EVERYTHING)).rows
        cases = (await uploads.list_cases(uow, upload, EVERYTHING)).rows
        return Delivery(
            upload=upload,
            accepted=counted.accepted,
            duplicates=counted.duplicates,
            rejections={row.path: str(row.code) for row in refused},
            messages={row.path: str(row.message) for row in refused},
            cases=cases,
        )


def zipped(files: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]
