"""What an upload becomes: instances stored once, unaltered and sealed, in stacks, in a case."""

import random
import stat
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import MediaStorageDirectoryStorage

from api import images
from api.imaging import htj2k
from api.ingest import candidates
from api.storage.leaves import FrameLeave
from api.unit_of_work import House
from tests.api.imaging.dicom_writer import as_file
from tests.api.imaging.synthetic_series import SERIES, SyntheticSeries
from tests.deliveries import deliver, take_in, zipped
from tests.disk import files_under
from tests.holdings import instances_of, objects_of, stacks_of
from tests.people import SHARED, People
from tests.synthetic_ct import NAME, SPACING_MM, ct_file, ct_files, ct_pixels

pytestmark = SHARED
MKSTEMP = tempfile.mkstemp


def picture(kind: str, rows: int = 40, columns: int = 50) -> bytes:
    target = BytesIO()
    values = np.random.default_rng(rows).integers(0, 255, (rows, columns, 3), np.uint8)
    Image.fromarray(values).save(target, kind)
    return target.getvalue()


async def test_a_series_becomes_a_case_with_a_stack(house: House, people: People) -> None:
    delivery = await take_in(house, people.clinician, ct_files(12))

    (stack,) = await stacks_of(house, delivery.case.key)
    assert (delivery.accepted, delivery.duplicates, delivery.rejections) == (12, 0, {})
    assert (delivery.case.status, delivery.upload.progress) == ("READY", 1.0)
    assert (len(stack.frame_keys), stack.rows, stack.columns) == (12, 16, 12)
    assert (stack.slice_spacing, stack.row_spacing, stack.column_spacing) == (SPACING_MM, 0.8, 0.5)
    assert stack.warnings == []


async def test_the_received_instances_are_kept_byte_for_byte(house: House, people: People) -> None:
    files = ct_files(5)

    await take_in(house, people.clinician, {"a.zip": zipped(files)})

    kept = [await house.store.read(f"instances/{row.key}") for row in await instances_of(house, people.clinician)]
    assert sorted(kept) == sorted(files.values())


async def test_frames_are_kept_bit_for_bit(house: House, people: People) -> None:
    values = [np.random.default_rng(number).integers(0, 65536, (16, 12)).astype("<u2") for number in range(3)]
    files = {str(number): ct_file(number + 1, pixels=pixels) for number, pixels in enumerate(values)}

    await take_in(house, people.clinician, files)

    for row, expected in zip(await instances_of(house, people.clinician), values, strict=True):
        decoded = htj2k.decode(await house.store.read(f"frames/{row.key}/1"))
        np.testing.assert_array_equal(decoded, expected)


async def test_every_frame_has_a_preview(house: House, people: People) -> None:
    await take_in(house, people.clinician, ct_files(3, pixels=ct_pixels(1, 300, 400)))

    for row in await instances_of(house, people.clinician):
        with Image.open(BytesIO(await house.store.read(f"previews/{row.key}/1"))) as preview:
            assert (preview.format, max(preview.size)) == ("WEBP", 256)


async def test_a_series_has_the_preview_of_its_middle_as_thumbnail(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(5))).case.key

    async with house.unit_of_work(people.clinician) as uow:
        stacks = await stacks_of(house, case_key)
        thumbnail = await images.thumbnail(uow, stacks)
        none = await images.thumbnail(uow, [])
    middle = await images.FrameObjects(house).find(FrameLeave(people.clinician, 0, "previews", stacks[0].key), 2)

    assert thumbnail is not None
    assert thumbnail.media_type == "image/webp"
    assert "/2" in thumbnail.url_template
    assert "{index}" not in thumbnail.url_template
    assert none is None
    assert middle is not None
    assert await house.store.exists(middle.name)


