"""A small app behind everything that surrounds the real one, on a real socket; and clients that misbehave on it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from api.app import guarded
from api.network.connections import Guard, protocols
from api.network.listener import TlsServer
from api.settings import Settings
from api.unit_of_work import House

LARGE = 64 << 20  # more than any kernel keeps for a connection
WAIT_SECONDS = 10.0
NAME = "Doe^Jane"


@dataclass
class Served:
    port: int
    guard: Guard
    server: uvicorn.Server
    flooded: asyncio.Event  # a stream was left before its end
    clients: "list[Client]" = field(default_factory=list)

    async def connect(self, context: ssl.SSLContext | None = None, small: bool = False) -> "Client":
        """small: with as small a buffer for what comes as the kernel allows."""
        plain = socket.socket()
        if small:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", self.port))
        name = "127.0.0.1" if context else None
        client = Client(*await asyncio.open_connection(sock=plain, ssl=context, server_hostname=name, limit=4096))
        self.clients.append(client)
        return client

    async def close(self) -> None:
        for client in self.clients:
            client.close()
            with contextlib.suppress(OSError):
                await client.writer.wait_closed()


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()

    async def rest(self, seconds: float = WAIT_SECONDS) -> str:
        """Everything until the other end closes; "" where it broke off."""
        try:
            return (await asyncio.wait_for(self.reader.read(-1), seconds)).decode()
        except ConnectionError:
            return ""

    async def head(self) -> str:
        return (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), WAIT_SECONDS)).decode()

    def close(self) -> None:
        self.writer.transport.abort()


def app(flooded: asyncio.Event) -> Starlette:
    async def read(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def stream(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                for _ in range(LARGE >> 16):
                    yield b"x" * (1 << 16)
            finally:
                flooded.set()

        return StreamingResponse(pieces())

    async def whole(request: Request) -> Response:
        return Response(b"x" * LARGE)

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                text = await socket.receive_text()
                await socket.send_text(text)
                while text == "flood":
                    await socket.send_text("x" * (1 << 16))
        finally:
            flooded.set()

    async def break_down(request: Request) -> Response:
        raise RuntimeError(f"{NAME} is in this text")

    routes = [
        Route("/read", read, methods=["GET", "POST"]),
        Route("/graphql", read, methods=["POST"]),
        Route("/stream", stream),
        Route("/whole", whole),
        Route("/broken", break_down),
        WebSocketRoute("/socket", echo),
    ]
    return Starlette(routes=routes)


@asynccontextmanager
async def serve(
    house: House, settings: Settings, context: ssl.SSLContext | None = None, routes: Sequence[BaseRoute] | None = None
) -> AsyncIterator[Served]:
    """routes: instead of the small app's own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    listener.setblocking(False)
    house = replace(house, settings=settings)
    flooded, guard = asyncio.Event(), Guard(settings)
    config = uvicorn.Config(
        guarded(Starlette(routes=routes) if routes else app(flooded), settings, lambda scope: house),
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,
        **protocols(guard),
    )
    server = uvicorn.Server(config) if context is None else TlsServer(config, context, guard)
    task = asyncio.create_task(server._serve([listener]))
    served = Served(listener.getsockname()[1], guard, server, flooded)
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn sets a plain attribute
            await asyncio.sleep(0.005)
        yield served
    finally:
        await served.close()
        server.should_exit = True
        await task
        listener.close()
