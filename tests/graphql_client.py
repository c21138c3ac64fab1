"""A client of the public API for tests and benchmarks: as thin as the contract lets it be."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect

Answer = dict[str, Any]

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken errors { code message } } }"
UPLOAD = "id status progress accepted duplicates"
CREATE = (
    "mutation ($input: CreateUploadInput!) { createUpload(input: $input) { upload { id } errors { code message } } }"
)
COMPLETE = """mutation ($input: CompleteUploadInput!) {
  completeUpload(input: $input) { upload { id status } errors { code message } }
}"""
FILES = """query ($id: ID!, $after: String, $pending: Boolean!) {
  node(id: $id) { ... on Upload { files(first: 100, after: $after, pending: $pending) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id index received parts(first: 100, pending: $pending) {
      edges { node { number offset size method url received headers { name value } } }
    } } }
  } } }
}"""
OUTCOME = """query ($id: ID!) {
  node(id: $id) { ... on Upload { id status progress accepted duplicates
    rejections(first: 100) { totalCount edges { node { path code message file { name } } } }
    cases(first: 100) { totalCount edges { node { id title status } } }
  } }
}"""
CASE = """query ($id: ID!) {
  case(id: $id) {
    id title status urgency eventCursor
    studies { id series { id modality stacks { id frameCount rows columns sliceSpacing warnings { code message } } } }
    analyses(first: 20) { totalCount edges { node { id status stage progress failure } } }
    latestAnalysis { id status stage progress failure findings { id probability aboveThreshold diameterMm } }
  }
}"""


class Failed(AssertionError):
    """GraphQL's top-level errors. code: of the first."""

    def __init__(self, errors: Sequence[Answer]) -> None:
        super().__init__(str(errors))
        self.code = errors[0].get("extensions", {}).get("code")


class Refused(AssertionError):
    """A payload's own errors. code: of the first."""

    def __init__(self, errors: Sequence[Answer]) -> None:
        super().__init__(str(errors))
        self.code = errors[0]["code"]


