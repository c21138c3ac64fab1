"""The geometry of every frame of an instance, out of its attributes and its functional groups (PS3.3 C.7.6.16)."""

from collections.abc import Iterator
from datetime import datetime

from api.imaging.attributes import Attributes
from api.imaging.frame_geometry import FrameGeometry, Vector, orthonormal
from api.imaging.pixel_encoding import PixelEncoding

# What a frame's functional groups may say, and in which sequence: attribute -> the sequences that hold it.
FUNCTIONAL_GROUPS: dict[str, tuple[str, ...]] = {
    "PixelSpacing": ("PixelMeasuresSequence",),
    "SliceThickness": ("PixelMeasuresSequence",),
    "ImagePositionPatient": ("PlanePositionSequence",),
    "ImageOrientationPatient": ("PlaneOrientationSequence",),
    "RescaleSlope": ("PixelValueTransformationSequence",),
    "RescaleIntercept": ("PixelValueTransformationSequence",),
    "RescaleType": ("PixelValueTransformationSequence",),
    "WindowCenter": ("FrameVOILUTSequence",),
    "WindowWidth": ("FrameVOILUTSequence",),
    "WindowCenterWidthExplanation": ("FrameVOILUTSequence",),
    "FrameType": ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence"),
    "FrameAcquisitionNumber": ("FrameContentSequence",),
    "TemporalPositionIndex": ("FrameContentSequence",),
    "FrameAcquisitionDateTime": ("FrameContentSequence",),
    "FrameReferenceDateTime": ("FrameContentSequence",),
    "EffectiveEchoTime": ("MREchoSequence",),
    "NominalCardiacTriggerDelayTime": ("CardiacSynchronizationSequence",),
}
GEOMETRY_KEYWORDS = frozenset(
    (
        *FUNCTIONAL_GROUPS,
        *(sequence for sequences in FUNCTIONAL_GROUPS.values() for sequence in sequences),
        *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
        *("ImageType", "AcquisitionNumber", "PixelPaddingValue", "EchoTime", "TriggerTime"),
        *("TemporalPositionIdentifier", "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime"),
    )
)


class FrameAttributes:
    """The attributes of one frame: its own group, else the shared one, else the instance itself."""

    def __init__(self, instance: Attributes, shared: Attributes | None, own: Attributes | None) -> None:
        self._instance = instance
        self._groups = tuple(group for group in (own, shared) if group is not None)

    def of(self, keyword: str) -> Attributes:
        """The item that holds the attribute."""
        for group in self._groups:
            for sequence in FUNCTIONAL_GROUPS[keyword]:
                item = group.item(sequence)
                if item is not None and keyword in item:
                    return item
        return self._instance


def each_frame(instance: Attributes, frame_count: int) -> Iterator[FrameAttributes]:
    """The attributes of every frame, in order."""
    shared = instance.item("SharedFunctionalGroupsSequence")
    own = instance.items("PerFrameFunctionalGroupsSequence")
    for _ in range(frame_count):
        yield FrameAttributes(instance, shared, next(own, None))


def frame_geometries(instance: Attributes, encoding: PixelEncoding) -> tuple[FrameGeometry, ...]:
    """The geometry of every frame as it will be decoded."""
    return tuple(
        _geometry(number, frame, instance, encoding)
        for number, frame in enumerate(each_frame(instance, encoding.frame_count), start=1)
    )


def _geometry(number: int, frame: FrameAttributes, instance: Attributes, encoding: PixelEncoding) -> FrameGeometry:
    is_color = encoding.samples_per_pixel == 3 or encoding.palette is not None
    plane = orthonormal(frame.of("ImageOrientationPatient").numbers("ImageOrientationPatient", 6))
    row_spacing, column_spacing = _spacing(frame)
    # One position for all frames of a multi-frame without groups says nothing of any of them.
    has_place = encoding.frame_count == 1 or frame.of("ImagePositionPatient") is not instance
    return FrameGeometry(
        frame_number=number,
        rows=encoding.rows,
        columns=encoding.columns,
        bits_allocated=8 if is_color else encoding.bits_allocated,
        bits_stored=8 if is_color else encoding.bits_stored,
        signed=encoding.signed and not is_color,
        photometric="RGB" if is_color else encoding.photometric,
        samples_per_pixel=3 if is_color else 1,
        position=_position(frame) if has_place else None,
        row_direction=plane[0] if plane and has_place else None,
        column_direction=plane[1] if plane and has_place else None,
        row_spacing=row_spacing,
        column_spacing=column_spacing,
        slice_thickness=_positive(frame.of("SliceThickness").number("SliceThickness")),
        rescale_slope=frame.of("RescaleSlope").number("RescaleSlope") or None,
        rescale_intercept=frame.of("RescaleIntercept").number("RescaleIntercept"),
        padding_value=None if is_color else _padding(instance, encoding),
        image_type=_image_type(frame, instance),
        acquisition_number=_acquisition_number(frame, instance),
        temporal=_temporal(frame, instance),
        echo_time=frame.of("EffectiveEchoTime").double("EffectiveEchoTime") or instance.number("EchoTime"),
    )


def _position(frame: FrameAttributes) -> Vector | None:
    values = frame.of("ImagePositionPatient").numbers("ImagePositionPatient", 3)
    return (values[0], values[1], values[2]) if values else None


def _spacing(frame: FrameAttributes) -> tuple[float | None, float | None]:
    """Pixel Spacing: between rows first, then between columns (PS3.3 10.7.1.3)."""
    values = frame.of("PixelSpacing").numbers("PixelSpacing", 2)
    if values is None or min(values) <= 0:
        return None, None
    return values[0], values[1]


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _padding(instance: Attributes, encoding: PixelEncoding) -> int | None:
    """As signed as the pixels are: many writers put it as US even where the pixels are signed."""
    return instance.binary_integer("PixelPaddingValue", signed=encoding.signed)


def _image_type(frame: FrameAttributes, instance: Attributes) -> tuple[str, ...]:
    return frame.of("FrameType").texts("FrameType") or instance.texts("ImageType")


def _acquisition_number(frame: FrameAttributes, instance: Attributes) -> int | None:
    values = frame.of("FrameAcquisitionNumber").binary_integers("FrameAcquisitionNumber")
    return values[0] if values else instance.integer("AcquisitionNumber")


def _temporal(frame: FrameAttributes, instance: Attributes) -> float | None:
    """Temporal position, else trigger time (ms), else the time of acquisition (s of the scanner's clock)."""
    index = frame.of("TemporalPositionIndex").binary_integers("TemporalPositionIndex", size=4)
    if index:
        return float(index[0])
    position = instance.number("TemporalPositionIdentifier")
    if position is not None:
        return position
    delay = frame.of("NominalCardiacTriggerDelayTime").double("NominalCardiacTriggerDelayTime")
    trigger = delay if delay is not None else instance.number("TriggerTime")
    if trigger is not None:
        return trigger
    acquired = (
        frame.of("FrameAcquisitionDateTime").date_time("FrameAcquisitionDateTime")
        or instance.date_time("AcquisitionDateTime")
        or instance.moment("AcquisitionDate", "AcquisitionTime")
    )
    return (acquired - datetime(1970, 1, 1)).total_seconds() if acquired else None
