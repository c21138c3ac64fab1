"""Patients, studies, series and stacks. Whose they are shows only to those who may see identity."""

from datetime import date
from uuid import UUID

import strawberry

from api import images
from api.permissions import Action
from api.persistence import tables
from api.storage.object_store import FrameKind
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.reads import SERIES_OPEN
from schema.scalars import LocalDateTime
from schema.types.frames import Download, Frame, FrameSource, Point3D, Warning, Window
from schema.types.nodes import Node


@strawberry.type(
    description="Within one organization. Deduplication, priors and conflicts never look across organizations."
)
class Patient(Node):
    name: str | None
    patient_id: str | None
    issuer: str | None
    birth_date: date | None
    sex: str | None

    @classmethod
    def of(cls, row: tables.Patient) -> "Patient":
        return cls(
            id=node_id("Patient", row.key),
            name=row.name,
            patient_id=row.patient_id,
            issuer=row.issuer,
            birth_date=row.birth_date,
            sex=row.sex,
        )


async def find_patient(info: Info, key: UUID) -> Patient | None:
    """For whoever may know whose images these are; noted for the audit."""
    row = await info.context.loaders.patients.load(key)
    if row is None:
        return None
    info.context.reads.see(Action.CASE_SEE_IDENTITY, "Patient", [key])
    return Patient.of(row)


@strawberry.type
class Study(Node):
    row: strawberry.Private[tables.Study]
    description: str | None
    started_at: LocalDateTime | None

    @classmethod
    def of(cls, row: tables.Study) -> "Study":
        return cls(
            row=row,
            id=node_id("Study", row.key),
            description=row.description,
            started_at=LocalDateTime(row.started_at) if row.started_at else None,
        )

    @described("Null to whoever may not see identity.")
    async def study_instance_uid(self, info: Info) -> str | None:
        shows = await info.context.loaders.identity_of_study.load(self.row.key)
        return self.row.study_instance_uid if shows else None

    @described("Null to whoever may not see identity.")
    async def accession_number(self, info: Info) -> str | None:
        shows = await info.context.loaders.identity_of_study.load(self.row.key)
        return self.row.accession_number if shows else None

    @described("Null to whoever may not see the patient's identity.")
    async def patient(self, info: Info) -> Patient | None:
        if self.row.patient_key is None or not await info.context.loaders.identity_of_study.load(self.row.key):
            return None
        return await find_patient(info, self.row.patient_key)

    @strawberry.field
    async def modalities(self, info: Info) -> list[str]:
        return sorted({row.modality for row in await info.context.loaders.series_of_study.load(self.row.key)})

    @strawberry.field
    async def series(self, info: Info) -> list["Series"]:
        return [Series.of(row) for row in await info.context.loaders.series_of_study.load(self.row.key)]


@strawberry.type
class Series(Node):
    row: strawberry.Private[tables.Series]
    number: int | None
    description: str | None
    modality: str
    body_part: str | None
    laterality: str | None

    @classmethod
    def of(cls, row: tables.Series) -> "Series":
        return cls(
            row=row,
            id=node_id("Series", row.key),
            number=row.number,
            description=row.description,
            modality=row.modality,
            body_part=row.body_part,
            laterality=row.laterality,
        )

    @strawberry.field
    async def study(self, info: Info) -> Study:
        row = await info.context.loaders.studies.load(self.row.study_key)
        assert row is not None
        return Study.of(row)

    @described("Null to whoever may not see identity.")
    async def series_instance_uid(self, info: Info) -> str | None:
        shows = await info.context.loaders.identity_of_study.load(self.row.study_key)
        return self.row.series_instance_uid if shows else None

    @described("What can be scrolled as one; none where a series holds no pictures.")
    async def stacks(self, info: Info) -> list["Stack"]:
        return [Stack.of(row) for row in await info.context.loaders.stacks_of_series.load(self.row.key)]

    @strawberry.field
    async def thumbnail(self, info: Info) -> Download | None:
        stacks = await info.context.loaders.stacks_of_series.load(self.row.key)
        async with info.context.reading() as uow:
            signed = await images.thumbnail(uow, stacks)
        if signed is None:
            return None
        info.context.reads.see(SERIES_OPEN, "Series", [self.row.key])
        return Download(url=signed.url_template, media_type=signed.media_type, size=None, expires_at=signed.expires_at)

    @described("Of its stacks, each once.")
    async def warnings(self, info: Info) -> list[Warning]:
        stacks = await info.context.loaders.stacks_of_series.load(self.row.key)
        told = {(w["code"], w["message"]): w for stack in stacks if not stack.superseded for w in stack.warnings}
        return [Warning.of(value) for value in told.values()]


