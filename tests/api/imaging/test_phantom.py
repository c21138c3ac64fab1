"""The phantom: labelled, deterministic, with its nodules where it says."""

from io import BytesIO

import numpy as np
import pydicom
import pytest

from api.imaging.instance import read_instance
from api.imaging.phantom import Nodule, draw_phantom, draw_slices, plan_phantom
from api.imaging.phantom_dicom import write_phantom_dicom, write_plan
from api.imaging.phantom_label import LABEL_HU, label_mask
from api.imaging.pixels import iter_frames
from api.imaging.stacks import StackItem, split_stacks
from api.imaging.volume import load_volume
from api.imaging.window import CT_PRESETS, apply_window

COARSE = (5.0, 2.8, 2.8)


def test_nodules_lie_where_they_are_said_to_lie() -> None:
    nodule = Nodule((80.0, 10.0, 1.0), 14.0, 40.0)
    plan = plan_phantom(8, rows=256, spacing_mm=(2.5, 1.4, 1.4), nodules=[nodule])
    without = plan_phantom(8, rows=256, spacing_mm=(2.5, 1.4, 1.4), nodules=[])

    added = np.stack(list(draw_slices(plan))).astype(int) - np.stack(list(draw_slices(without)))

    grid = np.stack(np.meshgrid(*(np.arange(size) for size in added.shape), indexing="ij"), axis=-1)
    weight = np.clip(added, 0, None)
    centre = (grid * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum()
    place = np.array(plan.origin)[::-1] + centre * plan.spacing
    volume_mm3 = weight.sum() / weight.max() * np.prod(plan.spacing)
    assert place[::-1] == pytest.approx(nodule.centre_mm, abs=0.4)
    assert 2 * (volume_mm3 * 3 / (4 * np.pi)) ** (1 / 3) == pytest.approx(14, rel=0.08)


def test_default_nodules_are_in_the_lung_and_apart() -> None:
    phantom = draw_phantom(66, seed=3, rows=128, spacing_mm=COARSE)

    assert [nodule.diameter_mm for nodule in phantom.nodules] == [12, 8, 6, 18, 10]
    for nodule in phantom.nodules:
        x, y, z = (np.array(nodule.centre_mm) - phantom.origin) / np.array(phantom.spacing)[::-1]
        inside = phantom.voxels[round(z), round(y), round(x)]
        around = phantom.voxels[round(z), round(y) - 8 : round(y) + 9, round(x) - 8 : round(x) + 9]
        assert inside > -500
        assert np.percentile(around, 20) < -700


def test_tissues_have_their_hounsfield_units() -> None:
    voxels = draw_phantom(1, rows=256, spacing_mm=(2.5, 1.4, 1.4), nodules=[]).voxels[0]

    lung = voxels[100:150, 160:210]
    corner = voxels[-30:, :30]
    assert np.median(lung) == pytest.approx(-860, abs=25)
    assert np.median(corner) == pytest.approx(-1000, abs=5)
    assert 10 < corner.std() < 20
    assert (voxels > 300).mean() > 0.005


def test_every_slice_says_phantom_under_every_window() -> None:
    phantom = draw_phantom(3, rows=256, spacing_mm=(60, 1.4, 1.4))
    mask = label_mask(256, 256)

    assert mask.sum() > 200
    for drawn in phantom.voxels:
        assert (drawn[mask] == LABEL_HU).all()
        for window in CT_PRESETS[:2]:
            grey = apply_window(drawn, window.center, window.width)
            assert grey[mask].min() - int(np.median(grey[-40:, 60:][~mask[-40:, 60:]])) > 150


def test_the_same_seed_draws_the_same_phantom() -> None:
    first, again = draw_phantom(2, 5, 96, COARSE), draw_phantom(2, 5, 96, COARSE)
    other = draw_phantom(2, 6, 96, COARSE)

    np.testing.assert_array_equal(first.voxels, again.voxels)
    assert first.nodules == again.nodules
    assert (first.voxels != other.voxels).any()


@pytest.mark.parametrize(("slices", "rows", "spacing"), [(0, 64, COARSE), (3, 0, COARSE), (3, 64, (0, 1, 1))])
def test_a_phantom_of_nothing_is_refused(slices: int, rows: int, spacing: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="at least one slice"):
        plan_phantom(slices, rows=rows, spacing_mm=spacing)


def test_files_are_ct_instances_labelled_a_phantom() -> None:
    files = dict(write_phantom_dicom(4, seed=9, rows=64, spacing_mm=COARSE))

    assert list(files) == [f"phantom-000{number}.dcm" for number in range(1, 5)]
    for content in files.values():
        header = pydicom.dcmread(BytesIO(content))
        assert (header.PatientName, header.PatientID) == ("PHANTOM^HILUM", "PHANTOM-9")
        assert header.QualityControlImage == "YES"
        assert all("PHANTOM" in header[keyword].value for keyword in ("StudyDescription", "SeriesDescription"))
        assert "PHANTOM" in header.ImageType
        assert all(uid.is_valid for uid in (header.SOPInstanceUID, header.StudyInstanceUID, header.SeriesInstanceUID))


def test_files_read_back_as_the_voxels_that_were_drawn() -> None:
    plan = plan_phantom(4, seed=2, rows=64, spacing_mm=COARSE)
    drawn = np.stack(list(draw_slices(plan)))

    instances, frames = [], {}
    for name, content in write_plan(plan):
        file = BytesIO(content)
        instances.append((name, read_instance(file)))
        frames[name] = next(iter_frames(file, instances[-1][1]))
    (stack,) = split_stacks(
        [StackItem(name, each.sop_instance_uid, each.instance_number, each.frames[0]) for name, each in instances]
    )
    volume = load_volume((frames[item.key] for item in stack.items), [item.geometry for item in stack.items])

    assert stack.warnings == ()
    assert {each.unit for _, each in instances} == {"HU"}
    assert volume.spacing == COARSE
    assert volume.index_to_patient((0, 0, 0)) == pytest.approx(plan.origin, abs=1e-3)
    np.testing.assert_array_equal(volume.voxels, drawn)


def test_identifiers_depend_on_what_is_drawn_and_on_nothing_else() -> None:
    def uid(slices: int, seed: int) -> str:
        _, content = next(write_phantom_dicom(slices, seed, 32, COARSE))
        return read_instance(BytesIO(content)).study_instance_uid

    assert uid(2, 1) == uid(2, 1)
    assert len({uid(2, 1), uid(3, 1), uid(2, 2)}) == 3
