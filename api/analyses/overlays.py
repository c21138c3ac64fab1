"""What is drawn over a stack: kept as pictures beside the analysis, and addressed like frames.

Only frames where there is something are kept; the others are blank, and drawn when they are asked for.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from api.errors import Unauthenticated
from api.persistence.tables import Analysis
from api.storage.object_store import ObjectStore, OverlayFrames
from api.unit_of_work import UnitOfWork

MEDIA_TYPE = "image/png"
ATTENTION = "ATTENTION"
TITLE = "What the model went by: how much its word falls when a spot of 5.6 mm is blanked"


@dataclass(frozen=True)
class Overlay:
    """As it lies in `analyses.overlays`. frames: indices where there is something, of frame_count."""

    kind: str
    title: str
    rows: int
    columns: int
    frame_count: int
    frames: tuple[int, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Overlay":
        return cls(**{**told, "frames": tuple(told["frames"])})

    def told(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "rows": self.rows,
            "columns": self.columns,
            "frame_count": self.frame_count,
            "frames": list(self.frames),
        }


async def keep_attention(
    store: ObjectStore, analysis_key: UUID, frame_count: int, maps: Mapping[int, NDArray[np.uint8]]
) -> list[dict[str, Any]]:
    """maps: uint8 (row, column) by frame, all of one shape. Returns what `analyses.overlays` holds: nothing of none.

    A run that is repeated writes the same objects again.
    """
    if not maps:
        return []
    for index, picture in maps.items():
        await store.put(object_name(analysis_key, index), await asyncio.to_thread(as_png, picture))
    rows, columns = next(iter(maps.values())).shape
    return [Overlay(ATTENTION, TITLE, rows, columns, frame_count, tuple(sorted(maps))).told()]


def overlays_of(analysis: Analysis) -> Sequence[Overlay]:
    return [Overlay.of(told) for told in analysis.overlays]


async def sign(uow: UnitOfWork, analysis: Analysis, overlay: Overlay, expires_at: datetime) -> str:
    """RFC 6570 template with `{index}`; of an analysis that the actor sees. Raises Unauthenticated."""
    if uow.actor is None:
        raise Unauthenticated()
    frames = OverlayFrames(analysis.key, overlay.rows, overlay.columns, overlay.frame_count, overlay.frames)
    return await uow.store.sign_overlay(frames, expires_at, uow.actor)


def object_name(analysis_key: UUID, index: int) -> str:
    return f"overlays/{analysis_key}/{index}"


def as_png(picture: NDArray[np.uint8]) -> bytes:
    target = BytesIO()
    Image.fromarray(picture).save(target, "PNG", optimize=True)
    return target.getvalue()
