"""A phone's connection between a browser and a server of this machine: so many bits a second, so long a way.

The browser's own throttling leaves service workers, workers and WebSockets alone, and here nothing shall be left alone:
every byte goes through. Not modelled: TCP's slow start, lost packets, TLS, and the headers of TCP and IP.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.request import urlopen

from tests.running import ROOT

BITS_PER_SECOND = 10_000_000
ROUND_TRIP_SECONDS = 0.05
PIECE_BYTES = 4096  # connections take turns piece by piece
AHEAD_SECONDS = 0.02  # pieces are taken up to so long before they leave: a late wake-up shall cost no bandwidth


@dataclass
class Pipe:
    """One direction, shared by all connections."""

    bytes_per_second: float
    free_at: float = 0.0

    def departure(self, size: int, now: float) -> float:
        """When the last of `size` bytes has left; what comes later queues behind them."""
        self.free_at = max(now, self.free_at) + size / self.bytes_per_second
        return self.free_at


@dataclass
class SlowLink:
    """upstream: the server's port, told before the first connection.

    arrivals: Unix time and bytes of each piece that reached the browser.
    """

    upstream: int = 0
    bits_per_second: int = BITS_PER_SECOND
    round_trip: float = ROUND_TRIP_SECONDS
    port: int = 0
    arrivals: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._down = Pipe(self.bits_per_second / 8)
        self._up = Pipe(self.bits_per_second / 8)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def received(self, since: float, until: float) -> int:
        """Bytes that reached the browser between two Unix times."""
        return sum(size for at, size in list(self.arrivals) if since <= at <= until)

    async def serve(self, listener: socket.socket, ended: asyncio.Event) -> None:
        server = await asyncio.start_server(self._take, sock=listener)
        async with server:
            await ended.wait()
            carrying = list(self._tasks)
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = time.monotonic() + self.round_trip  # SYN and its answer go before the first byte
        try:
            inward, outward = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.close()
            return
        for task in (
            asyncio.create_task(self._carry(reader, outward, self._up, opened)),
            asyncio.create_task(self._carry(inward, writer, self._down, opened, self.arrivals)),
        ):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pipe: Pipe,
        opened: float,
        arrivals: list[tuple[float, int]] | None = None,
    ) -> None:
        """Until the sender hangs up."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(_deliver(under_way, writer, arrivals))
        try:
            while not delivering.done() and (piece := await reader.read(PIECE_BYTES)):
                leaves = pipe.departure(len(piece), max(opened, time.monotonic()))
                under_way.put_nowait((leaves + self.round_trip / 2, piece))
                await asyncio.sleep(leaves - AHEAD_SECONDS - time.monotonic())
            under_way.put_nowait((time.monotonic() + self.round_trip / 2, b""))
            await delivering
        except ConnectionError:
            pass
        finally:
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)
            writer.close()


async def _deliver(
    under_way: "asyncio.Queue[tuple[float, bytes]]",
    writer: asyncio.StreamWriter,
    arrivals: list[tuple[float, int]] | None,
) -> None:
    while True:
        due, piece = await under_way.get()
        await asyncio.sleep(due - time.monotonic())
        if not piece or writer.is_closing():
            return
        writer.write(piece)
        with suppress(ConnectionError):
            await writer.drain()
        if arrivals is not None:
            arrivals.append((time.time(), len(piece)))


@contextmanager
def slow_link(link: SlowLink | None = None) -> Iterator[SlowLink]:
    """In a thread of its own, for the browser's driver has the loop of this one."""
    link = link or SlowLink()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    link.port = listener.getsockname()[1]
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(link.serve(listener, ended)))
    thread.start()
    try:
        yield link
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def proof(link: SlowLink) -> dict[str, float]:
    """What the link really does to the app's largest file: milliseconds, and megabits a second."""
    largest = max((ROOT / "pwa/dist").rglob("*.wasm"), key=lambda path: path.stat().st_size)
    path = "/" + largest.relative_to(ROOT / "pwa/dist").as_posix()
    began = time.perf_counter()
    with urlopen(link.url + path) as answer:
        answer.read(1)
        first = time.perf_counter()
        size = 1 + len(answer.read())
    took = time.perf_counter() - first
    return {
        "bytes": size,
        "first_byte_ms": round((first - began) * 1000, 1),
        "mbit_s": round(size * 8 / took / 1e6, 2),
    }
