"""The small values that images are described with: points, boxes, windows, and where bytes are fetched."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from api.images import SignedFrames
from schema.scalars import ByteCount


@strawberry.type(description="Mm, DICOM patient coordinates (LPS).")
class Point3D:
    x: float
    y: float
    z: float

    @classmethod
    def of(cls, xyz: Sequence[float] | None) -> "Point3D | None":
        return cls(x=xyz[0], y=xyz[1], z=xyz[2]) if xyz is not None else None


@strawberry.type(description="Pixels; the origin is the outer corner of the first pixel.")
class Box:
    left: float
    top: float
    width: float
    height: float


@strawberry.type
class Window:
    name: str
    center: float
    width: float

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Window":
        return cls(name=value.get("name") or "Default", center=value["center"], width=value["width"])


@strawberry.type
class Warning:
    code: str
    message: str

    @classmethod
    def of(cls, value: Mapping[str, str]) -> "Warning":
        return cls(code=value["code"], message=value["message"])


@strawberry.type
class Download:
    url: str
    media_type: str
    size: ByteCount | None
    expires_at: datetime


@strawberry.type(
    description="Where the frames of a stack are fetched, in stack order, with no further credential until it expires."
)
class FrameSource:
    url_template: str = strawberry.field(description="RFC 6570; {index} from 0.")
    media_type: str
    expires_at: datetime

    @classmethod
    def of(cls, signed: SignedFrames) -> "FrameSource":
        return cls(url_template=signed.url_template, media_type=signed.media_type, expires_at=signed.expires_at)


@strawberry.type
class Frame:
    index: int
    sop_instance_uid: str | None
    frame_number: int = strawberry.field(description="Within the instance, from 1.")
    position: Point3D | None = strawberry.field(description="Of the first pixel's centre.")
    row_direction: Point3D | None
    column_direction: Point3D | None
    rescale_slope: float | None
    rescale_intercept: float | None
