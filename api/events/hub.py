"""One listener a process: hears that a stream has news and wakes those who follow it."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import psycopg

from api.events.append import CHANNEL, Stream

RECONNECT_SECONDS = 0.5


class Hub:
    """Fans out `NOTIFY`; carries keys only. A lost connection wakes everybody, so that nothing is missed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="event hub")
        await self._listening.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @contextlib.contextmanager
    def following(self, streams: dict[Stream, UUID]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of `streams` has news."""
        bell = asyncio.Event()
        names = [f"{stream}:{key}" for stream, key in streams.items()]
        for name in names:
            self._waiting[name].add(bell)
        try:
            yield bell
        finally:
            for name in names:
                self._waiting[name].discard(bell)
                if not self._waiting[name]:
                    del self._waiting[name]

    @property
    def followers(self) -> int:
        """Of streams that hold events."""
        return self._count() - self.watchers

    @property
    def watchers(self) -> int:
        """Of sessions and API keys."""
        return self._count(f"{Stream.CREDENTIAL}:")

    def _count(self, beginning: str = "") -> int:
        return sum(len(bells) for name, bells in self._waiting.items() if name.startswith(beginning))

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except psycopg.Error:
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
        async with connection:
            await connection.execute(f"listen {CHANNEL}")
            self._ring(None)
            self._listening.set()
            async for news in connection.notifies():
                self._ring(news.payload)

    def _ring(self, name: str | None) -> None:
        bells = (
            [bell for some in self._waiting.values() for bell in some] if name is None else self._waiting.get(name, ())
        )
        for bell in bells:
            bell.set()
