"""Uploads: files on their way in, the parts still to send, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry

from api import uploads
from api.errors import RejectionCode
from api.persistence import tables
from schema.connections import Connection, connect, connection, read_page, request_of
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.reads import UPLOAD_SEE
from schema.scalars import ByteCount
from schema.types.cases import Case, CaseConnection
from schema.types.nodes import Node

strawberry.enum(RejectionCode)


@strawberry.enum
class UploadStatus(Enum):
    OPEN = "OPEN"
    INGESTING = "INGESTING"
    COMPLETE = "COMPLETE"
    ABORTED = "ABORTED"
    EXPIRED = "EXPIRED"


@strawberry.type
class Header:
    name: str
    value: str


@strawberry.type(
    description="PUT the bytes to `url` with exactly these headers. Parts are 8 MiB, the last one what is left."
)
class UploadPart:
    number: int = strawberry.field(description="From 1.")
    offset: ByteCount
    size: ByteCount
    method: str
    url: str
    headers: list[Header]
    expires_at: datetime = strawberry.field(description="Ask again for a fresh one.")
    received: bool

    @classmethod
    def of(cls, part: uploads.Part) -> "UploadPart":
        return cls(
            number=part.number,
            offset=ByteCount(part.offset),
            size=ByteCount(part.size),
            method=part.request.method,
            url=part.request.url,
            headers=[Header(name=name, value=value) for name, value in part.request.headers],
            expires_at=part.request.expires_at,
            received=part.received,
        )


UploadPartConnection = Connection[UploadPart]


@strawberry.type
class UploadFile(Node):
    row: strawberry.Private[tables.UploadFile]
    index: int = strawberry.field(description="Its place in CreateUploadInput.files.")
    name: str
    size: ByteCount

    @classmethod
    def of(cls, row: tables.UploadFile) -> "UploadFile":
        return cls(
            row=row,
            id=node_id("UploadFile", row.key),
            index=row.index,
            name=row.name,
            size=ByteCount(row.size),
        )

    @strawberry.field
    async def received(self, info: Info) -> bool:
        return (await info.context.loaders.received.load(self.row)).is_whole(self.row)

    @strawberry.field
    async def parts(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        pending: bool = False,
    ) -> UploadPartConnection:
        page = request_of(first, after)
        there = await info.context.loaders.received.load(self.row)
        return await connect(info, lambda uow: uploads.parts_of(uow, self.row, page, pending, there), UploadPart.of)


UploadFileConnection = Connection[UploadFile]


@strawberry.type
class Rejection:
    row: strawberry.Private[tables.UploadInstance]
    path: str = strawberry.field(description="Within the archive, or the file's name.")
    code: RejectionCode
    message: str

    @classmethod
    def of(cls, row: tables.UploadInstance) -> "Rejection":
        return cls(
            row=row,
            path=row.path,
            code=RejectionCode(row.code or RejectionCode.CORRUPT),
            message=row.message or "Refused.",
        )

    @strawberry.field
    async def file(self, info: Info) -> UploadFile:
        row = await info.context.loaders.upload_files.load(self.row.file_key)
        assert row is not None
        return UploadFile.of(row)


RejectionConnection = Connection[Rejection]


@strawberry.type(
    description="An upload is resumable: ask for it again with `node`, and send the parts that are still pending."
)
class Upload(Node):
    row: strawberry.Private[tables.Upload]
    status: UploadStatus
    created_at: datetime
    expires_at: datetime
    progress: float = strawberry.field(description="Of ingestion, 0 to 1.")

    @classmethod
    def of(cls, row: tables.Upload) -> "Upload":
        return cls(
            row=row,
            id=node_id("Upload", row.key),
            status=UploadStatus(row.status),
            created_at=row.created_at,
            expires_at=row.expires_at,
            progress=row.progress,
        )

    @strawberry.field
    async def files(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        pending: bool = False,
    ) -> UploadFileConnection:
        asked = request_of(first, after)
        page, total = await read_page(info, lambda uow: uploads.list_files(uow, self.row, asked, pending))
        _note_names(info, self.row, page.rows)
        return connection([UploadFile.of(row) for row in page.rows], page, total)

    @described("Filled as ingestion goes.")
    async def cases(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> CaseConnection:
        asked = request_of(first, after)
        page, total = await read_page(info, lambda uow: uploads.list_cases(uow, self.row, asked))
        return connection([Case.of(row) for row in await info.context.refreshed(page.rows)], page, total)

    @described("Instances stored.")
    async def accepted(self, info: Info) -> int:
        counts = await info.context.loaders.upload_counts.load(self.row.key)
        return counts.accepted if counts else 0

    @described("Instances already there, stored once.")
    async def duplicates(self, info: Info) -> int:
        counts = await info.context.loaders.upload_counts.load(self.row.key)
        return counts.duplicates if counts else 0

    @described("Instances refused, each with its reason; the others are kept.")
    async def rejections(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> RejectionConnection:
        asked = request_of(first, after)
        page, total = await read_page(info, lambda uow: uploads.list_rejections(uow, self.row, asked))
        _note_names(info, self.row, page.rows)
        return connection([Rejection.of(row) for row in page.rows], page, total)


UploadConnection = Connection[Upload]


def _note_names(info: Info, upload: tables.Upload, rows: Sequence[object]) -> None:
    """Files are named by whoever sent them, often for the patient."""
    if rows:
        info.context.reads.see(UPLOAD_SEE, "Upload", [upload.key])
