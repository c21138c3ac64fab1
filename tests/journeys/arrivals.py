"""When events arrive, and that a reader who loses the connection again and again misses none and gets none twice."""

import itertools
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from tests.graphql_client import Answer

Follow = Callable[[str | None], AsyncGenerator[Answer, None]]


@dataclass
class Arrivals:
    """Events of one subscription with the moment each arrived, read over connections that end after `every` events."""

    follow: Follow
    name: str
    every: int = 3
    connections: int = 0
    events: list[Answer] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    async def read(self, after: str | None, is_last: Callable[[Answer], bool]) -> None:
        while True:
            self.connections += 1
            async with aclosing(self.follow(after)) as stream:
                count = 0
                async for data in stream:
                    event = data[self.name]
                    self.events.append(event)
                    self.moments.append(time.monotonic())
                    after, count = event["cursor"], count + 1
                    if is_last(event):
                        return
                    if count == self.every:
                        break

    def pauses(self, during: Callable[[Answer], bool]) -> list[float]:
        """Seconds between the arrivals of neighbouring events `during` something."""
        moments = [moment for event, moment in zip(self.events, self.moments, strict=True) if during(event)]
        return [later - earlier for earlier, later in itertools.pairwise(moments)]