@dataclass
class GraphQLClient:
    """`async with` it; signed out until `sign_in`."""

    url: str
    http: httpx.AsyncClient = field(init=False)
    token: str | None = None

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(timeout=30, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.http.aclose()

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}

    async def sign_in(self, credentials: tuple[str, str]) -> Self:
        given = {"email": credentials[0], "password": credentials[1]}
        self.token = (await self.mutate("signIn", SIGN_IN, given))["accessToken"]
        return self

    async def ask(self, document: str, **variables: Any) -> Answer:
        """The data; raises Failed."""
        response = await self.http.post(
            f"{self.url}/graphql", json={"query": document, "variables": variables}, headers=self.headers
        )
        answer: Answer = response.json()
        if answer.get("errors"):
            raise Failed(answer["errors"])
        data: Answer = answer["data"]
        return data

    async def mutate(self, name: str, document: str, given: Mapping[str, Any]) -> Answer:
        """The payload; raises Failed, Refused."""
        payload: Answer = (await self.ask(document, input=given))[name]
        if payload["errors"]:
            raise Refused(payload["errors"])
        return payload

    # uploads

    async def create_upload(self, files: Mapping[str, bytes], **more: Any) -> str:
        announced = [{"name": name, "size": len(content)} for name, content in files.items()]
        upload: str = (await self.mutate("createUpload", CREATE, {"files": announced, **more}))["upload"]["id"]
        return upload

    async def files(self, upload_id: str, pending: bool = False) -> list[Answer]:
        """Every file with its parts, page after page."""
        found: list[Answer] = []
        after = None
        while True:
            node = (await self.ask(FILES, id=upload_id, after=after, pending=pending))["node"]
            found += [edge["node"] for edge in node["files"]["edges"]]
            after = node["files"]["pageInfo"]["endCursor"]
            if not node["files"]["pageInfo"]["hasNextPage"]:
                return found

    async def put(self, part: Mapping[str, Any], content: bytes) -> None:
        headers = {header["name"]: header["value"] for header in part["headers"]}
        body = content[part["offset"] : part["offset"] + part["size"]]
        (await self.http.request(part["method"], part["url"], content=body, headers=headers)).raise_for_status()

    async def send(self, upload_id: str, files: Mapping[str, bytes], clients: int = 4) -> int:
        """Every pending part, `clients` at once; how many."""
        contents = list(files.values())
        pending = await self.files(upload_id, pending=True)
        parts = [(edge["node"], contents[file["index"]]) for file in pending for edge in file["parts"]["edges"]]

        async def put_some(mine: Sequence[tuple[Answer, bytes]]) -> None:
            for part, content in mine:
                await self.put(part, content)

        await asyncio.gather(*(put_some(parts[start::clients]) for start in range(clients)))
        return len(parts)

    async def complete(self, upload_id: str, analyze: bool = True) -> None:
        await self.mutate("completeUpload", COMPLETE, {"uploadId": upload_id, "analyze": analyze})

    async def upload(self, files: Mapping[str, bytes], analyze: bool = True, **more: Any) -> Answer:
        """Send all, wait for the ingest: the upload's outcome."""
        upload_id = await self.create_upload(files, **more)
        await self.send(upload_id, files)
        await self.complete(upload_id, analyze)
        return await self.ingested(upload_id)

    async def ingested(self, upload_id: str, seconds: float = 60) -> Answer:
        return await self.until(OUTCOME, "node", lambda upload: upload["status"] != "INGESTING", seconds, id=upload_id)

    async def analyzed(self, case_id: str, seconds: float = 60) -> Answer:
        def has_ended(case: Answer) -> bool:
            latest = case["latestAnalysis"]
            # The case was read a moment before its analysis.
            is_over = latest is not None and latest["status"] not in ("QUEUED", "RUNNING")
            return is_over and case["status"] != "ANALYZING"

        return await self.until(CASE, "case", has_ended, seconds, id=case_id)

    async def until(self, document: str, name: str, is_so: Any, seconds: float, **variables: Any) -> Answer:
        """Ask again and again; the first answer that `is_so`."""
        async with asyncio.timeout(seconds):
            while True:
                found: Answer = (await self.ask(document, **variables))[name]
                if is_so(found):
                    return found
                await asyncio.sleep(0.1)

    # subscriptions

    async def follow_sse(self, document: str, **variables: Any) -> AsyncGenerator[Answer, None]:
        """The data of each event; raises Failed where the server ends the stream with an error."""
        body = {"query": document, "variables": variables}
        headers = self.headers | {"accept": "text/event-stream"}
        async with self.http.stream("POST", f"{self.url}/graphql", json=body, headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), response.headers
            kind = ""
            async for line in response.aiter_lines():
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:") and kind == "next":
                    yield _data(json.loads(line[5:]))
                elif kind == "complete":
                    return

    @contextlib.asynccontextmanager
    async def socket(self) -> AsyncGenerator[ClientConnection, None]:
        """graphql-transport-ws, acknowledged."""
        address = self.url.replace("http", "ws", 1) + "/graphql"
        async with connect(address, subprotocols=["graphql-transport-ws"], proxy=None, close_timeout=2) as socket:  # type: ignore[list-item] # a NewType of str
            payload = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket

    async def follow_ws(self, document: str, **variables: Any) -> AsyncGenerator[Answer, None]:
        async with self.socket() as socket:
            await subscribe(socket, document, **variables)
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "next":
                    yield _data(message["payload"])
                elif message["type"] == "error":
                    raise Failed(message["payload"])
                elif message["type"] == "ping":
                    await socket.send(json.dumps({"type": "pong"}))
                else:
                    return


async def subscribe(socket: ClientConnection, document: str, **variables: Any) -> None:
    payload = {"query": document, "variables": variables}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))


def _data(payload: Answer) -> Answer:
    if payload.get("errors"):
        raise Failed(payload["errors"])
    data: Answer = payload["data"]
    return data