async def test_nothing_of_the_images_lies_on_the_disk_in_the_clear(
    house: House, people: People, shared_folder: Path
) -> None:
    pixels = ct_pixels(3)
    await deliver(house, people.clinician, {"waiting": ct_file(1)})
    await take_in(house, people.clinician, {"a": ct_file(2, pixels=pixels), "b.zip": zipped({"c": ct_file(3)})})

    written = files_under(shared_folder)
    assert len(written) > 6
    for path in written:
        content = path.read_bytes()
        assert NAME.encode() not in content
        assert pixels.tobytes()[:64] not in content


async def test_the_same_instances_sent_again_are_stored_once(house: House, people: People) -> None:
    first = await take_in(house, people.clinician, ct_files(4))
    stored = await house.store.list()

    again = await take_in(house, people.colleague, {"again.zip": zipped(ct_files(4))})

    assert (again.accepted, again.duplicates, again.rejections) == (0, 4, {})
    assert again.case.key == first.case.key
    assert await house.store.list() == stored
    assert len(await stacks_of(house, first.case.key)) == 1


async def test_an_instance_twice_in_one_upload_is_stored_once(house: House, people: People) -> None:
    delivery = await take_in(house, people.clinician, {"a": ct_file(1), "b": ct_file(1), "c.zip": zipped(ct_files(2))})

    instances = await instances_of(house, people.clinician)
    assert (delivery.accepted, delivery.duplicates) == (2, 2)
    assert len(instances) == 2
    assert len(await objects_of(house, instances)) == 3 * 2


async def test_folders_within_archives_within_archives_are_opened(house: House, people: People) -> None:
    inner = zipped({"IMG/0003": ct_file(3), "IMG/0004": ct_file(4)})
    archive = zipped({"DICOM/PAT1/ST1/0001": ct_file(1), "DICOM/PAT1/ST1/0002": ct_file(2), "more/inner.zip": inner})

    delivery = await take_in(house, people.clinician, {"disc.zip": archive})

    assert (delivery.accepted, delivery.rejections) == (4, {})
    assert len((await stacks_of(house, delivery.case.key))[0].frame_keys) == 4


async def test_names_of_any_length_and_script_are_taken(house: House, people: People) -> None:
    name = "".join(random.Random(4).choices([chr(code) for code in range(0x4E00, 0x9FA0)], k=1024))

    delivery = await take_in(house, people.clinician, {"a.zip": zipped({name: ct_file(1)})})

    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 1)


async def test_large_members_wait_in_the_data_folder_where_only_its_owner_sees(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MEMBER_MEMORY", 100)
    folders: list[Path] = []

    def mkstemp(dir: Path) -> tuple[int, str]:
        folders.append(dir)
        return MKSTEMP(dir=dir)

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)

    delivery = await take_in(house, people.clinician, {"a.zip": zipped(ct_files(2))})

    assert delivery.accepted == 2
    assert set(folders) == {house.settings.data / "spool"}
    assert stat.S_IMODE(folders[0].stat().st_mode) == 0o700


async def test_a_path_that_an_archive_holds_twice_gives_two_instances(house: House, people: People) -> None:
    first, second = zipped({"a": ct_file(1)}), zipped({"b": ct_file(2)})
    archive = zipped({"same.dcm": ct_file(3), "same.dcX": ct_file(4)}).replace(b"same.dcX", b"same.dcm")

    delivery = await take_in(house, people.clinician, {"twice.zip": archive, "a.zip": first, "A.zip": second})

    instances = await instances_of(house, people.clinician)
    assert (delivery.accepted, delivery.rejections) == (4, {})
    for row, number in zip(instances, (1, 2, 3, 4), strict=True):
        assert await house.store.read(f"instances/{row.key}") == ct_file(number)


async def test_the_directory_of_a_disc_is_passed_over(house: House, people: People) -> None:
    directory = Dataset()
    directory.SOPClassUID, directory.SOPInstanceUID = MediaStorageDirectoryStorage, "2.25.5"
    directory.FileSetID, directory.DirectoryRecordSequence = "DISC", []

    delivery = await take_in(house, people.clinician, {"DICOMDIR": as_file(directory), **ct_files(2)})

    assert (delivery.accepted, delivery.duplicates, delivery.rejections) == (2, 0, {})


