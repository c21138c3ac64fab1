"""Record what a route refuses, before it says so: an address that was forged, or belongs to somebody else."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RecordRefusal: TypeAlias = Callable[[str, str | None], Awaitable[None]]
"""(action, client's address); where it raises, the client is told of a fault instead."""

REFUSED = (401, 403)


def recorded(routes: Sequence[Route], action: str, record: RecordRefusal) -> list[Route]:
    """The same routes; action: what is refused at them."""
    for route in routes:
        route.app = _Recorded(route.app, action, record)
    return list(routes)


class _Recorded:
    def __init__(self, app: ASGIApp, action: str, record: RecordRefusal) -> None:
        self._app = app
        self._action = action
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                client = scope.get("client")
                await self._record(self._action, client[0] if client else None)
            await send(message)

        await self._app(scope, receive, send_recorded)
