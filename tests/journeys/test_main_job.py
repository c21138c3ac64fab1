"""The main job over real HTTP, WebSocket and SSE: `hilum serve` with its workers, and the public API alone."""

import time
from io import BytesIO

import httpx
import numpy as np
import psycopg
import pytest
from PIL import Image

from tests.graphql_client import CASE, GraphQLClient
from tests.journeys.arrivals import Arrivals
from tests.journeys.chest import CASE_EVENTS, Chest, analysis, is_analyzing, is_ingesting
from tests.journeys.deliveries import FORMS, PICTURES, delivery, picture
from tests.journeys.deliveries import SLICES as DELIVERED
from tests.phantoms import SLICES
from tests.running import RunningServer
from tests.waiting import busyness, until

START = "mutation ($input: StartAnalysisInput!) { startAnalysis(input: $input) { analysis { id } errors { code } } }"
CANCEL = """mutation ($input: CancelAnalysisInput!) {
  cancelAnalysis(input: $input) { analysis { id status stage } errors { code } }
}"""
ANALYSIS = "query ($id: ID!) { node(id: $id) { ... on Analysis { status stage progress failure } } }"

OVERLAYS = """query ($id: ID!) { case(id: $id) { latestAnalysis {
  findings { aboveThreshold anchor { frameIndex } }
  overlays { kind title rows columns stack { frameCount } frames { urlTemplate mediaType expiresAt } } } } }"""
PAUSE_SECONDS = 0.75  # progress is due every 500 ms
CANCEL_SECONDS = 1.0


def test_a_chest_ct_goes_in_and_findings_come_out(chest: Chest) -> None:
    assert (chest.upload["accepted"], chest.upload["rejections"]["totalCount"]) == (SLICES, 0)
    assert chest.case["status"] == "READY"
    assert chest.case["latestAnalysis"]["status"] == "SUCCEEDED"
    assert any(finding["aboveThreshold"] for finding in chest.case["latestAnalysis"]["findings"])


async def test_what_the_model_went_by_is_drawn_over_the_stack_it_read(chest: Chest, client: GraphQLClient) -> None:
    analysis = (await client.ask(OVERLAYS, id=chest.case["id"]))["case"]["latestAnalysis"]
    (overlay,) = analysis["overlays"]
    (marked, *_) = (finding for finding in analysis["findings"] if finding["aboveThreshold"])

    def address(index: int) -> str:
        return str(overlay["frames"]["urlTemplate"]).replace("{index}", str(index))

    async with httpx.AsyncClient() as http:
        shown = await http.get(address(marked["anchor"]["frameIndex"]))
        blank = await http.get(address(0))
        beyond = await http.get(address(overlay["stack"]["frameCount"]))

    assert overlay["kind"] == "ATTENTION"
    assert shown.headers["content-type"] == blank.headers["content-type"] == overlay["frames"]["mediaType"]
    pictures = [Image.open(BytesIO(answer.content)) for answer in (shown, blank)]
    assert {picture.size for picture in pictures} == {(overlay["columns"], overlay["rows"])}
    assert [bool(np.asarray(picture).any()) for picture in pictures] == [True, False]
    assert beyond.status_code == 404


def test_events_are_missed_by_nobody_who_loses_the_connection(chest: Chest) -> None:
    for arrivals in (chest.viewer_events, chest.case_events):
        cursors = [event["cursor"] for event in arrivals.events]

        assert arrivals.connections > 2
        assert len(set(cursors)) == len(cursors)


async def test_a_replay_gives_the_same_events_in_the_same_order(chest: Chest, client: GraphQLClient) -> None:
    first = chest.case_events.events[0]["cursor"]
    again = Arrivals(
        lambda after: client.follow_ws(CASE_EVENTS, id=chest.case["id"], after=after), "caseEvents", every=1000
    )

    await again.read(first, lambda event: event["cursor"] == chest.case_events.events[-1]["cursor"])

    assert [event["cursor"] for event in again.events] == [event["cursor"] for event in chest.case_events.events[1:]]


