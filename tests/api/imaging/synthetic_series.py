"""The reference table: synthetic series whose stacks, order, spacing, warnings and values are known beforehand.

Every test of geometry and of values walks it. A frame is named by (instance, frame number); its stored values are
100 x name + 10 x row + column, and rescaling is slope 1, intercept -1024 unless the series says otherwise.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import EnhancedCTImageStorage

from tests.api.imaging.dicom_writer import AXIAL, as_file, ct_data_set, stored_values

CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
TILT = math.radians(15)
TILTED = (1.0, 0.0, 0.0, 0.0, math.cos(TILT), -math.sin(TILT))
_TURN, _LEAN = math.radians(20), math.radians(10)
OBLIQUE = (
    *(math.cos(_TURN), math.sin(_TURN), 0.0),
    *(-math.sin(_TURN) * math.cos(_LEAN), math.cos(_TURN) * math.cos(_LEAN), math.sin(_LEAN)),
)


@dataclass(frozen=True)
class ExpectedStack:
    """frames: (instance, frame number) in stack order; spacing: mm; codes: of its warnings; step: LPS mm a slice."""

    frames: tuple[tuple[int, int], ...]
    spacing: float | None
    codes: tuple[str, ...] = ()
    step: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class SyntheticSeries:
    """rescale: slope and intercept that turn the stored values into HU."""

    name: str
    files: Callable[[], list[bytes]]
    stacks: tuple[ExpectedStack, ...]
    rescale: tuple[float, float] = (1.0, -1024.0)
    attributes: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.name


def singles(*numbers: int) -> tuple[tuple[int, int], ...]:
    return tuple((number, 1) for number in numbers)


def _line(
    numbers: Sequence[int],
    step: Sequence[float],
    orientation: Sequence[float] = AXIAL,
    start: Sequence[float] = (-10.0, 20.0, -30.0),
    **attributes: Any,
) -> list[bytes]:
    """Instances on a line: the n-th of them at start + n x step."""
    origin, way = np.array(start), np.array(step)
    return [
        as_file(ct_data_set(number, origin + place * way, orientation, **attributes))
        for place, number in enumerate(numbers)
    ]


def _normal(orientation: Sequence[float]) -> Any:
    return np.cross(orientation[:3], orientation[3:])


def _at_heights(heights: Sequence[float], first: int = 1, **attributes: Any) -> list[bytes]:
    return [as_file(ct_data_set(first + place, (0, 0, height), **attributes)) for place, height in enumerate(heights)]


def _gap() -> list[bytes]:
    return _at_heights([1.25 * place for place in range(60) if place + 1 not in (41, 42, 43)])


def _reversed_order() -> list[bytes]:
    return _line(range(1, 11), (0, 0, -2.5))


def _doubled() -> list[bytes]:
    extra = as_file(ct_data_set(11, (0, 0, 2.5 * 3)))
    return [*_at_heights([2.5 * place for place in range(10)]), extra]


def _two_phases(first: dict[str, Any], second: dict[str, Any]) -> list[bytes]:
    heights = [2.0 * place for place in range(6)]
    return [*_at_heights(heights, **first), *_at_heights(heights, first=7, **second)]


def _interleaved_phases() -> list[bytes]:
    return [as_file(ct_data_set(number, (0, 0, 2.0 * ((number - 1) // 2)))) for number in range(1, 13)]


def _unequal_phases() -> list[bytes]:
    return [
        *_at_heights([2.0 * place for place in range(4, 12)], AcquisitionNumber=1),
        *_at_heights([2.0 * place for place in range(12)], first=9, AcquisitionNumber=2),
    ]


def _localizer_among_axials() -> list[bytes]:
    localizer = ct_data_set(1, (-100, 0, 100), (1, 0, 0, 0, 0, -1), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    axials = [ct_data_set(number, (0, 0, 3.0 * number)) for number in range(2, 8)]
    return [as_file(each) for each in (localizer, *axials)]


def _mixed_matrices() -> list[bytes]:
    small = [ct_data_set(number, (0, 0, 2.0 * number)) for number in range(1, 5)]
    large = [ct_data_set(number, (0, 0, 2.0 * number), pixels=stored_values(number, 12, 10)) for number in range(5, 9)]
    return [as_file(each) for each in (*small, *large)]


def _no_geometry() -> list[bytes]:
    bare = {"PixelSpacing": None}
    return [as_file(ct_data_set(number, None, None, **bare)) for number in (3, 1, 2)]


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _enhanced() -> list[bytes]:
    """Five frames stored from head to feet; measures shared, positions and rescale of each frame its own."""
    pixels = np.stack([stored_values(number) for number in range(1, 6)])
    data_set = ct_data_set(1, None, None, pixels=pixels[0], SliceThickness=None, PixelSpacing=None)
    data_set.SOPClassUID = EnhancedCTImageStorage
    data_set.NumberOfFrames, data_set.PixelData = 5, pixels.tobytes()
    del data_set.RescaleSlope, data_set.RescaleIntercept
    data_set.SharedFunctionalGroupsSequence = Items(
        [
            _item(
                PixelMeasuresSequence=Items([_item(PixelSpacing=[0.8, 0.5], SliceThickness=3)]),
                PlaneOrientationSequence=Items([_item(ImageOrientationPatient=list(AXIAL))]),
                PixelValueTransformationSequence=Items(
                    [_item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")]
                ),
                FrameVOILUTSequence=Items([_item(WindowCenter=-600, WindowWidth=1500)]),
            )
        ]
    )
    data_set.PerFrameFunctionalGroupsSequence = Items(
        [_item(PlanePositionSequence=Items([_item(ImagePositionPatient=[0, 0, -3.0 * place])])) for place in range(5)]
    )
    return [as_file(data_set)]


def _multi_frame_without_groups() -> list[bytes]:
    pixels = np.stack([stored_values(number) for number in range(1, 5)])
    data_set = ct_data_set(1, (0, 0, 0), pixels=pixels[0], NumberOfFrames=4)
    data_set.PixelData = pixels.tobytes()
    return [as_file(data_set)]


def _signed_with_padding() -> list[bytes]:
    """Signed pixels whose padding value the writer put as unsigned, as GE scanners do."""
    files = []
    for number in range(1, 5):
        pixels = stored_values(number, dtype="<i2") - 500
        pixels[0, 0] = -2000
        data_set = ct_data_set(number, (0, 0, 2.0 * number), pixels=pixels)
        data_set.add_new("PixelPaddingValue", "US", 63536)
        files.append(as_file(data_set))
    return files


def _shared(orientation: Sequence[float], spacing: float) -> tuple[float, float, float]:
    x, y, z = (float(part) * spacing for part in _normal(orientation))
    return x, y, z


TEN = singles(*range(1, 11))
SERIES: tuple[SyntheticSeries, ...] = (
    SyntheticSeries(
        "axial, slices thicker than their spacing",
        lambda: _line(range(1, 11), (0, 0, 2.5)),
        (ExpectedStack(TEN, 2.5, step=(0, 0, 2.5)),),
    ),
    SyntheticSeries(
        "axial, acquired from head to feet",
        _reversed_order,
        (ExpectedStack(TEN[::-1], 2.5, step=(0, 0, 2.5)),),
    ),
    SyntheticSeries(
        "coronal",
        lambda: _line(range(1, 11), (0, 3, 0), CORONAL),
        (ExpectedStack(TEN, 3.0, step=(0, 3, 0)),),
    ),
    SyntheticSeries(
        "oblique",
        lambda: _line(range(1, 11), _normal(OBLIQUE) * 1.5, OBLIQUE),
        (ExpectedStack(TEN, 1.5, step=_shared(OBLIQUE, 1.5)),),
    ),
    SyntheticSeries(
        "tilted gantry",
        lambda: _line(range(1, 11), (0, 0, 5), TILTED),
        (ExpectedStack(TEN, 5 * math.cos(TILT), ("GANTRY_TILT",), step=(0, 0, 5)),),
    ),
    SyntheticSeries(
        "slices 41 to 43 missing",
        _gap,
        (ExpectedStack(singles(*range(1, 58)), 1.25, ("MISSING_SLICES",)),),
    ),
    SyntheticSeries(
        "unevenly spaced",
        lambda: _at_heights([0, 2.5, 5, 8.9, 11.4, 13.9]),
        (ExpectedStack(singles(*range(1, 7)), 2.5, ("UNEVEN_SPACING",)),),
    ),
    SyntheticSeries(
        "one position doubled",
        _doubled,
        (
            ExpectedStack(TEN, 2.5, ("DUPLICATE_POSITIONS",), step=(0, 0, 2.5)),
            ExpectedStack(singles(11), None, ("DUPLICATE_POSITIONS",)),
        ),
    ),
    SyntheticSeries(
        "two phases by acquisition number",
        lambda: _two_phases({"AcquisitionNumber": 1}, {"AcquisitionNumber": 2}),
        (ExpectedStack(singles(*range(1, 7)), 2.0), ExpectedStack(singles(*range(7, 13)), 2.0)),
    ),
    SyntheticSeries(
        "two phases by acquisition time",
        lambda: _two_phases(
            {"AcquisitionDate": "20260101", "AcquisitionTime": "120000"},
            {"AcquisitionDate": "20260101", "AcquisitionTime": "120045.5"},
        ),
        (ExpectedStack(singles(*range(1, 7)), 2.0), ExpectedStack(singles(*range(7, 13)), 2.0)),
    ),
    SyntheticSeries(
        "two phases told apart by nothing but their order",
        lambda: _two_phases({}, {}),
        (ExpectedStack(singles(*range(1, 7)), 2.0), ExpectedStack(singles(*range(7, 13)), 2.0)),
    ),
    SyntheticSeries(
        "two phases of different length told apart by nothing but their order",
        lambda: [*_at_heights([0, 2, 4, 6, 8]), *_at_heights([0, 2, 4, 6, 8, 10], first=6)],
        (ExpectedStack(singles(*range(1, 6)), 2.0), ExpectedStack(singles(*range(6, 12)), 2.0)),
    ),
    SyntheticSeries(
        "two phases taken in turns",
        _interleaved_phases,
        (ExpectedStack(singles(*range(1, 12, 2)), 2.0), ExpectedStack(singles(*range(2, 13, 2)), 2.0)),
    ),
    SyntheticSeries(
        "two phases of different length",
        _unequal_phases,
        (ExpectedStack(singles(*range(1, 9)), 2.0), ExpectedStack(singles(*range(9, 21)), 2.0)),
    ),
    SyntheticSeries(
        "a localizer among axial slices",
        _localizer_among_axials,
        (ExpectedStack(singles(1), None), ExpectedStack(singles(*range(2, 8)), 3.0)),
    ),
    SyntheticSeries(
        "mixed matrices",
        _mixed_matrices,
        (ExpectedStack(singles(*range(1, 5)), 2.0), ExpectedStack(singles(*range(5, 9)), 2.0)),
    ),
    SyntheticSeries(
        "no geometry",
        _no_geometry,
        (ExpectedStack(singles(1, 2, 3), None, ("NO_GEOMETRY",)),),
    ),
    SyntheticSeries(
        "enhanced multi-frame, from head to feet",
        _enhanced,
        (ExpectedStack(tuple((1, frame) for frame in range(5, 0, -1)), 3.0, step=(0, 0, 3)),),
    ),
    SyntheticSeries(
        "multi-frame without functional groups",
        _multi_frame_without_groups,
        (ExpectedStack(tuple((1, frame) for frame in range(1, 5)), None, ("NO_GEOMETRY",)),),
    ),
    SyntheticSeries(
        "inverted grey",
        lambda: _at_heights([0, 2, 4], PhotometricInterpretation="MONOCHROME1"),
        (ExpectedStack(singles(1, 2, 3), 2.0),),
        attributes=(("photometric", "MONOCHROME1"),),
    ),
    SyntheticSeries(
        "fractional rescale slope",
        lambda: _at_heights([0, 2, 4], RescaleSlope=0.5, RescaleIntercept=-100.25),
        (ExpectedStack(singles(1, 2, 3), 2.0),),
        rescale=(0.5, -100.25),
    ),
    SyntheticSeries(
        "signed with padding",
        _signed_with_padding,
        (ExpectedStack(singles(1, 2, 3, 4), 2.0),),
        rescale=(1.0, -1524.0),
        attributes=(("signed", True), ("padding_value", -2000)),
    ),
)
