"""One trace id for a request: in its answer's `x-request-id`, in errors, in log lines and in the audit.

It is always our own. One that a stranger sends could be another request's, or a text for whoever reads the log.
"""

import logging
import traceback
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from api.telemetry import find_trace_id, span

log = logging.getLogger("hilum.http")

REQUEST_ID: Final = "x-request-id"
STARTS: Final = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
UNFORESEEN: Final = "Something went wrong on our side. Try again; if it stays, report it with this trace id."


class Traces:
    """Outermost. What nobody foresaw ends here: it is logged by its type and place, for its text may name a patient."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        with span(scope["type"]) as trace_id:

            async def send_with_id(message: Message) -> None:
                if message["type"] in STARTS:
                    message.setdefault("headers", [])
                    MutableHeaders(scope=message)[REQUEST_ID] = trace_id
                await send(message)

            try:
                await self.app(scope, receive, send_with_id)
            except (ClientDisconnect, WebSocketDisconnect):
                pass  # nobody is left to be told
            except Exception as error:  # the edge: the answer was sent, or can no longer be
                frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
                log.error("%s, trace %s\n%s", type(error).__qualname__, trace_id, frames)


async def masked(request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw."""
    content = {"message": UNFORESEEN, "traceId": find_trace_id()}
    return JSONResponse(content, 500, {"cache-control": "no-store"})
