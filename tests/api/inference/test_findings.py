import numpy as np
import pytest

from api.inference.findings import (
    Box,
    DetectedFinding,
    Lesion,
    OperatingPoint,
    Position,
    fuse_planes,
    group_lesions,
    keep_distinct,
    uncertainty_of,
)

CARD = {"operatingPoint": {"slope": 2.0, "offset": -1.0, "threshold": 0.5, "lowestListed": 0.1, "mostListed": 30}}


def finding(probability: float) -> DetectedFinding:
    return DetectedFinding("nodule", probability, True, 0, Box(0, 0, 1, 1), 5.0, Position(0, 0, 0))


def test_a_vessel_that_looks_like_a_nodule_in_most_planes_is_told_by_the_others() -> None:
    nodule, vessel = [3.0, 3.0, 2.5, 2.8], [6.0, 6.0, -4.0, -4.0]

    fused = fuse_planes([np.array(nodule), np.array(vessel), np.array([1.0, 2.0, 9.0])])

    np.testing.assert_allclose(fused, [2.65, -4.0, 1.5])


def test_the_operating_point_is_the_cards() -> None:
    point = OperatingPoint.of_card(CARD)

    assert point.probability(np.array([0.5])) == pytest.approx(0.5)
    assert point.probability(np.array([-1000.0, 1000.0])) == pytest.approx([0.0, 1.0])
    with pytest.raises(KeyError):
        OperatingPoint.of_card({})


def test_of_two_candidates_at_one_place_the_more_probable_stays() -> None:
    place = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [9.5, 0.0, 0.0]])
    logit = np.array([1.0, 2.0, 0.0])

    assert list(keep_distinct(place, logit, most=10)) == [1, 2]
    assert list(keep_distinct(place, logit, most=1)) == [1]
    assert list(keep_distinct(np.empty((0, 3)), np.empty(0), most=5)) == []


def test_pieces_of_a_large_nodule_are_one_lesion_measured_whole() -> None:
    place = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 40.0]])
    diameter = np.array([19.0, 9.5, 9.5, 6.0])
    logit = np.array([3.0, 4.5, 4.0, 1.0])

    lesions = group_lesions(place, diameter, logit, most=10)

    assert lesions == [Lesion(0, 4.5), Lesion(3, 1.0)]
    assert group_lesions(place, diameter, logit, most=1) == [Lesion(0, 4.5)]
    assert group_lesions(np.empty((0, 3)), np.empty(0), np.empty(0), most=5) == []


def test_a_nodule_beside_a_wide_thing_that_is_none_stands_for_itself() -> None:
    place = np.array([[0.0, 0.0, 0.0], [8.0, 0.0, 0.0]])

    lesions = group_lesions(place, np.array([6.0, 19.0]), np.array([4.0, -3.0]), most=10)

    assert lesions == [Lesion(0, 4.0)]


def test_uncertainty_is_greatest_at_even_odds() -> None:
    assert uncertainty_of([finding(0.5)]) == pytest.approx(1.0)
    assert uncertainty_of([finding(0.99), finding(0.5)]) < 0.1
    assert uncertainty_of([finding(1.0)]) == pytest.approx(0.0, abs=1e-6)
    assert uncertainty_of([]) == 0.0
