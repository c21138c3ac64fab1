"""Follow an upload's ingest and a case's analysis live until they have ended."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from api.client.connection import Answer, Connection
from api.client.display import Bar
from api.client.documents import ANALYSIS, CASE_EVENTS, UPLOAD, VIEWER_EVENTS
from api.client.errors import Refused

INGESTING: Final = frozenset({"OPEN", "INGESTING"})
ANALYZING: Final = frozenset({"QUEUED", "RUNNING"})
STAGES: Final = {
    "WAITING": "waiting for its turn",
    "PREPARING": "putting the slices together",
    "INFERRING": "looking for nodules",
    "REPORTING": "writing down what was found",
    "DONE": "",
}


@dataclass(frozen=True)
class Followed:
    """What is followed: how to ask for it, how to hear of it, and when it has ended."""

    question: str
    subscription: str
    variables: Mapping[str, Any]
    during: str
    in_answer: Callable[[Answer], tuple[Answer | None, str]]  # state and cursor
    in_event: Callable[[Answer], Answer | None]
    goes_on: frozenset[str]


async def follow_upload(connection: Connection, upload_id: str, bar: Bar) -> Answer:
    """The upload when its ingest has ended: id, status, accepted, duplicates."""
    followed = Followed(
        question=UPLOAD,
        subscription=VIEWER_EVENTS,
        variables={"id": upload_id},
        during="the files were being read",
        in_answer=lambda answer: (answer["node"], answer["viewer"]["eventCursor"]),
        in_event=lambda event: event.get("upload"),
        goes_on=INGESTING,
    )
    upload = await _follow(connection, followed, lambda state: bar.move(state["progress"], "reading and storing"))
    if upload is None:
        raise Refused("The upload is gone; it was aborted, or it expired. Send it again.", "NOT_FOUND")
    return upload


async def follow_analysis(connection: Connection, case_id: str, bar: Bar) -> Answer | None:
    """The case's newest analysis when it has ended: id, status. None where the case has none."""
    followed = Followed(
        question=ANALYSIS,
        subscription=CASE_EVENTS,
        variables={"id": case_id},
        during="the CT was being analyzed",
        in_answer=_case_answer,
        in_event=lambda event: event.get("analysis"),
        goes_on=ANALYZING,
    )
    return await _follow(connection, followed, lambda state: bar.move(state["progress"], words_for(state["stage"])))


def words_for(stage: str) -> str:
    """In the user's words; a stage that came after this client is told as it is."""
    return STAGES.get(stage, stage.capitalize())


async def _follow(connection: Connection, followed: Followed, show: Callable[[Answer], None]) -> Answer | None:
    state, cursor = await _ask(connection, followed)
    if state is None:
        return None
    subject = state["id"]
    events = connection.follow(followed.subscription, _subscribed(followed), cursor, followed.during)
    async with aclosing(events) as news:
        while True:
            if state is not None and state["id"] == subject:
                show(state)
                if state["status"] not in followed.goes_on:
                    return state
            event = await anext(news)
            if event is not None:
                state = followed.in_event(event)
            else:
                state, _ = await _ask(connection, followed)
                if state is None or state["id"] != subject:
                    return state


async def _ask(connection: Connection, followed: Followed) -> tuple[Answer | None, str]:
    return followed.in_answer(await connection.ask(followed.question, followed.variables, followed.during))


def _subscribed(followed: Followed) -> Mapping[str, Any]:
    return followed.variables if "$id" in followed.subscription else {}


def _case_answer(answer: Answer) -> tuple[Answer | None, str]:
    case = answer["case"]
    if case is None:
        raise Refused("The case is gone; somebody deleted it.", "NOT_FOUND")
    return case["latestAnalysis"], case["eventCursor"]
