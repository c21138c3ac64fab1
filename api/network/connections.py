"""uvicorn's protocols with what they lack: limits on connections, on a request's head, and on slow readers.

uvicorn bounds only the time between two requests. A client that never ends its head, or never reads its answer, would
keep its connection and what waits in it for ever.
"""

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.budgets.allowances import network_of
from api.settings import Settings

CHECK_SECONDS: Final = 1.0
GUARDS: Final = "x-content-type-options: nosniff\r\ncontent-security-policy: default-src 'none'\r\n"


@dataclass
class Census:
    """Connections there are now. of: by network address."""

    total: int = 0
    of: Counter[str] = field(default_factory=Counter)

    def enter(self, network: str) -> None:
        self.total += 1
        self.of[network] += 1

    def leave(self, network: str) -> None:
        self.total -= 1
        self.of[network] -= 1
        if not self.of[network]:
            del self.of[network]


class Guard:
    """The settings of one server, and its census."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.census = Census()
        self._trusted = [ip_network(each.strip()) for each in settings.trusted_proxies.split(",") if each.strip()]

    def is_full(self, address: str | None, beside: int = 0, beside_all: int = 0) -> bool:
        """Counted before the connection itself. A trusted proxy brings many people's.

        beside, beside_all: more connections of that network, and in all, which are no part of the census yet.
        """
        if self.census.total + beside_all >= self.settings.connections:
            return True
        is_one_too_many = self.census.of[network_of(address)] + beside >= self.settings.connections_per_address
        return is_one_too_many and not self._is_trusted(address)

    def _is_trusted(self, address: str | None) -> bool:
        try:
            parsed = ip_address(address or "")
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


class ReaderWatch:
    """Breaks a connection off whose client reads its answer slower than the least pace."""

    def __init__(self, guard: Guard, transport: asyncio.Transport) -> None:
        self._guard, self._transport = guard, transport
        self._loop = asyncio.get_running_loop()
        self._began, self._waiting = 0.0, 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """What waits to be read has become much, or is the last."""
        if self._timer is None:
            self._began, self._waiting = self._loop.time(), self._transport.get_write_buffer_size()
            self._timer = self._loop.call_later(CHECK_SECONDS, self._check)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        settings = self._guard.settings
        read = max(0, self._waiting - self._transport.get_write_buffer_size())
        allowed = settings.reader_grace_seconds + read / settings.reader_bytes_per_second
        if self._loop.time() - self._began > allowed:
            self._transport.abort()
        else:
            self._timer = self._loop.call_later(min(CHECK_SECONDS, settings.reader_grace_seconds), self._check)


class GuardedHttp(HttpToolsProtocol):
    """guard: set by `protocols`."""

    guard: Guard
    _watch: ReaderWatch
    _network: str | None = None
    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _reads_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch = ReaderWatch(self.guard, transport)
        address = self.client[0] if self.client else None
        if self.guard.is_full(address):
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "Too many connections from your network. Close some.")
            return
        self._network = network_of(address)
        self.guard.census.enter(self._network)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self._await_head()  # also where only empty lines come, which begin no request
        self._head_bytes += len(data)
        super().data_received(data)
        if self._reads_head and self._head_bytes > self.guard.settings.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large.")

    def on_message_begin(self) -> None:
        self._reads_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._reads_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch.begin()

    def handle_websocket_upgrade(self) -> None:
        self._leave()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._watch.end()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch.begin()

    def send_400_response(self, msg: str) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.guard.settings.header_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.")

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        """Below the application: there is no request to answer."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        sizes = f"content-length: {len(sentence)}\r\nconnection: close\r\nx-request-id: {secrets.token_hex(16)}\r\n"
        self.transport.write(f"{head}{sizes}{GUARDS}\r\n{sentence}".encode())
        self.transport.close()
        self._watch.begin()

    def _leave(self) -> None:
        self._stop_waiting()
        self._watch.end()
        if self._network is not None:
            self.guard.census.leave(self._network)
            self._network = None


class GuardedSocket(WebSocketsSansIOProtocol):
    """guard: set by `protocols`. Its peer answers pings and reads, or loses the connection."""

    guard: Guard
    _watch: ReaderWatch
    _network: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._watch = ReaderWatch(self.guard, self.transport)
        self._network = network_of(self.client[0] if self.client else None)
        self.guard.census.enter(self._network)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.end()
        if self._network is not None:
            self.guard.census.leave(self._network)
            self._network = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch.end()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._watch.begin()


def protocols(guard: Guard) -> dict[str, Any]:
    """Arguments of uvicorn's Config: both protocols under one guard, and what uvicorn itself limits."""
    settings, shared = guard.settings, {"guard": guard}
    return {
        "http": type("Http", (GuardedHttp,), shared),
        "ws": type("Socket", (GuardedSocket,), shared),
        "ws_max_size": settings.socket_message_bytes,
        "ws_ping_interval": settings.socket_ping_seconds,
        "ws_ping_timeout": settings.socket_ping_seconds,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "forwarded_allow_ips": settings.trusted_proxies,
        "server_header": False,
        "access_log": False,  # its lines would hold signed addresses
    }
