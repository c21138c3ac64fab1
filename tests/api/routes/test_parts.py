"""PUT of parts: only what was signed, only once it is signed for, whole or not at all."""

import asyncio
import base64
import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from api.routes import parts
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys
from api.storage.object_store import PartedFile
from tests.people import Everybody, person

BASE = "http://hilum.example"
PART = bytes(range(256)) * 5
LATER = timedelta(hours=1)
SOMEBODY = person()


class Bench:
    """A store with one begun file "f", and a client of the route in front of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.addresses = SignedAddresses(b"k" * 32, BASE)
        self.store = FilesystemStore(folder / "store", LocalKeys(folder / "master.key"), self.addresses)
        self.app = Starlette(
            routes=parts.routes(self.store, self.addresses, Everybody(), concurrent_parts=64, idle_seconds=0.3)
        )
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE)

    async def url(self, *, size: int = len(PART), sha256: str | None = None, life: timedelta = LATER) -> str:
        until = datetime.now(UTC) + life
        return (await self.store.sign_part(PartedFile("f", 1), 1, size, sha256, until, SOMEBODY)).url

    async def received(self) -> list[int]:
        return list(await self.store.received_parts("f"))

    def drafts(self) -> list[Path]:
        return list((self.folder / "store" / "temporary").iterdir())


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.store.begin_files(["f"])
    async with made.client:
        yield made
    made.store.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  # of what happens on the disk and in uvicorn no event is told
            await asyncio.sleep(0.005)


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[int]:
    """A real server, since only one has connections that break. Gives its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", http="httptools", ws="none"))
    serving = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def test_part_is_kept_and_answered_with_its_entity_tag(bench: Bench) -> None:
    answer = await bench.client.put(await bench.url(), content=PART)

    received = await bench.store.received_parts("f")
    assert answer.status_code == 200
    assert answer.headers["etag"] == f'"{received[1].etag}"'
    with await bench.store.open_parts("f", [len(PART)]) as file:
        assert file.read() == PART


async def test_part_may_be_sent_again_while_its_address_is_valid(bench: Bench) -> None:
    url = await bench.url()

    answers = [await bench.client.put(url, content=PART) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert await bench.received() == [1]


@pytest.mark.parametrize(
    "alter",
    [
        lambda token: ("B" if token[0] == "A" else "A") + token[1:],
        lambda token: token[:-1] + ("B" if token[-1] == "A" else "A"),
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "%20",
        lambda token: "%F0%9F%98%80" * 20,
        lambda token: "",
    ],
)
async def test_altered_address_is_forbidden(bench: Bench, alter: Callable[[str], str]) -> None:
    before, slash, token = (await bench.url()).rpartition("/")

    answer = await bench.client.put(f"{before}{slash}{alter(token)}", content=PART)

    assert answer.status_code in (403, 404)
    assert await bench.received() == []


async def test_address_that_is_too_old_has_expired(bench: Bench) -> None:
    answer = await bench.client.put(await bench.url(life=timedelta(seconds=-1)), content=PART)

    assert answer.status_code == 410
    assert answer.json()["code"] == "EXPIRED"
    assert await bench.received() == []


async def test_address_signed_with_another_key_is_forbidden(bench: Bench) -> None:
    until = datetime.now(UTC) + LATER
    url = SignedAddresses(b"x" * 32, BASE).part(SOMEBODY, "f", 1, len(PART), None, until)

    assert (await bench.client.put(url, content=PART)).status_code == 403


async def test_address_for_reading_does_not_allow_a_part(bench: Bench) -> None:
    until = datetime.now(UTC) + LATER
    reading = await bench.store.sign_read("f", "1", until, SOMEBODY)

    assert (await bench.client.put(reading.replace("/objects/", "/parts/"), content=PART)).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
async def test_other_method_is_not_allowed(bench: Bench, method: str) -> None:
    assert (await bench.client.request(method, await bench.url())).status_code == 405


@pytest.mark.parametrize(("size", "status", "code"), [(10, 400, "INVALID"), (len(PART) + 1, 413, "TOO_LARGE")])
async def test_part_of_another_length_is_refused_unread(bench: Bench, size: int, status: int, code: str) -> None:
    answer = await bench.client.put(await bench.url(), content=bytes(size))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await bench.received() == []


async def test_part_without_its_length_is_refused(bench: Bench) -> None:
    async def chunked() -> AsyncIterator[bytes]:
        yield PART

    answer = await bench.client.put(await bench.url(), content=chunked())

    assert answer.status_code == 411
    assert await bench.received() == []


async def test_signed_checksum_is_verified(bench: Bench) -> None:
    url = await bench.url(sha256=base64.b64encode(hashlib.sha256(PART).digest()).decode())

    wrong = await bench.client.put(url, content=PART[::-1])
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID")
    assert "checksum" in wrong.json()["message"]
    assert await bench.received() == []

    assert (await bench.client.put(url, content=PART)).status_code == 200


@pytest.mark.parametrize("end", ["close", "discard"])
async def test_late_part_is_refused(bench: Bench, end: str) -> None:
    url = await bench.url()
    await (bench.store.close_files(["f"]) if end == "close" else bench.store.discard_parts("f"))

    answer = await bench.client.put(url, content=PART)

    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert await bench.received() == []


async def test_connection_that_breaks_leaves_no_part(bench: Bench) -> None:
    path = httpx.URL(await bench.url(size=5_000_000)).raw_path

    async with served(bench.app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"PUT " + path + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n" + bytes(3_000_000))
        await writer.drain()
        await until(lambda: bool(bench.drafts()))
        writer.close()
        await writer.wait_closed()
        await until(lambda: not bench.drafts())

    assert await bench.received() == []


async def test_client_that_stops_sending_is_given_up(bench: Bench) -> None:
    path = httpx.URL(await bench.url(size=5_000_000)).raw_path

    async with served(bench.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"PUT " + path + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n" + bytes(2_000_000))
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.1 408")
    assert await bench.received() == []
    assert bench.drafts() == []


async def test_refused_part_leaves_the_connection_usable(bench: Bench) -> None:
    good, bad = await bench.url(), (await bench.url())[:-1]

    async with served(bench.app) as port, httpx.AsyncClient(limits=httpx.Limits(max_connections=1)) as client:
        statuses = [
            (await client.put(url.replace(BASE, f"http://127.0.0.1:{port}"), content=PART)).status_code
            for url in (bad, good, bad, good)
        ]

    assert statuses == [403, 200, 403, 200]


async def test_part_of_8_mib_costs_little_memory(bench: Bench) -> None:
    size = 8 << 20

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size // 65_536):
            yield bytes(65_536)

    url = await bench.url(size=size)
    async with served(bench.app) as port:
        tracemalloc.start()
        async with httpx.AsyncClient() as client:
            answer = await client.put(
                url.replace(BASE, f"http://127.0.0.1:{port}"), content=body(), headers={"content-length": str(size)}
            )
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert answer.status_code == 200
    assert peak < 4 << 20  # client and server together
