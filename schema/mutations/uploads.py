"""Announce files, complete or abort their upload."""

import strawberry

from api import uploads
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import get_key
from schema.scalars import ByteCount
from schema.types.uploads import Upload


@strawberry.input(
    description="sha256: of the whole file, lower-case hex. partSha256: base64, one a part; known beforehand it is "
    "signed into each part's URL and checked by the store."
)
class UploadFileInput:
    name: str
    size: ByteCount
    sha256: str | None = strawberry.field(name="sha256", default=strawberry.UNSET)
    part_sha256: list[str] | None = strawberry.field(name="partSha256", default=strawberry.UNSET)


@strawberry.input
class CreateUploadInput:
    files: list[UploadFileInput] = strawberry.field(
        description="DICOM files, zip archives of them, or PNG/JPEG pictures."
    )
    case_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Add to this case; otherwise a case for each study found."
    )
    title: str | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class UploadedPartInput:
    file_id: strawberry.ID
    number: int
    etag: str


@strawberry.input(
    description="parts: the ETags that an object store answered, where the client kept them; the server asks the store "
    "for the others."
)
class CompleteUploadInput:
    upload_id: strawberry.ID
    analyze: bool = True
    parts: list[UploadedPartInput] | None = strawberry.UNSET


@strawberry.input
class AbortUploadInput:
    upload_id: strawberry.ID


@strawberry.type
class UploadPayload:
    upload: Upload | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class UploadMutations:
    @strawberry.mutation
    @refusable(UploadPayload, "caseId")
    async def create_upload(self, info: Info, input: CreateUploadInput) -> UploadPayload:
        info.context.get_actor()
        case_id = given(input.case_id)
        case_key = get_key(case_id, "Case", ["caseId"]) if case_id is not None else None
        files = [
            uploads.NewFile(file.name, file.size, given(file.sha256), given(file.part_sha256)) for file in input.files
        ]
        async with info.context.writing() as uow:
            upload = await uploads.begin(uow, files, case_key, given(input.title), given(input.idempotency_key))
        return UploadPayload(upload=Upload.of(upload))

    @strawberry.mutation
    @refusable(UploadPayload, "uploadId")
    async def complete_upload(self, info: Info, input: CompleteUploadInput) -> UploadPayload:
        """The store is asked for every part, so the ETags that a client kept tell nothing new."""
        info.context.get_actor()
        key = get_key(input.upload_id, "Upload", ["uploadId"])
        async with info.context.writing() as uow:
            upload = await uploads.complete(uow, key, input.analyze)
        return UploadPayload(upload=Upload.of(upload))

    @strawberry.mutation
    @refusable(UploadPayload, "uploadId")
    async def abort_upload(self, info: Info, input: AbortUploadInput) -> UploadPayload:
        info.context.get_actor()
        key = get_key(input.upload_id, "Upload", ["uploadId"])
        async with info.context.writing() as uow:
            upload = await uploads.abort(uow, key)
        return UploadPayload(upload=Upload.of(upload))
