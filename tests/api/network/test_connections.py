"""Slow, silent and greedy clients, with raw sockets."""

import asyncio
import json
import time
from contextlib import suppress

import httpx
import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.settings import Settings
from api.unit_of_work import House
from tests.api.network.serving import LARGE, NAME, Client, Served, serve
from tests.people import SHARED

pytestmark = SHARED
GET = "GET /read HTTP/1.1\r\nhost: hilum\r\n\r\n"
POST = "POST {path} HTTP/1.1\r\nhost: hilum\r\ncontent-type: text/plain\r\ncontent-length: {size}\r\n\r\n"


async def dripped(client: Client, text: str, pause: float) -> None:
    for letter in text:
        with suppress(ConnectionError, RuntimeError):  # uvloop's words for a closed connection
            await client.send(letter)
        await asyncio.sleep(pause)


@pytest.mark.parametrize("beginning", ["", "GET /re", "GET /read HTTP/1.1\r\nhost: hilum\r\nx-slow: ", "\r\n"])
async def test_a_request_whose_head_does_not_end_is_given_up(served: Served, beginning: str) -> None:
    client = await served.connect()
    began = time.monotonic()
    await client.send(beginning)

    dripping = asyncio.create_task(dripped(client, "slow" * 20 if beginning.strip() else "", 0.05))
    told = await client.rest()

    assert time.monotonic() - began < 3
    assert told.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert "x-content-type-options: nosniff" in told
    assert "x-request-id: " in told
    await dripping


async def test_empty_lines_do_not_keep_a_used_connection_alive(served: Served) -> None:
    client = await served.connect()
    await client.send(GET)
    assert "200 OK" in await client.head()

    dripping = asyncio.create_task(dripped(client, "\r\n" * 60, 0.1))
    told = await client.rest(5)

    assert told.startswith("0HTTP/1.1 408")
    dripping.cancel()


async def test_a_head_without_end_is_refused_before_it_fills_the_memory(served: Served) -> None:
    client = await served.connect()
    await client.send("GET /read HTTP/1.1\r\nhost: hilum\r\nx-large: ")

    with suppress(ConnectionError):
        for _ in range(20):
            await client.send("x" * 4096)
            await asyncio.sleep(0.01)

    assert (await client.rest()).startswith(("HTTP/1.1 431", ""))
    assert served.guard.census.total == 0


async def test_the_size_of_a_body_does_not_count_as_head(served: Served) -> None:
    client = await served.connect()
    await client.send(POST.format(path="/read", size=50_000) + "x" * 50_000 + GET)

    assert "200 OK" in await client.head()
    assert (await client.reader.readexactly(5)) == b"50000"
    assert "200 OK" in await client.head()
    client.close()


async def test_what_is_no_http_is_told_so(served: Served) -> None:
    client = await served.connect()
    await client.send("hello\r\n\r\n")

    told = await client.rest()

    assert told.startswith("HTTP/1.1 400 Bad Request\r\n")
    assert "content-security-policy" in told


@pytest.mark.parametrize("path", ["/read", "/graphql"])
async def test_a_body_that_comes_in_drops_is_given_up(served: Served, path: str) -> None:
    client = await served.connect()
    await client.send(POST.format(path=path, size=1000))

    dripping = asyncio.create_task(dripped(client, "x" * 100, 0.05))
    told = await client.rest(5)
    dripping.cancel()

    assert told.startswith("HTTP/1.1 408 ")
    body = json.loads(told.rpartition("\r\n\r\n")[2])
    error = body if path == "/read" else body["errors"][0]
    assert error["message"] == "Nothing came for too long; send this again."
    assert "connection: close" in told.lower()


async def test_a_slow_but_steady_body_arrives(served: Served) -> None:
    client = await served.connect()
    await client.send(POST.format(path="/read", size=4000))

    for _ in range(10):
        await client.send("x" * 400)
        await asyncio.sleep(0.15)
    told = await client.head()

    assert "200 OK" in told
    client.close()


async def test_an_idle_connection_is_closed(served: Served) -> None:
    client = await served.connect()
    await client.send(GET)
    await client.head()

    told = await client.rest(5)

    assert told == "0"


