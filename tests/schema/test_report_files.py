"""Reports as files: made of what is stored, for whoever may have them, and for nobody else."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import numpy as np
import pytest
from highdicom.sr import srread
from pypdf import PdfReader
from sqlalchemy import delete
from sqlmodel import col

from api.errors import Conflict
from api.imaging import htj2k
from api.permissions import Actor, Role, Scope
from api.persistence import tables
from api.persistence.columns import now
from api.reports import NOTICE, Made, Reports
from api.reports.key_images import NOT_THERE, TOO_LARGE
from api.storage.digests import digest_of
from api.storage.leaves import ReportLeave
from tests.api.imaging.dicom_writer import as_file, ct_data_set
from tests.schema.edge import Edge
from tests.schema.keys import application
from tests.schema.rows import MadeCase, Rows

FILES = ["PDF", "DICOM_SR"]


async def find(edge: Edge, actor: Actor, key: UUID, format: str) -> Made | None:
    until = int((now() + timedelta(minutes=1)).timestamp())
    return await Reports(edge.served).find(ReportLeave(actor, until, "Analysis", key, format), None)


async def without_identity(edge: Edge, rows: Rows) -> Actor:
    """An application that may read cases, and not whose they are."""
    key = await application(edge, rows, Scope.CASES_READ)
    scopes = frozenset({Scope.CASES_READ})
    return Actor(key.user_key, key.organization_key, Role.PARTNER, api_key_key=key.key, scopes=scopes)


async def keep_frames(edge: Edge, made: MadeCase) -> None:
    """As ingestion keeps them."""
    codestream = htj2k.encode((np.arange(512 * 512).reshape(512, 512) % 1500).astype(np.uint16))
    async with edge.house.unit_of_work() as uow:
        for key in made.stack.frame_keys:
            row = await uow.session.get_one(tables.Frame, key)
            row.digest = digest_of(codestream)
            await edge.house.store.put(f"frames/{row.instance_key}/{row.frame_number}", codestream)


def read(made: Made | None) -> PdfReader:
    assert made is not None
    assert (made.media_type, made.file_name) == ("application/pdf", "analysis-report.pdf")
    return PdfReader(BytesIO(made.content), strict=True)


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


async def test_a_pdf_shows_the_stored_slice_of_each_marked_finding(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await keep_frames(edge, made)

    reader = read(await find(edge, rows.actor("clinician"), made.analysis.key, "PDF"))

    assert [image.image.size for page in reader.pages for image in page.images if image.image] == [(512, 512)] * 2
    assert f"Doe, Jane{made.patient.name[-1:] if made.patient.name else ''}" in text_of(reader)
    assert text_of(reader).count(NOTICE) >= 2


@pytest.mark.parametrize("damage", ["gone", "altered", "no codestream"])
async def test_a_frame_that_cannot_be_read_is_said_to_be_so(edge: Edge, rows: Rows, damage: str) -> None:
    made = await rows.case()
    if damage != "gone":
        await keep_frames(edge, made)
        async with edge.house.unit_of_work() as uow:
            row = await uow.session.get_one(tables.Frame, made.stack.frame_keys[0])
            row.digest = None if damage == "no codestream" else row.digest
            await edge.house.store.put(f"frames/{row.instance_key}/{row.frame_number}", b"not what was stored")

    reader = read(await find(edge, rows.actor("clinician"), made.analysis.key, "PDF"))

    assert NOT_THERE in text_of(reader)


async def test_a_frame_beyond_the_limit_is_named_and_not_read(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    async with edge.house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Stack, made.stack.key)).rows = 100_000

    reader = read(await find(edge, rows.actor("clinician"), made.analysis.key, "PDF"))

    assert TOO_LARGE in text_of(reader)


@pytest.mark.parametrize("format", FILES)
async def test_files_are_for_whoever_may_have_them_alone(edge: Edge, rows: Rows, format: str) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    await rows.share(made, "colleague")

    given = {
        who: await find(edge, rows.actor(who), made.analysis.key, format) is not None
        for who in ("clinician", "colleague", "patient", "stranger")
    }

    assert given == {"clinician": True, "colleague": True, "patient": False, "stranger": False}


async def test_who_may_not_see_identity_gets_a_pdf_without_any(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    blind = await without_identity(edge, rows)

    whole = text_of(read(await find(edge, rows.actor("clinician"), made.analysis.key, "PDF")))
    bare = text_of(read(await find(edge, blind, made.analysis.key, "PDF")))

    secrets = [made.patient.name.split("^")[0] if made.patient.name else "", str(made.study.accession_number)]
    assert all(secret in whole for secret in secrets)
    assert not [secret for secret in secrets if secret in bare]
    assert "90.0 %" in bare


async def test_a_dicom_sr_is_filed_with_what_the_scanner_wrote(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    source = as_file(ct_data_set(1, PatientName="Doe^Jane", PatientID="4711", StudyID="S-9"))
    async with edge.house.unit_of_work() as uow:
        first = await uow.session.get_one(tables.Frame, made.stack.frame_keys[0])
    await edge.house.store.put(f"instances/{first.instance_key}", source)

    report = await find(edge, rows.actor("clinician"), made.analysis.key, "DICOM_SR")

    assert report is not None
    assert (report.media_type, report.file_name) == ("application/dicom", "analysis-report.dcm")
    document = srread(BytesIO(report.content))
    assert (document.PatientID, document.StudyID) == ("4711", "S-9")
    assert document.StudyInstanceUID == made.study.study_instance_uid
    assert len(document.get_evidence()) == 3


async def test_a_dicom_sr_says_what_rows_know_where_the_source_cannot_be_read(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    report = await find(edge, rows.actor("clinician"), made.analysis.key, "DICOM_SR")

    assert report is not None
    assert srread(BytesIO(report.content)).PatientID == made.patient.patient_id


async def test_who_may_not_see_identity_has_no_dicom_sr(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    assert await find(edge, await without_identity(edge, rows), made.analysis.key, "DICOM_SR") is None


async def test_an_analysis_without_images_has_no_dicom_sr(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    async with edge.house.unit_of_work() as uow:
        row = await uow.session.get_one(tables.Analysis, made.analysis.key)
        row.status, row.stack_key = "UNSUITABLE", None

    found = {
        format: await find(edge, rows.actor("clinician"), made.analysis.key, format) is not None for format in FILES
    }

    assert found == {"PDF": True, "DICOM_SR": False}


async def test_a_review_of_a_case_without_images_is_told_to_take_another_format(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    clinician = rows.actor("clinician")
    review = tables.Review(
        organization_key=clinician.organization_key,
        case_key=made.case.key,
        user_key=clinician.user_key,
        impression="Nothing was sent.",
        urgency="ROUTINE",
        signed_at=now(),
    )
    async with edge.house.unit_of_work() as uow:
        uow.session.add(review)
        row = await uow.session.get_one(tables.Analysis, made.analysis.key)
        row.status, row.stack_key = "UNSUITABLE", None
        await uow.session.execute(delete(tables.CaseStudy).where(col(tables.CaseStudy.case_key) == made.case.key))
    leave = ReportLeave(clinician, int((now() + timedelta(minutes=1)).timestamp()), "Review", review.key, "DICOM_SR")

    with pytest.raises(Conflict, match="Take another format"):
        await Reports(edge.served).find(leave, None)
