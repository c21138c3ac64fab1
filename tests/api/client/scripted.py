"""A server that answers what a test tells it to: for breaks and refusals that a healthy Hilum does not show."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.running import free_port

SIGNED_IN = {"signIn": {"accessToken": "token", "errors": []}}


@dataclass
class ScriptedServer:
    """answers: by operation, given the variables. puts: a status for each PUT, then 200. streams: one a connection."""

    port: int = field(default_factory=free_port)
    answers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    puts: list[int] = field(default_factory=list)
    streams: list[list[Any]] = field(default_factory=list)
    received: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any], str | None]] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)
    sending: int = 0
    most_sending: int = 0

    def __post_init__(self) -> None:
        self.answers |= {"SignIn": lambda _: SIGNED_IN, "SignOut": lambda _: {"signOut": {"ok": True, "errors": []}}}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ScriptedServer"]:
        routes = [
            Route("/graphql", self._graphql, methods=["POST"]),
            Route("/parts/{name}", self._put, methods=["PUT"]),
        ]
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=routes), port=self.port, log_level="error", timeout_graceful_shutdown=1)
        )
        task = asyncio.create_task(server._serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield self
        finally:
            server.should_exit = True
            await task

    async def _graphql(self, request: Request) -> Response:
        body = await request.json()
        operation = body["query"].split("(")[0].split("{")[0].split()[1]
        self.asked.append((operation, body["variables"], request.headers.get("authorization")))
        if "text/event-stream" in request.headers["accept"]:
            return StreamingResponse(self._stream(self.streams.pop(0)), media_type="text/event-stream")
        answer = self.answers[operation](body["variables"])
        return answer if isinstance(answer, Response) else JSONResponse({"data": answer})

    async def _stream(self, events: list[Any]) -> AsyncIterator[str]:
        """A None is a comment; the end of the list is the end of the connection."""
        for event in events:
            yield ":\n\n" if event is None else f"event: next\ndata: {json.dumps({'data': {'events': event}})}\n\n"

    async def _put(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.tries[name] = self.tries.get(name, 0) + 1
        self.sending += 1
        self.most_sending = max(self.most_sending, self.sending)
        body = await request.body()
        await asyncio.sleep(0.01)
        self.sending -= 1
        status = self.puts.pop(0) if self.puts else 200
        if status == 200:
            self.received[name] = body
            return Response()
        return JSONResponse({"code": "UNAVAILABLE" if status >= 500 else "EXPIRED", "message": "Not now."}, status)


def refusal(code: str, message: str = "No.") -> JSONResponse:
    return JSONResponse({"data": None, "errors": [{"message": message, "extensions": {"code": code}}]})