async def test_pictures_become_a_case_that_can_be_looked_at(house: House, people: People) -> None:
    delivery = await take_in(house, people.clinician, {"a.png": picture("PNG"), "b.jpg": picture("JPEG", 30, 20)})

    stacks = await stacks_of(house, delivery.case.key)
    assert delivery.accepted == 2
    assert sorted((stack.rows, stack.columns, stack.photometric) for stack in stacks) == [
        (30, 20, "RGB"),
        (40, 50, "RGB"),
    ]
    for stack in stacks:
        frame = await images.FrameObjects(house).find(FrameLeave(people.clinician, 0, "frames", stack.key), 0)
        assert frame is not None
        assert htj2k.decode(await house.store.read(frame.name)).shape == (stack.rows, stack.columns, 3)


async def test_the_same_picture_of_two_people_is_each_ones_own(house: House, people: People) -> None:
    first = await take_in(house, people.patient, {"a.png": picture("PNG")})

    second = await take_in(house, people.other_patient, {"b.png": picture("PNG")})

    assert (second.accepted, second.rejections) == (1, {})
    assert first.case.key != second.case.key


async def test_a_picture_sent_again_leads_to_the_case_that_holds_it(house: House, people: People) -> None:
    first = await take_in(house, people.patient, {"a.png": picture("PNG")})

    again = await take_in(house, people.patient, {"b.png": picture("PNG")})

    assert (again.accepted, again.duplicates) == (0, 1)
    assert again.case.key == first.case.key


async def test_a_duplicate_of_another_study_leads_to_the_case_that_holds_it(house: House, people: People) -> None:
    first = await take_in(house, people.clinician, {"a": ct_file(1)})

    again = await take_in(house, people.clinician, {"b": ct_file(1, StudyInstanceUID="2.25.99")})

    assert (again.accepted, again.duplicates) == (0, 1)
    assert again.case.key == first.case.key


async def test_later_instances_make_a_new_stack_and_leave_the_old_one_as_it_was(house: House, people: People) -> None:
    first = await take_in(house, people.clinician, ct_files(4))
    (old,) = await stacks_of(house, first.case.key)

    second = await take_in(house, people.clinician, ct_files(3, first=5))

    kept, new = await stacks_of(house, first.case.key)
    assert second.case.key == first.case.key
    assert (kept.key, kept.frame_keys, kept.superseded) == (old.key, old.frame_keys, True)
    assert [warning["code"] for warning in kept.warnings] == ["SUPERSEDED"]
    assert "7 frames" in kept.warnings[0]["message"]
    assert (new.superseded, len(new.frame_keys)) == (False, 7)
    assert new.frame_keys[:4] == old.frame_keys


async def test_the_current_stack_is_listed_before_a_superseded_one(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(2))).case.key
    await take_in(house, people.clinician, ct_files(4))
    old, new = await stacks_of(house, case_key)

    async with house.unit_of_work(people.clinician) as uow:
        listed = await images.stacks_of_series(uow, [old.series_key])

    assert [stack.key for stack in listed[old.series_key]] == [new.key, old.key]


@pytest.mark.parametrize("series", SERIES[-8:-2:2], ids=str)
async def test_the_series_of_the_reference_table_get_their_stacks(
    house: House, people: People, series: SyntheticSeries
) -> None:
    files = {str(number): content for number, content in enumerate(series.files())}

    delivery = await take_in(house, people.clinician, files)

    stacks = sorted(await stacks_of(house, delivery.case.key), key=lambda stack: stack.ordinal)
    assert [len(stack.frame_keys) for stack in stacks] == [len(expected.frames) for expected in series.stacks]
    assert [[w["code"] for w in stack.warnings] for stack in stacks] == [list(e.codes) for e in series.stacks]
