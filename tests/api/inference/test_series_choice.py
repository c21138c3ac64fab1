"""Which series is read, by the product's own rules and by rules of the tests."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.inference.repository import read_repository
from api.inference.series_choice import MOST_NAMED, Candidate, SeriesRules
from api.inference.suitability import StackFacts

RULES = read_repository(Path("triton_models"))["lung_nodule"].series
AXIAL = Candidate(StackFacts("CT", "CHEST", ("ORIGINAL", "PRIMARY", "AXIAL"), "HU", 2.5, 130), 2, "CHEST 2.5 B50")


def like(number: int, description: str | None = None, **facts: Any) -> Candidate:
    return replace(AXIAL, number=number, description=description, facts=replace(AXIAL.facts, **facts))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (like(1, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), frame_count=500), "it is a localizer"),
        (like(3, "Chest MIP 8/2", frame_count=500), "its slices are made of many"),
        (like(3, image_type=("DERIVED", "SECONDARY", "MIP"), frame_count=500), "its slices are made of many"),
        (like(3, "COR 2.0", frame_count=500), "its slices are not axial"),
        (like(3, "Bolus tracker", frame_count=500), "it served to time the contrast, or tells of the dose"),
        (like(3, body_part="ABDOMEN", frame_count=500), "it is labelled as another part of the body"),
        (like(3, has_geometry=False, frame_count=500), "its slices have no places"),
        (replace(like(3, frame_count=120), superseded=True), "a later delivery completed it"),
        (like(3, modality="PT", frame_count=500), "of the modality PT"),
        (like(3, slice_spacing=5.0, frame_count=500), "fits less well"),
    ],
)
def test_a_chest_ct_comes_before_what_is_none(other: Candidate, why: str) -> None:
    for stacks, chosen in (([AXIAL, other], 0), ([other, AXIAL], 1)):
        assert RULES.choose(stacks) == chosen
        assert f"({why}" in str(RULES.reason(stacks, chosen))


def test_a_thin_series_comes_before_a_thick_one_with_more_slices() -> None:
    assert RULES.choose([like(3, slice_spacing=3.0, frame_count=200), like(4, slice_spacing=1.0, frame_count=150)]) == 1


def test_of_equals_the_longest_is_read_and_then_the_first() -> None:
    assert RULES.choose([AXIAL, like(5, frame_count=131), like(6, frame_count=131)]) == 1


def test_a_word_is_a_whole_word() -> None:
    assert RULES.choose([like(3, "CORE protocolled", frame_count=131), AXIAL]) == 0, "neither COR nor PROTOCOL"


def test_one_series_is_no_choice_and_none_is_none() -> None:
    assert RULES.reason([AXIAL], 0) is None
    assert RULES.choose([]) is None


def test_many_that_are_left_are_counted_and_no_description_is_repeated() -> None:
    stacks = [AXIAL, *(like(number, "Doe Jane MIP") for number in range(3, 3 + MOST_NAMED + 4))]

    reason = str(RULES.reason(stacks, 0))

    assert reason.endswith(" and 4 more.")
    assert "Jane" not in reason


@pytest.mark.parametrize(
    "told", [{"points": 1, "because": "x", "kernel": ["B50"]}, {"points": "many", "because": "x"}, {"points": 1}]
)
def test_what_is_no_rule_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        SeriesRules.of(["CT"], [told])
