"""Annotations: what readers measure and draw in the images of a case. Patients neither draw nor see them."""

from api.annotations.kinds import AnnotationKind, Drawing
from api.annotations.reading import find, find_many, list_annotations
from api.annotations.saving import change, delete, draw

__all__ = ["AnnotationKind", "Drawing", "change", "delete", "draw", "find", "find_many", "list_annotations"]
