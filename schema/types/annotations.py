"""What of an annotation names no case: its kind, its points, what was measured."""

from typing import Any

import strawberry

from api.annotations import AnnotationKind

strawberry.enum(
    AnnotationKind,
    description="How many points each has, and what they are. LENGTH: 2, its ends. ELLIPSE, RECTANGLE and FINDING: 2, "
    "opposite corners of the bounding box, whose edges lie along rows and columns. POINT: 1.",
)


@strawberry.type(description="Pixels, x along a row, origin at the outer corner of the first pixel.")
class Point2D:
    x: float
    y: float


@strawberry.input(description="Pixels, x along a row, origin at the outer corner of the first pixel.")
class Point2DInput:
    x: float
    y: float


@strawberry.type(
    description="Computed from the stored frame. LENGTH: Length. ELLIPSE, RECTANGLE, FINDING: Area, of the shape as "
    "drawn. ELLIPSE and RECTANGLE also Mean, Standard Deviation (of the population), Minimum and Maximum of the "
    "rescaled values of pixels whose centres lie inside; POINT: Value. Padding has no value, nor have pictures in "
    "colour, nor frames larger than the server measures."
)
class Quantity:
    name: str
    value: float
    unit: str = strawberry.field(description="UCUM; {pixels} where the spacing is not known.")

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Quantity":
        return cls(name=kept["name"], value=kept["value"], unit=kept["unit"])
