"""What row security adds to what people ask most: a case, a worklist of 50, the frame table of a stack.

The same API in one process on the same database, by turns: as the API's role with its actor introduced, and as a
worker's role, whose policies show everything, with the application's own filters alone.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import async_sessionmaker

from api.backends import open_backends
from api.persistence.embedded_server import EmbeddedServer
from api.persistence.logins import Login
from api.persistence.migration import migrate
from api.settings import Settings
from api.unit_of_work import House
from schema.node_ids import node_id
from tests.benchmarks.large_hospital import fill
from tests.running import forget_database
from tests.schema.edge import Edge, serve_edge

WARM = 20
MOST_MS = {"case": 3.0, "worklist": 3.0, "frame table": 10.0}
CASE = """query ($id: ID!) { case(id: $id) { title status urgency patient { name } viewerCan
  studies { description series { description modality stacks { id frameCount warnings { code } } } }
  latestAnalysis { status findings { label probability diameterMm } }
  participants { access user { displayName } } } }"""
WORKLIST = """{ cases(first: 50) { totalCount edges { node { id title status urgency createdAt
  studies { modalities } latestAnalysis { status findings { diameterMm } } } } } }"""
FRAMES = """query ($id: ID!) { node(id: $id) { ... on Stack {
  frameTable { index sopInstanceUid frameNumber position { x y z } } } } }"""
MEASURED = (
    "POST /graphql on one connection, in one process, with row security and without it by turns; 5,000 cases in each "
    "of two hospitals; the guest is of the other one and takes part in 500 of its cases besides; what the quickest "
    "tenth takes at most, since other work on the machine slows both"
)


@dataclass(frozen=True)
class Question:
    name: str
    who: str
    query: str
    variables: dict[str, Any]


def row_security(rounds: int) -> Iterator[dict[str, Any]]:
    gc.collect()
    gc.freeze()
    with tempfile.TemporaryDirectory(prefix="hilum-benchmark-") as name:
        settings = Settings(data_dir=Path(name) / "data", person_cost_restore=1e6)
        settings.data.mkdir()
        server = EmbeddedServer(settings.data)
        try:
            migrate(server.url)
            lines = asyncio.run(_measure(settings, server.url, rounds))
        finally:
            server.stop()
            forget_database(settings.data)
    yield from lines


async def _measure(settings: Settings, url: str, rounds: int) -> Sequence[dict[str, Any]]:
    async with open_backends(settings, url) as backends:
        keys = await fill(backends.house)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")  # as autovacuum would have done on the way
    people = {name: keys[name] for name in ("clinician", "guest", "patient")}
    case, stack = {"id": node_id("Case", keys["case"])}, {"id": node_id("Stack", keys["stack"])}
    questions = [
        Question(name, who, query, variables)
        for name, query, variables in (("case", CASE, case), ("worklist", WORKLIST, {}), ("frame table", FRAMES, stack))
        for who in people
    ]
    async with _edge(settings, url, people, Login.API) as secured, _edge(settings, url, people, Login.WORKER) as open_:
        return [await _compare(question, secured, open_, rounds) for question in questions]


@asynccontextmanager
async def _edge(settings: Settings, url: str, people: dict[str, UUID], login: Login) -> AsyncIterator[Edge]:
    async with AsyncExitStack() as stack:
        house = (await stack.enter_async_context(open_backends(settings, url, login=login))).house
        if login is Login.WORKER:
            house = _without_actors(house)
        yield await stack.enter_async_context(serve_edge(house, people))


def _without_actors(house: House) -> House:
    """Its sessions introduce nobody to PostgreSQL."""
    return replace(house, sessions=async_sessionmaker(house.sessions.kw["bind"], expire_on_commit=False))


async def _compare(question: Question, secured: Edge, open_: Edge, rounds: int) -> dict[str, Any]:
    answers = [await edge.data(question.query, question.variables, question.who) for edge in (secured, open_)]
    assert answers[0] == answers[1], "row security must not change what one may see"
    times: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(WARM + rounds):
        turns = (("with", secured), ("without", open_))
        for name, edge in turns if number % 2 else turns[::-1]:
            began = time.perf_counter()
            await edge.data(question.query, question.variables, question.who)
            if number >= WARM:
                times[name].append((time.perf_counter() - began) * 1000)
    quick = {name: quantiles(took, n=10)[0] for name, took in times.items()}
    most = MOST_MS[question.name]
    return {
        "benchmark": "row_security",
        "question": question.name,
        "who": question.who,
        "n": rounds,
        "with_ms": round(quick["with"], 2),
        "without_ms": round(quick["without"], 2),
        "added_ms": round(quick["with"] - quick["without"], 2),
        "added_median_ms": round(median(times["with"]) - median(times["without"]), 2),
        "target": f"added < {most} ms",
        "met": quick["with"] - quick["without"] < most,
        "measured": MEASURED,
    }
