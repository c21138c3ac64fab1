"""Server-sent events, as the WHATWG's HTML standard 9.2.6 has a client read them."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerEvent:
    """A comment, with which a server says that it is still there, has name and data empty."""

    name: str
    data: str


async def read_events(lines: AsyncIterator[str]) -> AsyncGenerator[ServerEvent]:
    """lines: without their ends. An event that the stream cuts off is not given."""
    name, data = "", list[str]()
    async for line in lines:
        if not line:
            if name or data:
                yield ServerEvent(name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            yield ServerEvent("", "")
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
