"""A Hilum as a newcomer's machine runs it, to be measured: embedded PostgreSQL, one worker, one clinician."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from api.persistence.embedded_server import EmbeddedServer, database_folder
from api.persistence.migration import migrate
from api.settings import Settings
from tests.benchmarks.requests import Client, four_at_once
from tests.graphql_client import COMPLETE, CREATE, SIGN_IN
from tests.running import RunningServer, forget_database, make_accounts

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 300
PAGE = """query ($id: ID!, $after: String) { node(id: $id) { ... on Upload { files(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  edges { node { index parts(first: 1) { edges { node { url headers { name value } } } } } }
} } } }"""
STATE = """query ($id: ID!) { node(id: $id) { ... on Upload { status accepted rejections { totalCount }
  cases(first: 2) { edges { node { id latestAnalysis {
    id status stage failure queuedAt startedAt finishedAt findings { id }
    timing { reading preparing asking interpreting compute }
  } } } } } } }"""


@dataclass
class Hilum:
    running: RunningServer
    client: Client
    token: str = ""
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.running.url

    def sign_in(self) -> None:
        email, password = self.running.credentials["clinician"]
        given = {"email": email, "password": password}
        self.token = self.client.ask(None, SIGN_IN, input=given)["signIn"]["accessToken"]

    def receive(self, files: Sequence[bytes], analyze: bool = False) -> tuple[float, str]:
        """Seconds from createUpload to completeUpload acknowledged, and the upload; four clients send the parts."""
        began = time.perf_counter()
        announced = [{"name": f"{i:04d}.dcm", "size": len(file)} for i, file in enumerate(files)]
        upload: str = self._mutate("createUpload", CREATE, {"files": announced})["id"]
        created = time.perf_counter()
        parts = self._parts(upload, files)
        asked = time.perf_counter()
        four_at_once(self.url, _put, parts)
        sent = time.perf_counter()
        self._mutate("completeUpload", COMPLETE, {"uploadId": upload, "analyze": analyze})
        ended = time.perf_counter()
        self.steps = {
            "create": created - began, "addresses": asked - created, "parts": sent - asked, "complete": ended - sent,
        }  # fmt: skip
        return ended - began, upload

    def ingested(self, upload: str) -> Mapping[str, Any]:
        """The upload when its ingest has ended."""
        return self._until(upload, lambda node: node["status"] != "INGESTING")

    def analyzed(self, upload: str) -> Mapping[str, Any]:
        """The newest analysis of the upload's case when it has ended."""

        def latest(node: Mapping[str, Any]) -> Any:
            edges = node["cases"]["edges"]
            return edges[0]["node"]["latestAnalysis"] if edges else None

        node = self._until(
            upload, lambda node: (found := latest(node)) is not None and found["status"] not in ("QUEUED", "RUNNING")
        )
        found: Mapping[str, Any] = latest(node)
        return found

    def _parts(self, upload: str, files: Sequence[bytes]) -> list[tuple[str, dict[str, str], bytes]]:
        parts = []
        after = None
        while True:
            page = self.client.ask(self.token, PAGE, id=upload, after=after)["node"]["files"]
            for edge in page["edges"]:
                (part,) = edge["node"]["parts"]["edges"]
                headers = {header["name"]: header["value"] for header in part["node"]["headers"]}
                # The server may be known under another origin than the one measured here.
                path = urlsplit(part["node"]["url"])._replace(scheme="", netloc="").geturl()
                parts.append((path, headers, files[edge["node"]["index"]]))
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return parts

    def _mutate(self, name: str, document: str, given: Mapping[str, Any]) -> Any:
        payload = self.client.ask(self.token, document, input=given)[name]
        if payload["errors"]:
            raise RuntimeError(str(payload["errors"]))
        return payload["upload"]

    def _until(self, upload: str, is_so: Any) -> Mapping[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            node: Mapping[str, Any] = self.client.ask(self.token, STATE, id=upload)["node"]
            if is_so(node):
                return node
            time.sleep(POLL_SECONDS)
        raise RuntimeError("it took too long")


@contextmanager
def running_hilum(settings: Mapping[str, str] | None = None) -> Iterator[Hilum]:
    """settings: HILUM_… or any other variable of its environment."""
    with tempfile.TemporaryDirectory(prefix="hilum-benchmark-") as name:
        own = Settings(data_dir=Path(name) / "data")
        own.data.mkdir()
        embedded = EmbeddedServer(own.data)
        migrate(embedded.url)
        credentials = asyncio.run(make_accounts(own, embedded.url))
        embedded.stop()
        running = RunningServer(own.data, credentials, settings=dict(settings or {}))
        running.start()
        hilum = Hilum(running, Client(running.url))
        try:
            _wait_for_worker(own)
            hilum.sign_in()
            yield hilum
        finally:
            hilum.client.close()
            running.stop()
            forget_database(own.data)


def _wait_for_worker(settings: Settings) -> None:
    """It starts beside the API, and takes longer."""
    address = f"postgresql://postgres@/postgres?host={database_folder(settings.data)}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(address, autocommit=True) as rows:
        while rows.execute("select count(*) from procrastinate_workers").fetchone() == (0,):
            if time.monotonic() > deadline:
                raise RuntimeError("no worker came")
            time.sleep(POLL_SECONDS)


def _put(client: Client, part: tuple[str, dict[str, str], bytes]) -> None:
    path, headers, content = part
    client.request("PUT", path, content, headers)
