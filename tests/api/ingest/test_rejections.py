"""Every reason to refuse an instance, from real bytes; the good ones beside it are kept."""

import hashlib
import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import BasicTextSRStorage

from api import ingest, uploads
from api.errors import RejectionCode
from api.permissions import Actor
from api.storage.filesystem import FilesystemStore
from api.unit_of_work import House
from tests.api.imaging.dicom_writer import as_file, ct_data_set
from tests.deliveries import Delivery, complete, deliver, files_of, outcome, send, take_in, zipped
from tests.disk import alter, files_under
from tests.people import SHARED, People, limited
from tests.synthetic_ct import ct_file, ct_files, ct_pixels

pytestmark = SHARED
GOOD = {"good.dcm": ct_file(1)}


def report() -> bytes:
    """A structured report: DICOM, but no picture."""
    return as_file(ct_data_set(2, (0, 0, 2), SOPClassUID=BasicTextSRStorage, SOPInstanceUID="2.25.77"))


def declared(transfer_syntax: str) -> bytes:
    """Native little-endian pixels that are said to be something else."""
    return ct_file(2).replace(b"1.2.840.10008.1.2.1\0", transfer_syntax.encode() + b"\0")


REFUSED: dict[str, tuple[RejectionCode, Callable[[], bytes]]] = {
    "a text": (RejectionCode.NOT_AN_IMAGE, lambda: b"Dear colleague, please find enclosed"),
    "one byte": (RejectionCode.NOT_AN_IMAGE, lambda: b"x"),
    "pixels cut short": (RejectionCode.CORRUPT, lambda: ct_file(2)[:-50]),
    "header cut short": (RejectionCode.CORRUPT, lambda: ct_file(2)[:400]),
    "picture cut short": (RejectionCode.CORRUPT, lambda: picture()[:-60]),
    "codestream that is none": (RejectionCode.CORRUPT, lambda: declared("1.2.840.10008.1.2.5")),
    "no pixels": (RejectionCode.CORRUPT, lambda: ct_file(2, PixelData=None)),
    "unknown transfer syntax": (RejectionCode.UNSUPPORTED_TRANSFER_SYNTAX, lambda: declared("1.2.840.10008.1.2.9")),
    "structured report": (RejectionCode.UNSUPPORTED_SOP_CLASS, report),
    "zip cut short": (RejectionCode.CORRUPT, lambda: zipped(ct_files(2))[:-30]),
}  # fmt: skip


def picture(rows: int = 40, columns: int = 50) -> bytes:
    target = BytesIO()
    values = np.random.default_rng(rows).integers(0, 255, (rows, columns, 3), np.uint8)
    Image.fromarray(values).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_read_is_refused_with_its_reason_and_the_good_is_kept(
    house: House, people: People, name: str
) -> None:
    code, content = REFUSED[name]

    delivery = await take_in(house, people.clinician, {"bad": content(), **GOOD})

    assert delivery.rejections == {"bad": code.value}
    assert delivery.messages["bad"].endswith((".", "?"))
    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 1)
    assert delivery.case.status == "READY"


async def test_an_upload_of_nothing_but_refused_files_is_complete_and_makes_no_case(
    house: House, people: People
) -> None:
    delivery = await take_in(house, people.clinician, {"bad": b"text"}, analyze=True)

    assert (delivery.upload.status, delivery.upload.progress) == ("COMPLETE", 1.0)
    assert (delivery.accepted, delivery.cases) == (0, [])


