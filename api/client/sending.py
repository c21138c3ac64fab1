"""Send the parts of an upload that the server does not have yet, four at once, straight from the disk."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
FRUITLESS_ROUNDS: Final = 5  # of asking for fresh addresses, in a row, without a part that arrived
MARGIN: Final = timedelta(seconds=20)  # an address that ends so soon is not begun with
LEAST_LIFE: Final = 60.0  # seconds for which a new address is believed, whatever the two clocks say
DURING: Final = "sending files"


@dataclass(frozen=True)
class PendingPart:
    """offset and size: bytes within the file. told_at: when the address came, monotonic seconds."""

    file: SourceFile
    index: int
    number: int
    offset: int
    size: int
    url: str
    headers: Mapping[str, str]
    expires_at: datetime
    told_at: float

    @property
    def is_old(self) -> bool:
        """Whether a fresh address had better be asked for. A clock that is wrong must not ask for ever."""
        is_believed = time.monotonic() - self.told_at < LEAST_LIFE
        return not is_believed and self.expires_at - MARGIN < datetime.now(UTC)


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
    tally, fruitless = Tally(bar), 0
    while fruitless < FRUITLESS_ROUNDS:
        sending = Round(connection, tally, patience)
        await sending.run(_pending_parts(connection, upload_id, files, tally))
        if not sending.met_stale:
            return
        fruitless = 0 if sending.arrived else fruitless + 1
    raise Refused("The server keeps refusing the addresses that it gave for the parts. Is its clock right?")


@dataclass
class Round:
    """Pending parts, four at once, until all are sent or an address is too old.

    Then no other part is begun with the addresses at hand, but those on their way arrive: on a slow line a part takes
    longer than an address lives, and its address counts when it begins.
    """

    connection: Connection
    tally: Tally
    patience: float
    arrived: int = 0
    met_stale: bool = False

    async def run(self, pending: AsyncGenerator[PendingPart]) -> None:
        turn = asyncio.Lock()
        async with aclosing(pending) as parts:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(PARALLEL):
                        group.create_task(self._send_some(parts, turn))
            except BaseExceptionGroup as failures:
                known = failures.subgroup(ClientError)
                raise (known or failures).exceptions[0] from None

    async def _send_some(self, parts: AsyncGenerator[PendingPart], turn: asyncio.Lock) -> None:
        while True:
            async with turn:  # a page of parts is asked for by whoever comes first
                part = None if self.met_stale else await anext(parts, None)
            if part is None:
                return
            if part.is_old:
                self.met_stale = True
                return
            try:
                await _send(self.connection, part, self.tally, self.patience)
            except StaleAddress:
                self.met_stale = True
                return
            self.arrived += 1


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
    expires_at = datetime.fromisoformat(part["expiresAt"])
    number, offset = part["number"], int(part["offset"])
    return PendingPart(file, index, number, offset, size, part["url"], headers, expires_at, time.monotonic())


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
