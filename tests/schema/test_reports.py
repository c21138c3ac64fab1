"""Reports as a client asks for them."""

import json
from datetime import timedelta

from fhir.resources.R4B.bundle import Bundle

from api.persistence.columns import now
from api.reports import NOTICE, Reports
from api.storage.leaves import ReportLeave
from schema.node_ids import node_id
from tests.schema.edge import Edge
from tests.schema.rows import Rows

REPORTS = "query ($id: ID!) { node(id: $id) { ... on Analysis { reports { format ready download { url } } } } }"


async def test_an_analysis_offers_its_fhir_report_at_an_address_that_names_nobody(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    node = (await edge.data(REPORTS, {"id": node_id("Analysis", made.analysis.key)}, who="clinician"))["node"]

    ready = {report["format"]: report for report in node["reports"]}
    assert [name for name, report in ready.items() if report["ready"]] == ["FHIR"]
    assert str(made.analysis.key) not in ready["FHIR"]["download"]["url"]


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