@pytest.mark.parametrize(
    ("settings", "files", "path"),
    [
        ({"instance_pixel_bytes": 1000}, {"bad": ct_file(2, pixels=ct_pixels(2, 32, 32))}, "bad"),
        ({"picture_pixels": 1000}, {"bad": picture()}, "bad"),
        ({"upload_file_bytes": 3000}, {"a.zip": zipped({"b/bad": ct_file(2, pixels=ct_pixels(2, 64, 64))})}, "b/bad"),
        ({"archive_files": 2}, {"a.zip": zipped(ct_files(3))}, "a.zip"),
        ({"archive_bytes": 3000}, {"a.zip": zipped(ct_files(3))}, "a.zip"),
    ],
    ids=["pixels of an instance", "picture", "member of an archive", "members of an archive", "bytes of an archive"],
)  # fmt: skip
async def test_what_is_too_large_is_refused(
    house: House, people: People, settings: dict[str, int], files: dict[str, bytes], path: str
) -> None:
    upload_key = await deliver(house, people.clinician, {**files, **GOOD})

    await ingest.run(limited(house, **settings), upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert delivery.rejections == {path: RejectionCode.TOO_LARGE.value}
    assert delivery.accepted == 1


async def announce_with_digest(house: House, actor: Actor, content: bytes, digest: str) -> Delivery:
    async with house.unit_of_work(actor) as uow:
        upload = await uploads.begin(uow, [uploads.NewFile("a", len(content), digest)], None, None, None)
    await send(house, upload.key, {"a": content})
    await complete(house, actor, upload.key)
    await ingest.run(house, upload.key)
    return await outcome(house, actor, upload.key)


async def test_a_file_with_another_checksum_than_announced_is_refused(house: House, people: People) -> None:
    content, other = ct_file(1), hashlib.sha256(b"other").hexdigest()

    delivery = await announce_with_digest(house, people.clinician, content, other)

    assert delivery.rejections == {"a": RejectionCode.CHECKSUM_MISMATCH.value}


async def test_a_file_with_the_announced_checksum_is_taken(house: House, people: People) -> None:
    content = random.Random(2).randbytes(0) + ct_file(1)

    delivery = await announce_with_digest(house, people.clinician, content, hashlib.sha256(content).hexdigest())

    assert (delivery.accepted, delivery.rejections) == (1, {})


async def test_a_path_that_leads_out_of_an_archive_is_refused_and_the_others_are_kept(
    house: House, people: People
) -> None:
    archive = zipped({"../../outside.dcm": ct_file(1), "a/../../b.dcm": ct_file(2), "inside.dcm": ct_file(3)})

    delivery = await take_in(house, people.clinician, {"a.zip": archive})

    assert set(delivery.rejections.values()) == {RejectionCode.UNSAFE_ARCHIVE.value}
    assert (len(delivery.rejections), delivery.accepted) == (2, 1)


async def test_other_pixels_under_a_known_uid_are_refused_in_one_upload(house: House, people: People) -> None:
    files = {"a": ct_file(1), "b": ct_file(1, pixels=ct_pixels(9)), "c": ct_file(2)}

    delivery = await take_in(house, people.clinician, files)

    assert list(delivery.rejections.values()) == [RejectionCode.IDENTITY_CONFLICT.value]
    assert delivery.accepted == 2


async def test_other_pixels_under_a_known_uid_are_refused_in_a_later_upload(house: House, people: People) -> None:
    await take_in(house, people.clinician, {"a": ct_file(1)})

    delivery = await take_in(house, people.colleague, {"b": ct_file(1, pixels=ct_pixels(9)), "c": ct_file(2)})

    assert delivery.rejections == {"b": RejectionCode.IDENTITY_CONFLICT.value}
    assert delivery.accepted == 1


async def test_other_shape_of_the_same_bytes_is_another_picture(house: House, people: People) -> None:
    pixels = ct_pixels(1, 12, 16)

    delivery = await take_in(house, people.clinician, {"a": ct_file(1), "b": ct_file(1, pixels=pixels)})

    assert list(delivery.rejections.values()) == [RejectionCode.IDENTITY_CONFLICT.value]


async def test_images_of_another_patient_do_not_join_a_case(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, {"a": ct_file(1)})).case.key
    other = ct_file(2, series="2.25.8", PatientID="P2", StudyInstanceUID="2.25.9")

    delivery = await take_in(house, people.clinician, {"b": other, "c": ct_file(3)}, case_key=case_key)

    assert delivery.rejections == {"b": RejectionCode.PATIENT_MISMATCH.value}
    assert delivery.accepted == 1
    assert delivery.case.key == case_key


async def test_two_patients_in_one_study_are_told_apart(house: House, people: People) -> None:
    delivery = await take_in(house, people.clinician, {"a": ct_file(1), "b": ct_file(2, PatientID="P2")})

    assert list(delivery.rejections.values()) == [RejectionCode.PATIENT_MISMATCH.value]
    assert delivery.accepted == 1


async def test_what_is_refused_leaves_no_object_behind(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, {"a": ct_file(1)})).case.key
    before = await house.store.list()

    for files in ({"b": ct_file(2, PatientID="P2", StudyInstanceUID="2.25.9")}, {"b": ct_file(2)[:-50]}):
        await take_in(house, people.clinician, files, case_key=case_key)

    assert await house.store.list() == before


async def test_a_damaged_part_refuses_its_file_and_the_others_are_kept(
    house: House, people: People, shared_folder: Path
) -> None:
    assert isinstance(house.store, FilesystemStore)
    files = {"a": ct_file(1), "b.zip": zipped(ct_files(2, first=5)), "c": ct_file(3)}
    upload_key = await deliver(house, people.clinician, files)
    for file in (await files_of(house, upload_key))[:2]:
        (part,) = [path for path in files_under(shared_folder) if str(file.key) in str(path)]
        alter(part)

    await ingest.run(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert set(delivery.rejections) == {"a", "b.zip"}
    assert set(delivery.rejections.values()) == {RejectionCode.CORRUPT.value}
    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 1)
