"""A body comes at a least pace, or its request is given up (slow loris).

Only the time in which we wait for the client counts, not that in which it waits for us.
"""

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Unavailable
from api.routes.refusals import refuse_at

TOO_SLOW = "Nothing came for too long; send this again."


class TooSlow(TimeoutError):
    """The client sends less than the least pace."""


@dataclass
class Pace:
    """grace: seconds that a body may take whatever its size. least: bytes a second beyond that."""

    grace: float
    least: float
    received: int = 0
    waited: float = 0.0

    @property
    def left(self) -> float:
        """Seconds that may still be waited."""
        return max(0.0, self.grace + self.received / self.least - self.waited)


class Deadlines:
    def __init__(self, app: ASGIApp, grace: float, least: float) -> None:
        self.app, self._grace, self._least = app, grace, least

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        pace = Pace(self._grace, self._least)
        is_read = is_answered = False

        async def receive_in_time() -> Message:
            nonlocal is_read
            if is_read:  # what comes now is only whether the client is still there
                return await receive()
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(pace.left):
                    message = await receive()
            except TimeoutError:
                raise TooSlow(TOO_SLOW) from None
            pace.waited += asyncio.get_running_loop().time() - began
            pace.received += len(message.get("body", b""))
            is_read = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_noted(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self.app(scope, receive_in_time, send_noted)
        except TooSlow:
            if is_answered:
                raise
            refusal = refuse_at(scope["path"], Unavailable(TOO_SLOW), 408)
            refusal.headers["connection"] = "close"
            await refusal(scope, receive, send)
