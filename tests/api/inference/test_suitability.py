from dataclasses import replace

import numpy as np
import pytest

from api.inference.lung_nodule import check_facts, check_suitability, survey
from api.inference.suitability import StackFacts
from tests.api.inference.synthetic_chest import RIGHT, SHAPE, SPACING, Ball, Tube, draw_chest, volume_of

CHEST_CT = StackFacts("CT", "CHEST", ("ORIGINAL", "PRIMARY", "AXIAL"), "HU", 2.5, 80)
READS = "lung_nodule reads CT of the chest."

REFUSED = [
    (replace(CHEST_CT, modality="MR", body_part="BRAIN", unit=None), f"This is an MR of the brain; {READS}"),
    (replace(CHEST_CT, modality="MR", body_part=None, unit=None), f"This is an MR; {READS}"),
    (
        replace(CHEST_CT, modality="OT", has_geometry=False, is_color=True, frame_count=1),
        f"This is a picture without the geometry of a scan; {READS}",
    ),
    (replace(CHEST_CT, modality="XC"), f"This is a photograph; {READS}"),
    (replace(CHEST_CT, modality="DX", body_part="CHEST"), f"This is an X-ray picture; {READS}"),
    (replace(CHEST_CT, modality="PT", body_part="THORAX"), f"This is a PET; {READS}"),
    (replace(CHEST_CT, modality=None), f"This is of no stated modality; {READS}"),
    (replace(CHEST_CT, modality="ZZ"), f"This is of the modality ZZ; {READS}"),
    (
        replace(CHEST_CT, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), frame_count=2),
        f"This is a localizer, a planning picture of the scanner, not the scan itself. {READS}",
    ),
    (
        replace(CHEST_CT, frame_count=1, has_geometry=False),
        f"This stack has 1 slice; at least 8 are needed to look for nodules. {READS}",
    ),
    (
        replace(CHEST_CT, has_geometry=False, slice_spacing=None),
        f"These pictures carry no positions or sizes, so nothing in them can be measured. {READS}",
    ),
    (replace(CHEST_CT, unit="mg/ml"), f"The pixel values are not Hounsfield units but mg/ml. {READS}"),
    (
        replace(CHEST_CT, frame_count=20, slice_spacing=1.0),
        f"This stack covers 20 mm; at least 40 mm are needed to look for nodules. {READS}",
    ),
]


@pytest.mark.parametrize(("facts", "reason"), REFUSED)
def test_what_is_no_chest_ct_is_refused_by_its_headers_in_words(facts: StackFacts, reason: str) -> None:
    verdict = check_facts(facts)

    assert not verdict.suitable
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (CHEST_CT, []),
        (replace(CHEST_CT, body_part="ABDOMEN", unit=None), []),
        (replace(CHEST_CT, slice_spacing=8.0, frame_count=30), ["THICK_SLICES"]),
        (replace(CHEST_CT, slice_spacing=5.0, frame_count=12), ["THICK_SLICES", "FEW_SLICES"]),
        (replace(CHEST_CT, warning_codes=("MISSING_SLICES",)), ["GAPS"]),
        (replace(CHEST_CT, warning_codes=("UNEVEN_SPACING", "NO_GEOMETRY")), ["GAPS"]),
    ],
)
def test_a_ct_that_may_be_read_carries_its_limits_as_warnings(facts: StackFacts, codes: list[str]) -> None:
    verdict = check_facts(facts)

    assert verdict.suitable
    assert verdict.reason is None
    assert [code for code, _ in verdict.warnings] == codes


def test_a_chest_is_suitable_by_its_voxels() -> None:
    verdict = check_suitability(CHEST_CT, survey(draw_chest()))

    assert verdict.suitable
    assert verdict.warnings == ()


def test_a_ct_without_lungs_is_refused() -> None:
    verdict = check_suitability(CHEST_CT, survey(draw_chest(lungs=())))

    assert not verdict.suitable
    assert verdict.reason == f"This CT shows no lungs; it may be of another part of the body. {READS}"


def test_the_tips_of_the_lungs_above_an_abdomen_are_not_enough() -> None:
    volume = draw_chest()

    verdict = check_suitability(replace(CHEST_CT, frame_count=17), survey(volume_of(volume.voxels[4:21].copy())))

    assert not verdict.suitable
    assert "ml of lung" in (verdict.reason or "")


def test_a_colon_full_of_gas_is_no_lung() -> None:
    """Two litres of it, as for a colonography; stool and the wall's edge lie in between."""
    colon: list[Ball | Tube] = [
        Tube((-80, 20, -100), (80, 20, -100), 60, -1000),
        Tube((80, -20, -90), (70, -30, 90), 50, -1000),
        Tube((70, 20, 100), (-80, 20, 100), 50, -990),
        Ball((20, -60, 0), 60, -985),
    ]

    verdict = check_suitability(replace(CHEST_CT, body_part=None), survey(draw_chest(colon, lungs=())))

    assert not verdict.suitable
    assert verdict.reason == f"This CT shows no lungs; it may be of another part of the body. {READS}"


def test_values_that_are_no_hounsfield_units_are_refused_even_when_called_so() -> None:
    voxels = draw_chest().voxels

    verdict = check_suitability(CHEST_CT, survey(volume_of(np.maximum(voxels + 1024, 0).astype(np.int16))))

    assert not verdict.suitable


def test_one_lung_and_lungs_cut_by_the_first_slice_are_warned_of() -> None:
    one = check_suitability(CHEST_CT, survey(draw_chest(lungs=[RIGHT])))
    cut = check_suitability(CHEST_CT, survey(volume_of(draw_chest().voxels[SHAPE[0] // 2 :].copy())))

    assert [code for code, _ in one.warnings] == ["ONE_LUNG"]
    assert [code for code, _ in cut.warnings] == ["LUNGS_CUT"]


def test_sagittal_slices_are_read_with_a_warning() -> None:
    volume = draw_chest()
    turned = np.ascontiguousarray(volume.voxels.transpose(2, 0, 1))
    affine = volume.affine.copy()
    affine[:3, :3] = volume.affine[:3, [2, 0, 1]]
    spacing = (SPACING[2], SPACING[0], SPACING[1])
    origins = affine[:3, 3] + np.arange(len(turned))[:, None] * affine[:3, 0]

    sagittal = replace(volume, voxels=turned, affine=affine, spacing=spacing, origins=origins)
    facts = replace(CHEST_CT, slice_spacing=spacing[0], frame_count=len(turned))
    verdict = check_suitability(facts, survey(sagittal))

    assert verdict.suitable
    assert "NOT_AXIAL" in [code for code, _ in verdict.warnings]
