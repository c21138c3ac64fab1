"""Parts are sent from the disk, four at once, and again where that helps."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.client.connection import Connection
from api.client.errors import ConnectionLost, Refused
from api.client.sending import PendingPart, send_files
from api.client.source_files import SourceFile, list_source_files
from tests.api.client.scripted import ScriptedServer

PART = 10  # bytes; the server says where its parts begin and end
FILES_A_PAGE = 3


class Shown:
    """A bar that remembers."""

    def __init__(self) -> None:
        self.completed: list[float] = []

    def move(self, completed: float, words: str = "") -> None:
        self.completed.append(completed)

    def end(self, words: str) -> None: ...


class UploadScript:
    """Files of parts, in pages, as the contract has them; what was put is received."""

    def __init__(self, server: ScriptedServer, files: list[SourceFile]) -> None:
        self.server, self.files = server, files
        server.answers |= {"Files": self.list_files, "Parts": self.list_parts}

    def list_files(self, variables: dict[str, Any]) -> dict[str, Any]:
        start = int(variables["after"] or 0)
        shown = range(start, min(start + FILES_A_PAGE, len(self.files)))
        end = start + FILES_A_PAGE
        return {"node": {"files": page([self.file(index) for index in shown], end, end < len(self.files))}}

    def list_parts(self, variables: dict[str, Any]) -> dict[str, Any]:
        index, start = int(variables["id"]), int(variables["after"])
        parts = self.parts(index)
        return {"node": {"parts": page(parts[start : start + 2], start + 2, start + 2 < len(parts))}}

    def file(self, index: int) -> dict[str, Any]:
        parts = self.parts(index)
        received = all(part["received"] for part in parts)
        shown = page(parts[:2], 2, len(parts) > 2)
        return {"id": str(index), "index": index, "received": received, "parts": shown}

    def parts(self, index: int) -> list[dict[str, Any]]:
        size = self.files[index].size
        return [
            {
                "number": number,
                "offset": offset,
                "size": min(PART, size - offset),
                "url": f"{self.server.url}/parts/{index}-{number}",
                "headers": [{"name": "Content-Type", "value": "application/octet-stream"}],
                "expiresAt": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
                "received": f"{index}-{number}" in self.server.received,
            }
            for number, offset in enumerate(range(0, size, PART), start=1)
        ]


def page(nodes: list[dict[str, Any]], end: int, more: bool) -> dict[str, Any]:
    return {"edges": [{"node": node} for node in nodes], "pageInfo": {"hasNextPage": more, "endCursor": str(end)}}


@pytest.fixture
def files(tmp_path: Path) -> list[SourceFile]:
    """Eight files of 7 to 77 bytes."""
    for number in range(8):
        (tmp_path / f"{number}.dcm").write_bytes(bytes(range(7 + 10 * number)))
    return list_source_files([tmp_path])


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer().running() as server:
        yield server


async def send(server: ScriptedServer, files: list[SourceFile], patience: float = 5.0) -> Shown:
    shown = Shown()
    UploadScript(server, files)
    async with Connection(server.url, "e@x", "password", patience) as connection:
        await send_files(connection, "upload", files, shown, patience)
    return shown


def sent(server: ScriptedServer, files: list[SourceFile]) -> list[bytes]:
    """The files put together again from their parts."""
    whole = []
    for index in range(len(files)):
        numbers = sorted(int(name.split("-")[1]) for name in server.received if name.startswith(f"{index}-"))
        whole.append(b"".join(server.received[f"{index}-{number}"] for number in numbers))
    return whole


async def test_every_byte_arrives_and_is_counted_once(server: ScriptedServer, files: list[SourceFile]) -> None:
    shown = await send(server, files)

    assert sent(server, files) == [file.path.read_bytes() for file in files]
    assert shown.completed[-1] == sum(file.size for file in files)


async def test_four_parts_are_on_the_way_at_once_and_no_more(server: ScriptedServer, files: list[SourceFile]) -> None:
    await send(server, files)

    assert server.most_sending == 4


async def test_only_parts_that_are_not_there_are_sent_again(server: ScriptedServer, files: list[SourceFile]) -> None:
    await send(server, files)
    del server.received["5-3"]
    kept = dict(server.received)
    server.puts = [200, 500]  # a second part would fail

    shown = await send(server, files, patience=0.0)

    assert server.received == kept | {"5-3": bytes(range(20, 30))}
    assert shown.completed[-1] == sum(file.size for file in files)


async def test_a_part_is_sent_again_when_the_server_has_no_room(
    server: ScriptedServer, files: list[SourceFile]
) -> None:
    server.puts = [503, 503, 200, 500]

    shown = await send(server, files)

    assert sent(server, files) == [file.path.read_bytes() for file in files]
    assert shown.completed[-1] == sum(file.size for file in files)


async def test_a_fresh_address_is_asked_for_when_one_is_too_old(
    server: ScriptedServer, files: list[SourceFile]
) -> None:
    server.puts = [410]

    shown = await send(server, files)

    assert sent(server, files) == [file.path.read_bytes() for file in files]
    assert shown.completed[-1] == sum(file.size for file in files)


async def test_parts_on_their_way_arrive_though_another_address_is_too_old(
    server: ScriptedServer, files: list[SourceFile]
) -> None:
    server.puts = [200, 410, 200, 200]

    await send(server, files)

    assert sent(server, files) == [file.path.read_bytes() for file in files]
    assert set(server.tries.values()) == {1, 2}
    assert sum(server.tries.values()) == len(server.received) + 1


async def test_addresses_that_end_again_and_again_are_renewed_as_long_as_parts_arrive(
    server: ScriptedServer, files: list[SourceFile]
) -> None:
    server.puts = [200, 410] * 12

    await send(server, files)

    assert sent(server, files) == [file.path.read_bytes() for file in files]


async def test_addresses_that_are_refused_whenever_they_are_given_are_told(
    server: ScriptedServer, files: list[SourceFile]
) -> None:
    server.puts = [410] * 1000

    with pytest.raises(Refused, match="keeps refusing the addresses"):
        await send(server, files)


async def test_an_address_that_ends_soon_is_not_begun_with_unless_it_came_just_now(files: list[SourceFile]) -> None:
    def part(ends_in: float, told: float) -> PendingPart:
        ends = datetime.now(UTC) + timedelta(seconds=ends_in)
        return PendingPart(files[0], 0, 1, 0, 7, "", {}, ends, time.monotonic() - told)

    assert [part(ends_in, told=200).is_old for ends_in in (100, 10, -5)] == [False, True, True]
    assert not part(-5, told=1).is_old  # one of the two clocks is wrong


async def test_after_too_many_failures_the_user_is_told_how_to_go_on(
    server: ScriptedServer, files: list[SourceFile]
) -> None:
    server.puts = [503] * 100

    with pytest.raises(ConnectionLost, match="run the same command again"):
        await send(server, files, patience=0.3)


async def test_a_file_that_became_shorter_is_named(server: ScriptedServer, files: list[SourceFile]) -> None:
    files[6].path.write_bytes(b"short")

    with pytest.raises(Refused, match=r"6\.dcm was changed"):
        await send(server, files)
