"""What can be drawn, and when a drawing is one."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from api.errors import Invalid, TooLarge
from api.imaging.measurements import Point
from api.persistence.columns import is_storable
from api.persistence.places import Place
from api.persistence.tables import Stack
from api.settings import Settings


class AnnotationKind(StrEnum):
    LENGTH = "LENGTH"
    ELLIPSE = "ELLIPSE"
    RECTANGLE = "RECTANGLE"
    POINT = "POINT"
    FINDING = "FINDING"


POINTS = {
    AnnotationKind.LENGTH: 2,  # its ends
    AnnotationKind.ELLIPSE: 2,  # opposite corners of its bounding box, as of the two below
    AnnotationKind.RECTANGLE: 2,
    AnnotationKind.FINDING: 2,
    AnnotationKind.POINT: 1,
}
BOXED = frozenset({AnnotationKind.ELLIPSE, AnnotationKind.RECTANGLE, AnnotationKind.FINDING})


@dataclass(frozen=True)
class Drawing:
    """points: (x, y) in pixels, origin at the outer corner of the first pixel, as many as POINTS says.

    missed_by: the analysis of the case that should have found it; of a FINDING alone.
    """

    kind: AnnotationKind
    place: Place
    points: tuple[Point, ...]
    label: str | None = None
    note: str | None = None
    missed_by: UUID | None = None

    def as_json(self) -> list[Any]:
        """For the digest of what a mutation was asked."""
        return [self.kind, self.place.as_json(), self.points, self.label, self.note, self.missed_by]


def check_words(drawing: Drawing, settings: Settings) -> None:
    """Raises Invalid, TooLarge: what is wrong whatever picture it is drawn in."""
    for text, field, most in (
        (drawing.label, "label", settings.annotation_label_characters),
        (drawing.note, "note", settings.annotation_note_characters),
    ):
        if text is None:
            continue
        if not text.strip() or not is_storable(text):
            message = f"A {field} has at least one character, all of them printable. Leave it out where there is none."
            raise Invalid(message, [field])
        if len(text) > most:
            raise TooLarge(f"A {field} has at most {most:,} characters.", [field])
    if drawing.missed_by is not None and drawing.kind is not AnnotationKind.FINDING:
        raise Invalid("Only a FINDING can have been missed by an analysis.", ["missedById"])
    wanted = POINTS[drawing.kind]
    if len(drawing.points) != wanted:
        raise Invalid(
            f"A {drawing.kind} has {wanted} {'point' if wanted == 1 else 'points'}, not {len(drawing.points)}.",
            ["points"],
        )


def check_points(drawing: Drawing, stack: Stack) -> None:
    """Raises Invalid where they lie outside the picture, or nothing is between them."""
    for x, y in drawing.points:
        # Not a number is in no range, and so refused too.
        if not (math.isfinite(x) and math.isfinite(y) and 0 <= x <= stack.columns and 0 <= y <= stack.rows):
            raise Invalid(
                f"A point lies outside the picture: x goes from 0 to {stack.columns}, y from 0 to {stack.rows}.",
                ["points"],
            )
    if len(drawing.points) < 2:
        return
    (x, y), (other_x, other_y) = drawing.points
    if drawing.kind in BOXED and (x == other_x or y == other_y):
        raise Invalid("The two points must be opposite corners, apart in width and in height.", ["points"])
    if (x, y) == (other_x, other_y):
        raise Invalid("The two points are the same. Draw a line that is longer.", ["points"])
