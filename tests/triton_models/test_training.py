"""The recipe's arithmetic; what needs torch is not imported here."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from triton_models.lung_nodule.training import augmentation, cubes
from triton_models.lung_nodule.training.calibrate import calibrate, fused_candidates, threshold_of
from triton_models.lung_nodule.training.card import interval
from triton_models.lung_nodule.training.crops import Crops, hounsfield, load_crops
from triton_models.lung_nodule.training.folds import GUARD_BAND_ROWS, blocked_folds, split
from triton_models.lung_nodule.training.recall import group_names, groups_of, is_found
from triton_models.lung_nodule.training.statistics import (
    area_under_curve,
    calibration_error,
    exact_interval,
    fit_calibration,
    reliability,
    sensitivity_at,
    summarize,
)
from triton_models.lung_nodule.training.subgroups import grain_of
from triton_models.lung_nodule.training.votes import compare


def rows(count: int = 3000, seed: int = 1) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(550_000)[:count].astype(np.int64)


def test_every_crop_is_held_out_once_in_blocks_that_do_not_touch() -> None:
    row = rows()

    folds = list(blocked_folds(row, 5))

    assert (np.sum([fold.is_held_out for fold in folds], axis=0) == 1).all()
    ranges = [(row[fold.is_held_out].min(), row[fold.is_held_out].max()) for fold in folds]
    assert all(high < low for (_, high), (low, _) in pairwise(ranges))
    assert all(abs(fold.is_held_out.sum() - 600) <= 1 for fold in folds)


def test_no_crop_trains_within_the_guard_band_of_those_held_out() -> None:
    row = rows()

    for fold in blocked_folds(row, 5):
        away = np.abs(row[fold.is_training][:, None] - row[fold.is_held_out][None, :]).min(axis=1)
        assert away.min() > GUARD_BAND_ROWS
        assert not (fold.is_training & fold.is_held_out).any()
        assert fold.is_training.sum() > 0.7 * len(row)


def test_crops_are_read_back_in_hounsfield_units(tmp_path: Path) -> None:
    folder = tmp_path / "luna16-patches-2d"
    folder.mkdir()
    image = np.zeros((3, 50, 50), np.uint8)
    image[1] = 255
    np.savez(
        folder / "patches.npz",
        image=image,
        is_nodule=np.array([True, False, False]),
        candidate_row=np.arange(3),
        near_development_scan=np.array([False, False, True]),
    )

    crops = load_crops(tmp_path)
    away = crops.take(~crops.near_development_scan)

    assert isinstance(away, Crops)
    assert len(away) == 2
    assert hounsfield(away.image)[0].max() == -1000
    assert hounsfield(away.image)[1].min() == pytest.approx(400)


def ball(count: int = 2, radius: float = 5.0) -> NDArray[np.float32]:
    axis = np.arange(50) - 24.5
    inside = np.hypot(axis[:, None], axis[None, :]) <= radius
    return np.repeat(np.where(inside, 40.0, -850.0)[None], count, axis=0).astype(np.float32)


def test_the_middle_is_taken_unturned() -> None:
    crops = np.random.default_rng(1).normal(size=(2, 50, 50)).astype(np.float32)

    np.testing.assert_allclose(augmentation.center_square(crops), crops[:, 1:49, 1:49], atol=1e-5)


def test_a_quarter_turn_and_a_mirror_move_pixels_as_they_should() -> None:
    crops = np.random.default_rng(1).normal(size=(2, 50, 50)).astype(np.float32)
    quarter = np.array([[[0, 1], [-1, 0]], [[1, 0], [0, -1]]], np.float32)

    seen = augmentation.sample_square(crops, quarter, np.zeros((2, 2), np.float32))

    np.testing.assert_allclose(seen[0], np.rot90(crops[0, 1:49, 1:49]), atol=1e-4)
    np.testing.assert_allclose(seen[1], crops[1, 1:49, 1:49][:, ::-1], atol=1e-4)


def test_an_augmented_nodule_stays_a_nodule_in_the_middle_and_differs_from_view_to_view() -> None:
    views = augmentation.augment(ball(64), np.random.default_rng(1))

    assert views.shape == (64, 48, 48)
    assert views.dtype == np.float32
    assert (views[:, 20:28, 20:28].mean(axis=(1, 2)) > views[:, :6, :6].mean(axis=(1, 2)) + 300).all()
    widths = (views > -400).sum(axis=(1, 2))
    assert widths.max() > 1.8 * widths.min()


def test_augmentation_is_repeated_by_its_seed_and_leaves_the_crops_alone() -> None:
    crops = ball(4)
    before = crops.copy()

    first, second = (augmentation.augment(crops, np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(crops, before)


def test_smearing_averages_rows_only() -> None:
    crops = np.zeros((1, 6, 3), np.float32)
    crops[0, 3, 1] = 9.0

    smeared = augmentation.smear(crops, 3)

    assert smeared[0, :, 1].tolist() == pytest.approx([0, 0, 3, 3, 3, 0])
    assert smeared[0, :, 0].max() == 0


def test_a_softer_kernel_lowers_an_edge_and_a_sharper_one_raises_it() -> None:
    crops = np.zeros((3, 9, 9), np.float32)
    crops[:, 4, 4] = 9.0

    soft, same, sharp = augmentation.change_kernel(crops, np.array([1.0, 0.0, -0.5]))[:, 4, 4]

    assert (soft, same, sharp) == (pytest.approx(1.0), 9.0, pytest.approx(13.0))


def test_auc_and_sensitivity_are_those_worked_by_hand() -> None:
    score = np.array([0.1, 0.4, 0.35, 0.8, 0.4])
    is_nodule = np.array([False, False, True, True, True])

    # Pairs won: .35 beats .1; .8 beats both; .4 beats .1 and ties with .4.
    assert area_under_curve(score, is_nodule) == pytest.approx((1 + 2 + 1.5) / 6)
    assert sensitivity_at(score, is_nodule, 0.01) == pytest.approx(1 / 3)


def test_a_summary_gives_each_figure_between_its_bounds() -> None:
    random = np.random.default_rng(1)
    is_nodule = random.random(800) < 0.2
    part = {
        "candidate_row": random.integers(0, 60_000, 800),
        "is_nodule": is_nodule,
        "one_view": random.normal(size=800) + 2.5 * is_nodule,
    }

    summary = summarize([part], "one_view", resamples=100)

    value, low, high = summary["auc"]
    assert summary["crops"] == 800
    assert 0.93 < low < value < high < 0.99
    assert summary["sensitivity_at_1_percent"][0] < summary["sensitivity_at_10_percent"][0]


def test_calibration_finds_the_curve_that_drew_the_labels() -> None:
    random = np.random.default_rng(1)
    logit = random.normal(0, 3, 20_000)
    is_nodule = random.random(20_000) < 1 / (1 + np.exp(-(0.8 * logit - 1.0)))

    slope, offset = fit_calibration(logit, is_nodule)

    assert slope == pytest.approx(0.8, abs=0.05)
    assert offset == pytest.approx(-1.0, abs=0.1)
    assert calibration_error(1 / (1 + np.exp(-(slope * logit + offset))), is_nodule) < 0.01
    assert calibration_error(np.full(20_000, 0.9), is_nodule) > 0.3


def test_an_exact_interval_is_that_of_clopper_and_pearson() -> None:
    # 7 of 10, as in tables.
    assert exact_interval(7, 10) == [0.7, pytest.approx(0.3475, abs=1e-4), pytest.approx(0.9333, abs=1e-4)]
    assert exact_interval(0, 10)[:2] == [0.0, 0.0]
    assert exact_interval(10, 10)[2] == 1.0


def test_every_cube_has_a_place_in_the_table_of_candidates() -> None:
    placed = cubes.patient_rows()

    assert len(placed) == 133
    assert all(0 <= row < 551_065 for row in placed.values())
    assert set(placed) >= cubes.DEVELOPMENT_PATIENTS


def test_a_cube_gives_its_nodule_in_nine_planes_and_what_else_looks_like_one() -> None:
    hu = np.full((51, 51, 51), -850, np.float32)
    places = np.stack(np.meshgrid(*[np.arange(51)] * 3, indexing="ij"), axis=-1)
    mask = np.linalg.norm(places - 25, axis=-1) <= 5
    hu[mask | (np.linalg.norm(places - (25, 25, 41), axis=-1) <= 3)] = 40

    found = cubes.places(hu, mask)
    planes = cubes.sample_planes(hu, found[0][0], found[0][1])

    assert [is_nodule for _, _, is_nodule in found][:2] == [True, False]
    np.testing.assert_allclose(found[0][0], (25, 25, 25))
    assert found[0][1] == pytest.approx(10, abs=1)
    assert min(np.linalg.norm(index - (25, 25, 41)) for index, _, _ in found[1:]) < 1.5
    assert len(planes) == 9
    assert all(plane.shape == (50, 50) and plane[25, 25] > 180 and plane[25, 2] < 40 for plane in planes[:3])


def ball_cube(texture: int = 5, hu: float = 40.0, wall: bool = False) -> cubes.Cube:
    """A ball of 10 mm in lung, perhaps against a wall."""
    places = np.stack(np.meshgrid(*[np.arange(51)] * 3, indexing="ij"), axis=-1)
    mask = np.linalg.norm(places - 25, axis=-1) <= 5
    voxels = np.full((51, 51, 51), -850, np.float32)
    voxels[mask] = hu
    if wall:
        voxels[:, :, 30:] = 40
    return cubes.Cube(0, "any", voxels, mask, texture)


def test_a_solid_and_a_ground_glass_ball_have_a_candidate() -> None:
    assert is_found(ball_cube())
    assert is_found(ball_cube(texture=1, hu=-650.0))


def test_a_nodule_is_told_by_texture_size_and_wall() -> None:
    assert groups_of(ball_cube()) == ["all", "solid (4, 5)", "8 to 12 mm", "within lung"]
    assert groups_of(ball_cube(texture=1, wall=True)) == ["all", "ground glass (1, 2)", "8 to 12 mm", "touches wall"]
    assert set(groups_of(ball_cube())) <= set(group_names())


def test_planes_that_reach_out_of_the_cube_are_left_out() -> None:
    hu = np.full((51, 51, 51), -850, np.float32)

    at_top = cubes.sample_planes(hu, np.array([48.0, 25.0, 25.0]), 6.0)

    # Along the slices it is cut off; the axial plane, and the flattest, lie within.
    assert len(at_top) == 1


def test_cubes_are_kept_away_from_a_block_by_more_than_their_place_is_uncertain() -> None:
    planes = cubes.CubePlanes(
        np.zeros((4, 50, 50), np.uint8),
        np.ones(4, bool),
        np.array([10_000, 90_000, 120_000, 160_000]),
        *[np.arange(4)] * 2,
    )

    assert planes.far_from(100_000, 140_000).tolist() == [True, False, False, True]
    assert planes.within(100_000, 140_000).tolist() == [False, False, True, False]
    assert len(planes.take(planes.within(100_000, 140_000)).row) == 1


def test_crops_near_a_development_scan_train_no_fold() -> None:
    row = rows()
    crops = Crops(np.zeros((3000, 50, 50), np.uint8), row % 5 == 0, row, row % 3 == 0)
    planes = cubes.CubePlanes(np.zeros((0, 50, 50), np.uint8), *[np.zeros(0, np.int64)] * 4)  # type: ignore[arg-type]

    parts = [split(crops, planes, fold) for fold in blocked_folds(row, 5)]

    assert not any(part.training.near_development_scan.any() for part in parts)
    assert sum(len(part.held_out) for part in parts) == 3000


def scored_cubes(seed: int) -> dict[str, NDArray[Any]]:
    """Twenty nodules and four hundred look-alikes, nine planes each, and one look-alike with too few planes."""
    random = np.random.default_rng(seed)
    is_nodule = np.repeat(np.arange(421) < 20, 9)[:-7]
    candidate = np.repeat(np.arange(421), 9)[:-7]
    return {
        "cube_is_nodule": is_nodule,
        "cube_candidate": candidate,
        "cube_number": candidate,
        "is_nodule": np.arange(1000) < 500,
        "one_view": random.normal(np.where(np.arange(1000) < 500, 1.0, -1.0), 1.0),
        "cube_logit": random.normal(np.where(is_nodule, 2.0, -2.0), 1.5) + random.normal(0, 1, 421)[candidate],
    }


def test_a_candidates_planes_are_fused_as_the_product_does_and_poorly_seen_ones_left_out() -> None:
    part = scored_cubes(1)

    fused, label = fused_candidates(part)

    assert len(fused) == 420
    assert label.sum() == 20
    assert fused[0] == pytest.approx(np.sort(part["cube_logit"][:9])[:5].mean())


def test_thresholds_follow_from_how_often_look_alikes_reach_them_and_the_odds_from_a_scans() -> None:
    found = calibrate([scored_cubes(seed) for seed in range(5)])

    assert (found["nodules"], found["look_alikes"]) == (100, 2000)
    assert 0 < found["lowest_listed"] < found["threshold"] < 1
    assert found["marked_nodules"][0] < found["listed_nodules"][0]
    assert found["prior_shift"] == pytest.approx(np.log((1186 / 888 / 600) / (100 / 2000)), abs=1e-3)
    assert found["calibration_error"] < 0.02
    assert found["crop_calibration_error"] < 0.02
    assert sum(count for _, _, count, _, _ in found["crop_reliability"]) == 5000


def test_the_threshold_leaves_no_development_scan_more_than_two_false_marks() -> None:
    scans = {"one": {"false_probabilities": [0.2, 0.9, 0.5, 0.4]}, "other": {"false_probabilities": [0.99]}}

    assert threshold_of(scans) == 0.4
    assert calibrate([scored_cubes(1), scored_cubes(2)], scans)["threshold"] > 0.4


def test_votes_are_compared_on_the_same_candidates() -> None:
    found = compare([scored_cubes(1), scored_cubes(2)])

    assert found["mean of the lower half"]["auc"] > 0.9
    assert found["lowest"]["auc"] < found["mean of all"]["auc"]


def test_reliability_sets_what_was_said_beside_what_came() -> None:
    probability = np.array([0.05, 0.15, 0.8, 1.0])
    is_nodule = np.array([False, True, True, False])

    assert reliability(probability, is_nodule, (0.0, 0.2, 0.5, 1.0)) == [
        [0.0, 0.2, 2, 0.1, 0.5],
        [0.5, 1.0, 2, 0.9, 0.5],
    ]


def test_grain_is_that_of_aerated_lung_alone() -> None:
    random = np.random.default_rng(1)
    image = np.clip(random.normal(24, [[[2.0]], [[6.0]], [[2.0]]], (3, 50, 50)), 1, 255).astype(np.uint8)
    image[2] = 200

    smooth, noisy, none = grain_of(image)

    assert 2 * smooth < noisy
    assert np.isnan(none)


def test_a_figure_is_told_with_its_interval() -> None:
    assert interval([0.98312, 0.97, 0.99]) == "0.983 (0.970 to 0.990)"
