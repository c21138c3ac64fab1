"""A port that speaks HTTPS, and tells whoever comes by plain HTTP where to go.

The first byte decides, read without taking it: a TLS record begins with 22 (RFC 8446 §5.1), a method with a letter.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import uvicorn

from api.budgets.allowances import network_of
from api.network.connections import GUARDS, Guard

TLS_HANDSHAKE: Final = 22
LINE_BYTES: Final = 4096
REQUEST_LINE: Final = re.compile(rb"(GET|HEAD) (/[!-~]*) HTTP/1\.[01]\r?\n")
PAUSE_SECONDS: Final = 0.1  # when there are no file descriptors left
BACKLOG: Final = 512

MakeProtocol = Callable[[], asyncio.Protocol]


class TlsListener:
    """What uvicorn takes for one of its servers: it is closed, and waited for."""

    def __init__(
        self, sockets: list[socket.socket], context: ssl.SSLContext, make_protocol: MakeProtocol, guard: Guard
    ) -> None:
        self.sockets = sockets
        self._context, self._make_protocol = context, make_protocol
        self._guard, self._settings = guard, guard.settings
        self._greeted: Counter[str] = Counter()  # by network address
        self._loop = asyncio.get_running_loop()
        self._greeting: set[asyncio.Task[None]] = set()
        self._accepting = [self._loop.create_task(self._accept(each)) for each in sockets]

    def close(self) -> None:
        for task in (*self._accepting, *self._greeting):
            task.cancel()
        for each in self.sockets:
            each.close()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._accepting, *self._greeting, return_exceptions=True)

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, peer = await self._loop.sock_accept(listening)
            except OSError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            network = network_of(peer[0])
            if self._guard.is_full(peer[0], beside=self._greeted[network], beside_all=len(self._greeting)):
                connection.close()
                continue
            connection.setblocking(False)
            self._greeted[network] += 1
            task = self._loop.create_task(self._greet(connection))
            self._greeting.add(task)
            task.add_done_callback(partial(self._forget, network))

    def _forget(self, network: str, task: asyncio.Task[None]) -> None:
        self._greeting.discard(task)
        self._greeted[network] -= 1
        if not self._greeted[network]:
            del self._greeted[network]

    async def _greet(self, connection: socket.socket) -> None:
        seconds = self._settings.header_seconds
        try:
            async with asyncio.timeout(seconds):
                first = await self._peek(connection)
                if first != TLS_HANDSHAKE:
                    await self._send_away(connection)
                    return
            with contextlib.suppress(OSError, ssl.SSLError):  # whoever does not speak our TLS is told so by TLS
                await self._loop.connect_accepted_socket(
                    self._make_protocol,
                    connection,
                    ssl=self._context,
                    ssl_handshake_timeout=seconds,
                    ssl_shutdown_timeout=seconds,
                )
                return
        except (TimeoutError, OSError):
            pass
        except BaseException:
            connection.close()
            raise
        connection.close()

    async def _peek(self, connection: socket.socket) -> int | None:
        """The first byte; None where the other end has gone."""
        readable = self._loop.create_future()
        self._loop.add_reader(connection, _settle, readable)
        try:
            await readable
        finally:
            self._loop.remove_reader(connection)
        first = connection.recv(1, socket.MSG_PEEK)
        return first[0] if first else None

    async def _send_away(self, connection: socket.socket) -> None:
        asked = REQUEST_LINE.match(await self._loop.sock_recv(connection, LINE_BYTES))
        url = self._settings.url
        sentence = f"This port speaks HTTPS only: {url}\n"
        lines = ["HTTP/1.1 400 Bad Request"]
        if asked is not None:
            lines = ["HTTP/1.1 308 Permanent Redirect", f"location: {url}{asked[2].decode('ascii')}"]
        lines += ["content-type: text/plain; charset=utf-8", f"content-length: {len(sentence)}", "connection: close"]
        head = "\r\n".join(lines) + "\r\n" + GUARDS + "\r\n"
        await self._loop.sock_sendall(connection, (head + sentence).encode())
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.close()


class TlsServer(uvicorn.Server):
    """uvicorn's, but for how it listens."""

    def __init__(self, config: uvicorn.Config, context: ssl.SSLContext, guard: Guard) -> None:
        super().__init__(config)
        self._context, self._guard = context, guard

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Raises OSError where the port is taken."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            self.should_exit = True
            return

        def make_protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        listening = sockets or _listen(self._guard.settings.host, self._guard.settings.port)
        self.servers = [TlsListener(listening, self._context, make_protocol, self._guard)]  # type: ignore[list-item]
        self.started = True


def _listen(host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [_bound(family, address) for family, address in dict.fromkeys((each[0], each[4]) for each in found)]


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.setblocking(False)
    listening.bind(address)
    listening.listen(BACKLOG)
    return listening


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