@pytest.mark.parametrize("path", ["/stream", "/whole"])
async def test_who_does_not_read_the_answer_loses_it(served: Served, path: str) -> None:
    client = await served.connect(small=True)
    await client.send(f"GET {path} HTTP/1.1\r\nhost: hilum\r\n\r\n")
    await client.head()

    await until_nobody(served, 6)

    if path == "/stream":
        await asyncio.wait_for(served.flooded.wait(), 5)
    client.close()


async def test_who_reads_slowly_but_reads_gets_everything(house: House, short: Settings) -> None:
    patient = short.model_copy(update={"reader_grace_seconds": 2.0, "reader_bytes_per_second": 1 << 20})
    async with serve(house, patient) as served:
        client = await served.connect()
        await client.send("GET /stream HTTP/1.1\r\nhost: hilum\r\nconnection: close\r\n\r\n")
        await client.head()

        read = 0
        while piece := await client.reader.read(1 << 20):
            read += len(piece)
            await asyncio.sleep(0.001)

    assert read > LARGE


async def test_one_address_has_only_so_many_connections(served: Served) -> None:
    many = [await served.connect() for _ in range(4)]
    for client in many:
        await client.send(GET)
        assert "200 OK" in await client.head()

    refused = await (await served.connect()).rest()
    many[0].close()
    await asyncio.sleep(0.1)
    admitted = await served.connect()
    await admitted.send(GET)

    assert refused.startswith("HTTP/1.1 429 Too Many Requests\r\n")
    assert "200 OK" in await admitted.head()
    for client in (*many, admitted):
        client.close()


async def test_sockets_count_as_connections_and_are_given_back(served: Served) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{served.port}/socket") as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
        during = served.guard.census.total

    await until_nobody(served, 3)
    assert during == 1


async def test_a_socket_that_does_not_answer_pings_is_closed(served: Served) -> None:
    key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    client = await served.connect()
    await client.send(f"GET /socket HTTP/1.1\r\nhost: hilum\r\nupgrade: websocket\r\nconnection: upgrade\r\n{key}\r\n")
    assert "101 Switching Protocols" in await client.head()

    await asyncio.wait_for(client.reader.read(-1), 5)

    await until_nobody(served, 1)


async def test_a_message_that_is_too_large_closes_its_socket(served: Served) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{served.port}/socket") as socket:
        await socket.send("x" * 2000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_socket_whose_peer_does_not_read_is_broken_off(house: House, short: Settings) -> None:
    async with serve(house, short.model_copy(update={"socket_ping_seconds": 60.0})) as served:
        key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
        upgrade = f"upgrade: websocket\r\nconnection: upgrade\r\n{key}"
        client = await served.connect(small=True)
        await client.send(f"GET /socket HTTP/1.1\r\nhost: hilum\r\n{upgrade}\r\n")
        await client.head()
        masked = bytes([0x81, 0x85, 0, 0, 0, 0]) + b"flood"
        client.writer.write(masked)

        await until_nobody(served, 8)
        await asyncio.wait_for(served.flooded.wait(), 5)
        client.close()


async def test_one_network_opens_only_so_many_sockets_a_minute(house: House, short: Settings) -> None:
    statuses, waits = [], []
    async with serve(house, short.model_copy(update={"sockets_per_minute": 5})) as served:
        for _ in range(7):
            try:
                async with websockets.connect(f"ws://127.0.0.1:{served.port}/socket", open_timeout=5):
                    statuses.append(101)
            except InvalidStatus as refused:
                statuses.append(refused.response.status_code)
                waits.append(int(refused.response.headers["retry-after"]))

    assert waits
    assert min(waits) >= 1
    assert statuses[-1] == 429
    assert statuses.count(101) <= 5


async def test_what_nobody_foresaw_is_masked_and_has_its_headers(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{served.port}/broken", headers={"x-request-id": "mine"})

    assert answer.status_code == 500
    assert answer.json()["traceId"] == answer.headers["x-request-id"] != "mine"
    assert answer.headers["x-request-id"] in caplog.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for text in (answer.text, caplog.text):
        assert NAME not in text


async def until_nobody(served: Served, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while served.guard.census.total:  # noqa: ASYNC110 - a plain count
            await asyncio.sleep(0.02)
