"""Reports as a client asks for them: valid, whole, and nothing in them that their reader may not see."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle
from sqlalchemy import delete
from sqlmodel import col

from api.permissions import Actor, Role, Scope
from api.persistence import tables
from api.persistence.columns import now
from api.reports import NOTICE, Reports
from api.routes import reports
from api.routes.admission import LiveAdmission
from api.storage.leaves import ReportLeave
from schema.endpoint import graphql_routes
from schema.node_ids import find_key, node_id
from tests.audit import acts_of
from tests.schema.edge import Edge, Json, serve_edge
from tests.schema.keys import application
from tests.schema.reading import RELEASE, WITHDRAW, sign
from tests.schema.rows import MadeCase, Rows

OFFERED = ["PDF", "DICOM_SR", "FHIR"]
SIGN_OUT = "mutation { signOut { errors { code } } }"
OF_REVIEW = "query ($id: ID!) { node(id: $id) { ... on Review { reports { format ready download { url } } } } }"
REPORTS = "query ($id: ID!) { node(id: $id) { ... on Analysis { reports { format ready download { url } } } } }"


async def test_an_analysis_offers_its_reports_at_addresses_that_name_nobody(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    node = (await edge.data(REPORTS, {"id": node_id("Analysis", made.analysis.key)}, who="clinician"))["node"]

    ready = {report["format"]: report for report in node["reports"]}
    assert [name for name, report in ready.items() if report["ready"]] == OFFERED
    assert not [report for report in ready.values() if str(made.analysis.key) in report["download"]["url"]]


async def test_a_fhir_report_is_valid_says_what_it_is_and_refers_to_what_it_holds(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    until = int((now() + timedelta(minutes=1)).timestamp())

    report = await Reports(edge.house).find(
        ReportLeave(rows.actor("clinician"), until, "Analysis", made.analysis.key, "FHIR"), None
    )
    refused = await Reports(edge.house).find(
        ReportLeave(rows.actor("stranger"), until, "Analysis", made.analysis.key, "FHIR"), None
    )

    assert report is not None
    assert refused is None
    bundle = Bundle.model_validate_json(report.content)
    urls = {entry["fullUrl"] for entry in json.loads(report.content)["entry"]}
    text = report.content.decode()
    assert len(bundle.entry or []) == len(urls) == 6
    assert NOTICE in text
    assert {piece.split('"')[0] for piece in text.split('"reference":"')[1:]} <= urls


@pytest.fixture
async def site(edge: Edge) -> AsyncIterator[Edge]:
    """With the route that makes reports."""
    house = edge.served
    admission = LiveAdmission(house)
    made = reports.routes(house.addresses, admission, Reports(house).find)
    async with serve_edge(edge.house, edge.people, [*graphql_routes(house), *made], served=house) as site:
        yield site
    admission.close()


async def find(edge: Edge, actor: Actor, key: UUID, noun: str = "Analysis") -> Json | None:
    """The bundle, checked; None where the actor may not have it."""
    until = int((now() + timedelta(minutes=1)).timestamp())
    made = await Reports(edge.served).find(ReportLeave(actor, until, noun, key, "FHIR"), None)
    if made is None:
        return None
    bundle: Json = json.loads(made.content)
    Bundle.model_validate(bundle)
    assert NOTICE in made.content.decode()
    return bundle


def resources(bundle: Json | None, kind: str) -> list[Json]:
    assert bundle is not None
    return [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == kind]


async def change(edge: Edge, table: Any, key: UUID, **values: Any) -> None:
    async with edge.house.unit_of_work() as uow:
        row = await uow.session.get_one(table, key)
        for name, value in values.items():
            setattr(row, name, value)


async def test_a_report_is_fetched_recorded_and_gone_with_the_session(site: Edge, rows: Rows) -> None:
    made = await rows.case()
    node = (await site.data(REPORTS, {"id": node_id("Analysis", made.analysis.key)}, "clinician"))["node"]
    urls = {report["format"]: report["download"]["url"] for report in node["reports"]}
    path = urlsplit(urls["FHIR"]).path

    answer = await site.http.get(path)
    acts = await acts_of(site.house, made.case.organization_key, site.people["clinician"])
    await site.data(SIGN_OUT, who="clinician")
    later = await site.http.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+json")
    assert answer.headers["cache-control"] == "private, no-store"
    assert ("case:download", made.case.key, "ok") in acts
    assert later.status_code == 403


async def test_findings_carry_what_was_measured_and_what_rules_say_of_it(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await change(edge, tables.Finding, made.findings[0].key, diameter_mm=9.0)

    bundle = await find(edge, rows.actor("clinician"), made.analysis.key)

    (found,) = [one for one in resources(bundle, "Observation") if one["id"] == str(made.findings[0].key)]
    told = {
        part["code"].get("text") or part["code"]["coding"][0]["code"]: part.get("valueString")
        or part.get("valueQuantity")
        for part in found["component"]
    }
    assert told["Lung-RADS v2022"].startswith("4A, if solid")
    assert told["Fleischner Society 2017"].startswith("over 8 mm, if solid")
    assert {"value": 9.0, "unit": "mm"}.items() <= next(
        value for value in told.values() if isinstance(value, dict) and value.get("unit") == "mm"
    ).items()


async def test_a_review_is_reported_with_its_releases_as_they_stand(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    review = (await sign(edge, made, recommendation="CT in 6 months", urgency="PRIORITY"))["review"]["id"]
    await edge.data(RELEASE, {"id": review, "summary": "All is well."}, "clinician")
    await edge.data(WITHDRAW, {"id": review}, "clinician")
    key = find_key(review, "Review")
    assert key is not None

    node = (await edge.data(OF_REVIEW, {"id": review}, "clinician"))["node"]
    bundle = await find(edge, rows.actor("clinician"), key, "Review")

    assert [report["format"] for report in node["reports"] if report["download"]] == OFFERED
    conclusion = "\n".join(one["conclusion"] for one in resources(bundle, "DiagnosticReport"))
    for said in ("A nodule of 8 mm.", "CT in 6 months", "PRIORITY", "All is well.", "Release withdrawn"):
        assert said in conclusion
    assert await find(edge, rows.actor("stranger"), key, "Review") is None


async def test_who_may_not_see_identity_gets_a_report_without_any(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await change(edge, tables.Patient, made.patient.key, name="Doe^Jane", patient_id="MRN-4711")
    key = await application(edge, rows, Scope.CASES_READ)
    scopes = frozenset({Scope.CASES_READ})
    blind = Actor(key.user_key, key.organization_key, Role.PARTNER, api_key_key=key.key, scopes=scopes)

    whole = await find(edge, rows.actor("clinician"), made.analysis.key)
    bare = await find(edge, blind, made.analysis.key)

    secrets = ("Doe", "MRN-4711", made.study.study_instance_uid, made.series.series_instance_uid)
    assert all(secret in json.dumps(whole) for secret in secrets)
    assert not [secret for secret in secrets if secret in json.dumps(bare)]
    assert resources(bare, "Patient") == []
    assert len(resources(bare, "Observation")) == 2


async def test_a_patient_has_no_report_of_what_was_not_released(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")

    assert await find(edge, rows.actor("patient"), made.analysis.key) is None


@pytest.mark.parametrize("status", ["QUEUED", "RUNNING"])
async def test_an_analysis_that_goes_on_has_none_yet(edge: Edge, rows: Rows, status: str) -> None:
    made = await rows.case()
    await change(edge, tables.Analysis, made.analysis.key, status=status)

    node = (await edge.data(REPORTS, {"id": node_id("Analysis", made.analysis.key)}, "clinician"))["node"]

    assert node["reports"] == [{"format": name, "ready": False, "download": None} for name in OFFERED]
    assert await find(edge, rows.actor("clinician"), made.analysis.key) is None


@pytest.mark.parametrize("status", ["FAILED", "UNSUITABLE", "CANCELLED"])
async def test_an_analysis_that_came_to_nothing_says_why(edge: Edge, rows: Rows, status: str) -> None:
    made = await rows.case()
    await clear_findings(edge, made)
    await change(
        edge, tables.Analysis, made.analysis.key, status=status, failure="No lungs.", stack_key=None, scores=[]
    )

    bundle = await find(edge, rows.actor("clinician"), made.analysis.key)

    (report,) = resources(bundle, "DiagnosticReport")
    assert "No lungs." in report["conclusion"]
    assert "No findings." not in report["conclusion"]


async def test_none_and_four_hundred_findings_without_any_measure_are_reported(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await change(edge, tables.Patient, made.patient.key, name=None, patient_id=None, birth_date=None, sex=None)
    await change(edge, tables.Stack, made.stack.key, row_spacing=None, column_spacing=None, slice_spacing=None)
    await clear_findings(edge, made)
    none = await find(edge, rows.actor("clinician"), made.analysis.key)
    async with edge.house.unit_of_work() as uow:
        uow.session.add_all(bare_finding(made, number) for number in range(400))

    many = await find(edge, rows.actor("clinician"), made.analysis.key)

    assert "No findings." in resources(none, "DiagnosticReport")[0]["conclusion"]
    assert len(resources(many, "Observation")) == 400


async def clear_findings(edge: Edge, made: MadeCase) -> None:
    async with edge.house.unit_of_work() as uow:
        await uow.session.execute(delete(tables.Finding).where(col(tables.Finding.analysis_key) == made.analysis.key))


def bare_finding(made: MadeCase, number: int) -> tables.Finding:
    return tables.Finding(
        analysis_key=made.analysis.key,
        stack_key=made.stack.key,
        ordinal=number,
        label="nodule",
        probability=0.5,
        above_threshold=False,
        frame_index=number % 3,
    )
