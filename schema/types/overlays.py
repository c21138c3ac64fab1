"""What an analysis draws over a stack."""

from datetime import datetime
from enum import Enum

import strawberry

from api.analyses import overlays
from api.images import address_end
from api.persistence import tables
from schema.context import Info
from schema.types.frames import FrameSource
from schema.types.images import Stack


@strawberry.enum
class OverlayKind(Enum):
    ATTENTION = "ATTENTION"
    SEGMENTATION = "SEGMENTATION"


@strawberry.type(description="Drawn over a stack, stretched to its matrix: 8-bit grey, 0 transparent.")
class Overlay:
    analysis: strawberry.Private[tables.Analysis]
    found: strawberry.Private[overlays.Overlay]
    kind: OverlayKind
    title: str
    stack: Stack
    rows: int
    columns: int

    @classmethod
    def of(cls, analysis: tables.Analysis, stack: tables.Stack, found: overlays.Overlay) -> "Overlay":
        return cls(
            analysis=analysis,
            found=found,
            kind=OverlayKind(found.kind),
            title=found.title,
            stack=Stack.of(stack),
            rows=found.rows,
            columns=found.columns,
        )

    @strawberry.field
    async def frames(self, info: Info) -> FrameSource | None:
        expires_at: datetime = address_end(info.context.house.settings.frame_url_seconds)
        async with info.context.reading() as uow:
            template = await overlays.sign(uow, self.analysis, self.found, expires_at)
        return FrameSource(url_template=template, media_type=overlays.MEDIA_TYPE, expires_at=expires_at)
