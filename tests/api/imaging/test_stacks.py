"""Stacks, order, spacing, warnings and HU of every series in the reference table."""

import random
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api.errors import Invalid
from api.imaging.instance import read_instance
from api.imaging.pixels import iter_frames
from api.imaging.stacks import Stack, StackItem, split_stacks
from api.imaging.volume import load_volume
from tests.api.imaging.dicom_writer import as_file, ct_data_set
from tests.api.imaging.synthetic_series import SERIES, ExpectedStack, SyntheticSeries

Name = tuple[int, int]


@dataclass(frozen=True)
class ReadSeries:
    stacks: list[Stack[Name]]
    frames: dict[Name, NDArray[Any]]


def read_series(files: list[bytes]) -> ReadSeries:
    items: list[StackItem[Name]] = []
    frames: dict[Name, NDArray[Any]] = {}
    for content in files:
        file = BytesIO(content)
        instance = read_instance(file)
        number = int(instance.sop_instance_uid.rsplit(".", 1)[1])
        for geometry, frame in zip(instance.frames, iter_frames(file, instance), strict=True):
            name = (number, geometry.frame_number)
            frames[name] = frame
            items.append(StackItem(name, instance.sop_instance_uid, instance.instance_number, geometry))
    return ReadSeries(split_stacks(items), frames)


def names(stack: Stack[Name]) -> tuple[Name, ...]:
    return tuple(item.key for item in stack.items)


every_series = pytest.mark.parametrize("series", SERIES, ids=str)


@every_series
def test_a_series_is_split_into_the_stacks_it_really_holds(series: SyntheticSeries) -> None:
    read = read_series(series.files())

    assert [names(stack) for stack in read.stacks] == [expected.frames for expected in series.stacks]
    for stack in read.stacks:
        assert {name: getattr(stack, name) for name, _ in series.attributes} == dict(series.attributes)


@every_series
def test_spacing_comes_from_positions(series: SyntheticSeries) -> None:
    read = read_series(series.files())

    for stack, expected in zip(read.stacks, series.stacks, strict=True):
        assert stack.slice_spacing == (None if expected.spacing is None else pytest.approx(expected.spacing, abs=1e-4))


@every_series
def test_what_is_odd_about_a_stack_is_told(series: SyntheticSeries) -> None:
    read = read_series(series.files())

    for stack, expected in zip(read.stacks, series.stacks, strict=True):
        assert tuple(warning.code for warning in stack.warnings) == expected.codes
        assert all(warning.message.endswith(".") for warning in stack.warnings)


@every_series
def test_the_order_in_which_files_come_makes_no_difference(series: SyntheticSeries) -> None:
    files = series.files()
    in_order = read_series(files).stacks

    random.Random(7).shuffle(files)

    assert read_series(files).stacks == in_order


@every_series
def test_voxels_hold_the_known_values_at_the_known_places(series: SyntheticSeries) -> None:
    read = read_series(series.files())
    slope, intercept = series.rescale

    for stack, expected in zip(read.stacks, series.stacks, strict=True):
        geometries = [item.geometry for item in stack.items]
        if "NO_GEOMETRY" in expected.codes:
            with pytest.raises(Invalid):
                load_volume((read.frames[name] for name in names(stack)), geometries)
            continue
        volume = load_volume((read.frames[name] for name in names(stack)), geometries)
        for index, name in enumerate(names(stack)):
            label = name[1] if series.name.startswith("enhanced") else name[0]
            row, column = np.mgrid[: stack.rows, : stack.columns]
            hu = (100 * label + 10 * row + column) * slope + intercept
            if stack.padding_value is not None:
                hu[0, 0] = -1024
            np.testing.assert_array_equal(volume.voxels[index], hu)
            assert volume.index_to_patient((index, 0, 0)) == pytest.approx(geometries[index].position, abs=1e-5)
        assert_placed(volume.affine, expected)
        inside = np.array([[0, 3.25, 1.5], [(len(geometries) - 1) / 2, 0, 5]])
        np.testing.assert_allclose(volume.patient_to_index(volume.index_to_patient(inside)), inside, atol=1e-6)


