"""Send the parts of an upload that the server does not have yet, four at once, straight from the disk."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from api.client.backoff import Backoff
from api.client.connection import PATIENCE_SECONDS, TRANSIENT, Connection
from api.client.display import Bar
from api.client.documents import FILES, PARTS
from api.client.errors import ClientError, ConnectionLost, Refused, StaleAddress
from api.client.source_files import SourceFile

PARALLEL: Final = 4
CHUNK: Final = 1 << 20  # bytes read and sent at a time
ROUNDS: Final = 20  # of asking for fresh addresses; one lives for an hour
DURING: Final = "sending files"


@dataclass(frozen=True)
class PendingPart:
    """offset and size: bytes within the file."""

    file: SourceFile
    index: int
    number: int
    offset: int
    size: int
    url: str
    headers: Mapping[str, str]


@dataclass
class Tally:
    """Bytes that the server has, of all; moves the bar. Being told twice of a part counts it once."""

    bar: Bar
    _sent: dict[int, dict[int, int]] = field(default_factory=dict)
    _total: int = 0

    def tell(self, index: int, number: int, size: int) -> None:
        """size: of the part, as far as it is sent."""
        parts = self._sent.setdefault(index, {})
        self._total += size - parts.get(number, 0)
        parts[number] = size
        self.bar.move(self._total)

    def tell_whole(self, index: int, size: int) -> None:
        """The file is there."""
        self._total += size - sum(self._sent.get(index, {}).values())
        self._sent[index] = {0: size}
        self.bar.move(self._total)


async def send_files(
    connection: Connection, upload_id: str, files: Sequence[SourceFile], bar: Bar, patience: float = PATIENCE_SECONDS
) -> None:
    """Returns when every part is there. Raises ConnectionLost, Refused."""
    tally = Tally(bar)
    for _ in range(ROUNDS):
        try:
            await _send_round(connection, upload_id, files, tally, patience)
            return
        except StaleAddress:
            continue
    raise Refused("The server keeps refusing the addresses that it gave for the parts. Is its clock right?")


async def _send_round(
    connection: Connection, upload_id: str, files: Sequence[SourceFile], tally: Tally, patience: float
) -> None:
    async with aclosing(_pending_parts(connection, upload_id, files, tally)) as parts:
        turn = asyncio.Lock()

        async def send_some() -> None:
            while True:
                async with turn:  # a page of parts is asked for by whoever comes first
                    part = await anext(parts, None)
                if part is None:
                    return
                await _send(connection, part, tally, patience)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(PARALLEL):
                    group.create_task(send_some())
        except BaseExceptionGroup as failures:
            known = failures.subgroup(ClientError)
            raise _first(known or failures) from None


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """A refusal that stands says more than an address that is too old."""
    leaves = sorted(failures.exceptions, key=lambda error: isinstance(error, StaleAddress))
    return leaves[0]


async def _pending_parts(
    connection: Connection, upload_id: str, files: Sequence[SourceFile], tally: Tally
) -> AsyncGenerator[PendingPart]:
    """In order of the files; what the server has already is told to the tally."""
    async with aclosing(_edges(connection, FILES, upload_id, "files")) as nodes:
        async for node in nodes:
            file = files[node["index"]]
            if node["received"]:
                tally.tell_whole(node["index"], file.size)
                continue
            async with aclosing(_parts(connection, node)) as parts:
                async for part in parts:
                    if part["received"]:
                        tally.tell(node["index"], part["number"], int(part["size"]))
                    else:
                        yield _pending_part(file, node["index"], part)


async def _parts(connection: Connection, file: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
    for edge in file["parts"]["edges"]:
        yield edge["node"]
    page = file["parts"]["pageInfo"]
    if page["hasNextPage"]:
        async with aclosing(_edges(connection, PARTS, file["id"], "parts", page["endCursor"])) as parts:
            async for part in parts:
                yield part


async def _edges(
    connection: Connection, document: str, node_id: str, name: str, after: str | None = None
) -> AsyncGenerator[dict[str, Any]]:
    """The nodes of one connection of a node, page after page."""
    while True:
        node = (await connection.ask(document, {"id": node_id, "after": after}, DURING))["node"]
        if not node:
            raise Refused("The upload is gone; it was aborted, or it expired. Send it again.", "NOT_FOUND")
        for edge in node[name]["edges"]:
            yield edge["node"]
        if not node[name]["pageInfo"]["hasNextPage"]:
            return
        after = node[name]["pageInfo"]["endCursor"]


def _pending_part(file: SourceFile, index: int, part: Mapping[str, Any]) -> PendingPart:
    size = int(part["size"])
    # Said here, because httpx cannot know the length of what is read on the way.
    headers = {header["name"].lower(): header["value"] for header in part["headers"]} | {"content-length": str(size)}
    return PendingPart(file, index, part["number"], int(part["offset"]), size, part["url"], headers)


async def _send(connection: Connection, part: PendingPart, tally: Tally, patience: float) -> None:
    backoff = Backoff(patience)
    while True:
        try:
            await connection.put(part.url, part.headers, _content(part, tally))
            tally.tell(part.index, part.number, part.size)
            return
        except httpx.TransportError:
            pass
        except Refused as error:
            if error.code not in TRANSIENT:
                raise
        if not await backoff.wait():
            raise ConnectionLost(DURING)


async def _content(part: PendingPart, tally: Tally) -> AsyncGenerator[bytes]:
    """Raises Refused where the file has become shorter since it was announced, or cannot be read any more."""
    sent = 0
    while sent < part.size:
        size = min(CHUNK, part.size - sent)
        try:
            chunk = await asyncio.to_thread(_read, part.file, part.offset + sent, size)
        except OSError as error:
            raise Refused(f"{part.file.name} cannot be read any more: {error.strerror}.") from error
        if len(chunk) < size:
            raise Refused(f"{part.file.name} was changed while it was being sent. Send it again.")
        yield chunk
        sent += size
        tally.tell(part.index, part.number, sent)


def _read(file: SourceFile, offset: int, size: int) -> bytes:
    with file.path.open("rb") as source:
        source.seek(offset)
        return source.read(size)
