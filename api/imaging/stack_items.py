"""A frame on its way into a stack, and what there is to say of a stack."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from api.imaging.frame_geometry import FrameGeometry, dot

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class StackWarning:
    """code: the contract's `Warning.code`; message: a sentence for the reader, with its numbers."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class StackItem(Generic[Key]):
    """One frame, and what orders it where geometry cannot. key: the caller's, handed back untouched."""

    key: Key
    sop_instance_uid: str
    instance_number: int | None
    geometry: FrameGeometry

    @property
    def acquired_order(self) -> tuple[bool, int, str, int]:
        """As acquired: Instance Number (0020,0013), those without one last; then UID and frame number."""
        number = self.instance_number
        return (number is None, number or 0, self.sop_instance_uid, self.geometry.frame_number)

    @property
    def distance(self) -> float:
        """Of the frame from the patient origin along its normal, mm; 0 where it has no place."""
        normal, position = self.geometry.normal, self.geometry.position
        return dot(position, normal) if position is not None and normal is not None else 0.0