def assert_placed(affine: NDArray[np.float64], expected: ExpectedStack) -> None:
    if expected.step is not None:
        np.testing.assert_allclose(affine[:3, 0], expected.step, atol=1e-4)


def message_of(series_name: str, stack: int = 0) -> str:
    series = next(each for each in SERIES if each.name == series_name)
    return read_series(series.files()).stacks[stack].warnings[0].message


def test_missing_slices_are_told_with_their_numbers() -> None:
    message = message_of("slices 41 to 43 missing")

    assert message.startswith("Slices 41 to 43 are missing; measurements across them may be wrong.")


def test_a_single_missing_slice_and_several_gaps_are_told() -> None:
    one = [as_file(ct_data_set(number, (0, 0, 2.0 * number))) for number in range(1, 12) if number != 5]
    several = [
        as_file(ct_data_set(number, (0, 0, 2.0 * number))) for number in range(1, 31) if number not in (5, 9, 10)
    ]

    assert read_series(one).stacks[0].warnings[0].message.startswith("Slice 5 is missing;")
    assert read_series(several).stacks[0].warnings[0].message.startswith("Slices 5 and 9 to 10 are missing;")


def test_uneven_spacing_is_told_with_both_ends() -> None:
    assert "2.50 to 3.90 mm" in message_of("unevenly spaced")


def test_tilt_is_told_in_degrees() -> None:
    assert "15.0 degrees" in message_of("tilted gantry")


def test_a_doubled_position_is_told_with_its_number() -> None:
    assert message_of("one position doubled").startswith("Slice 4 is there more than once")


def test_positions_rounded_to_a_tenth_are_not_uneven() -> None:
    files = [as_file(ct_data_set(number, (0, 0, round(0.625 * number, 1)))) for number in range(1, 41)]

    stack = read_series(files).stacks[0]

    assert stack.warnings == ()
    assert stack.slice_spacing == pytest.approx(0.625, abs=0.01)


def test_slices_shifted_within_their_plane_are_told() -> None:
    shift = {4: 12.0}
    files = [as_file(ct_data_set(number, (shift.get(number, 0.0), 0, 2.0 * number))) for number in range(1, 9)]

    assert [warning.code for warning in read_series(files).stacks[0].warnings] == ["SHIFTED_SLICES"]


def test_frames_at_one_position_stay_one_stack_in_order_of_time() -> None:
    files = [
        as_file(ct_data_set(number, (0, 0, 0), AcquisitionDate="20260101", AcquisitionTime=f"1200{60 - number:02}"))
        for number in range(1, 6)
    ]

    (stack,) = read_series(files).stacks

    assert [item.key[0] for item in stack.items] == [5, 4, 3, 2, 1]
    assert [warning.code for warning in stack.warnings] == ["DUPLICATE_POSITIONS"]


def test_nearly_equal_orientations_share_a_stack_and_different_ones_do_not() -> None:
    nearly = (1, 0, 0.0005, 0, 1, 0)
    sagittal = (0, 1, 0, 0, 0, -1)
    files = [
        as_file(ct_data_set(1, (0, 0, 0))),
        as_file(ct_data_set(2, (0, 0, 2), nearly)),
        as_file(ct_data_set(3, (5, 0, 0), sagittal)),
    ]

    assert [len(stack.items) for stack in read_series(files).stacks] == [2, 1]


def test_several_cine_instances_are_a_stack_each() -> None:
    files = []
    for number in (1, 2):
        data_set = ct_data_set(number, None, None, NumberOfFrames=3)
        data_set.PixelData = bytes(data_set.PixelData) * 3
        files.append(as_file(data_set))

    assert [len(stack.items) for stack in read_series(files).stacks] == [3, 3]