@strawberry.type(
    description="Frames of one series that share geometry and matrix, in order along the normal (or as acquired where "
    "there is no geometry). Immutable: instances that come later make a new stack, so a frame index never changes its "
    "meaning."
)
class Stack(Node):
    row: strawberry.Private[tables.Stack]
    frame_count: int
    rows: int
    columns: int
    row_spacing: float | None = strawberry.field(description="Mm.")
    column_spacing: float | None = strawberry.field(description="Mm.")
    slice_spacing: float | None = strawberry.field(description="Mm between positions along the normal.")
    photometric_interpretation: str
    bits_stored: int
    signed: bool
    padding_value: int | None
    unit: str | None = strawberry.field(description="Of the rescaled value: HU for CT.")
    windows: list[Window] = strawberry.field(
        description="As the scanner wrote them, then the presets that suit the modality."
    )
    warnings: list[Warning] = strawberry.field(description="E.g. MISSING_SLICES 'Slices 41 to 43 are missing'.")

    @classmethod
    def of(cls, row: tables.Stack) -> "Stack":
        return cls(
            row=row,
            id=node_id("Stack", row.key),
            frame_count=len(row.frame_keys),
            rows=row.rows,
            columns=row.columns,
            row_spacing=row.row_spacing,
            column_spacing=row.column_spacing,
            slice_spacing=row.slice_spacing,
            photometric_interpretation=row.photometric,
            bits_stored=row.bits_stored,
            signed=row.signed,
            padding_value=row.padding_value,
            unit=row.unit,
            windows=[Window.of(value) for value in row.windows],
            warnings=[Warning.of(value) for value in row.warnings],
        )

    @strawberry.field
    async def series(self, info: Info) -> Series:
        return Series.of(await self._series(info))

    @strawberry.field
    async def frame_of_reference_uid(self, info: Info) -> str | None:
        return (await self._series(info)).frame_of_reference_uid

    @described("Lossless stored values, HTJ2K codestreams (image/jphc).")
    async def frames(self, info: Info) -> FrameSource | None:
        return await self._source(info, "frames")

    @described("256-pixel WebP under the first window: for scrolling, not for reading.")
    async def previews(self, info: Info) -> FrameSource | None:
        return await self._source(info, "previews")

    @described("One a frame, in order; ask for it once a stack.")
    async def frame_table(self, info: Info) -> list[Frame]:
        series = await self._series(info)
        shows_identity = bool(await info.context.loaders.identity_of_study.load(series.study_key))
        async with info.context.reading() as uow:
            rows = await images.frame_table(uow, self.row)
        return [_frame(row, shows_identity) for row in rows]

    async def _source(self, info: Info, kind: FrameKind) -> FrameSource:
        info.context.reads.see(SERIES_OPEN, "Series", [self.row.series_key])
        async with info.context.reading() as uow:
            return FrameSource.of(await images.frame_source(uow, self.row, kind))

    async def _series(self, info: Info) -> tables.Series:
        row = await info.context.loaders.series.load(self.row.series_key)
        assert row is not None
        return row


def _frame(row: images.FrameRow, shows_identity: bool) -> Frame:
    geometry = row.geometry
    return Frame(
        index=row.index,
        sop_instance_uid=row.sop_instance_uid if shows_identity else None,
        frame_number=row.frame_number,
        position=Point3D.of(geometry.get("position")),
        row_direction=Point3D.of(geometry.get("row_direction")),
        column_direction=Point3D.of(geometry.get("column_direction")),
        rescale_slope=geometry.get("rescale_slope"),
        rescale_intercept=geometry.get("rescale_intercept"),
    )