def test_the_events_end_where_the_cursors_of_an_answer_stand(chest: Chest) -> None:
    assert chest.case_events.events[-1]["cursor"] == chest.cursors["case"]["eventCursor"]


def test_progress_of_an_analysis_arrives_twice_a_second(chest: Chest) -> None:
    pauses = chest.case_events.pauses(is_analyzing)
    stages = [found["stage"] for event in chest.case_events.events if (found := analysis(event))]

    print(f"\nanalysis: {len(pauses)} pauses, longest {max(pauses):.2f} s, busy {busyness():.1f}")
    assert [stage for stage in ("PREPARING", "INFERRING", "DONE") if stage not in stages] == []
    assert max(pauses) <= PAUSE_SECONDS * busyness()


def test_progress_of_an_ingest_arrives_twice_a_second(chest: Chest) -> None:
    pauses = chest.viewer_events.pauses(is_ingesting)

    print(f"\ningest: {len(pauses)} pauses, longest {max(pauses):.2f} s, busy {busyness():.1f}")
    assert max(pauses) <= PAUSE_SECONDS * busyness()


@pytest.mark.parametrize("form", FORMS)
async def test_a_series_comes_in_as(client: GraphQLClient, form: str) -> None:
    upload = await client.upload(delivery(form, seed=20 + FORMS.index(form)), analyze=False)

    refused = [edge["node"]["path"] for edge in upload["rejections"]["edges"]]
    assert (upload["accepted"], upload["cases"]["totalCount"]) == (DELIVERED, 1)
    assert refused == (["CD/README.TXT"] if "archive" in form else [])


@pytest.mark.parametrize("form", PICTURES)
async def test_a_picture_comes_in_as(client: GraphQLClient, form: str) -> None:
    upload = await client.upload({PICTURES[form]: picture(form)}, analyze=False)

    case = (await client.ask(CASE, id=upload["cases"]["edges"][0]["node"]["id"]))["case"]
    (stack,) = case["studies"][0]["series"][0]["stacks"]
    assert upload["accepted"] == 1
    assert (stack["frameCount"], stack["rows"], stack["columns"], stack["sliceSpacing"]) == (1, 200, 300, None)


async def test_a_cancelled_analysis_lets_go_within_a_second_and_another_one_runs(
    chest: Chest, client: GraphQLClient, server: RunningServer
) -> None:
    begun = (await client.mutate("startAnalysis", START, {"caseId": chest.case["id"]}))["analysis"]["id"]
    await client.until(ANALYSIS, "node", lambda found: found["status"] == "RUNNING", 30, id=begun)

    moment = time.monotonic()
    cancelled = (await client.mutate("cancelAnalysis", CANCEL, {"analysisId": begun}))["analysis"]
    await until_idle(server)
    took = time.monotonic() - moment

    print(f"\ncancelled: the worker was idle after {took:.2f} s, busy {busyness():.1f}")
    assert (cancelled["status"], cancelled["stage"]) == ("CANCELLED", "DONE")
    assert took <= CANCEL_SECONDS * busyness()
    await client.mutate("startAnalysis", START, {"caseId": chest.case["id"]})
    case = await client.analyzed(chest.case["id"])
    assert case["latestAnalysis"]["status"] == "SUCCEEDED"
    assert [edge["node"]["status"] for edge in case["analyses"]["edges"]] == ["SUCCEEDED", "CANCELLED", "SUCCEEDED"]


async def until_idle(server: RunningServer) -> None:
    assert server.database_url is not None
    with psycopg.connect(server.database_url, autocommit=True) as rows:
        doing = "select count(*) from procrastinate_jobs where status = 'doing'"
        await until(lambda: rows.execute(doing).fetchone() == (0,), 10)
