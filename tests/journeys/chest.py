"""A phantom that goes through the main job, once for all journeys, with everything that was heard on the way."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from tests.graphql_client import Answer, GraphQLClient
from tests.journeys.arrivals import Arrivals
from tests.phantoms import small_phantom
from tests.running import RunningServer

CASE_EVENTS = """subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) {
  __typename cursor at case { id status } ... on AnalysisProgressed { analysis { id status stage progress } }
} }"""
VIEWER_EVENTS = """subscription ($after: String) { viewerEvents(after: $after) {
  __typename cursor at
  ... on UploadProgressed { upload { id status progress accepted } } ... on WorklistChanged { case { id status } }
} }"""
CURSORS = "query ($id: ID!) { viewer { eventCursor } case(id: $id) { eventCursor } }"


@dataclass
class Chest:
    """The phantom that went through the main job, with everything that was heard on the way."""

    files: Mapping[str, bytes]
    upload: Answer
    case: Answer
    viewer_events: Arrivals
    case_events: Arrivals
    cursors: Answer

    @property
    def stack_id(self) -> str:
        stack_id: str = self.case["studies"][0]["series"][0]["stacks"][0]["id"]
        return stack_id


async def signed_in(server: RunningServer, name: str) -> GraphQLClient:
    return await GraphQLClient(server.url).sign_in(server.credentials[name])


async def run_main_job(server: RunningServer) -> Chest:
    """Follow one's own news over SSE and the case's over WebSocket, each cut off after every third event."""
    files = small_phantom(seed=11)
    async with await signed_in(server, "clinician") as client:
        start = (await client.ask("{ viewer { eventCursor } }"))["viewer"]["eventCursor"]
        news = Arrivals(lambda after: client.follow_sse(VIEWER_EVENTS, after=after), "viewerEvents")
        reading = asyncio.create_task(news.read(start, lambda event: case_status(event) == "READY"))
        upload = await client.upload(files)
        case_id = upload["cases"]["edges"][0]["node"]["id"]
        of_case = Arrivals(lambda after: client.follow_ws(CASE_EVENTS, id=case_id, after=after), "caseEvents")
        before = (await client.ask(CURSORS, id=case_id))["case"]["eventCursor"]
        await of_case.read(before, lambda event: event["case"]["status"] == "READY" and analysis(event) is None)
        await reading
        case = await client.analyzed(case_id)
        return Chest(files, upload, case, news, of_case, await client.ask(CURSORS, id=case_id))


def case_status(event: Answer) -> str | None:
    return event["case"]["status"] if event["__typename"] == "WorklistChanged" else None


def analysis(event: Answer) -> Answer | None:
    found: Answer | None = event.get("analysis")
    return found


def is_analyzing(event: Answer) -> bool:
    found = analysis(event)
    return found is not None and found["stage"] != "WAITING"


def is_ingesting(event: Answer) -> bool:
    has_begun: bool = event["__typename"] == "UploadProgressed" and event["upload"]["progress"] > 0
    return has_begun
