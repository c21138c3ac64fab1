"""PUT of a part to its signed address, straight into the store.

For stores whose parts come through this server; an S3 store signs addresses of its own, and this route is not mounted.
Everything that can be refused is refused before the body is read. A request holds about 2 MiB, whatever its size.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.errors import ApiError, Invalid, TooLarge, Unavailable
from api.routes.admission import Admission
from api.routes.refusals import refuse
from api.storage.addresses import PART_PATH, SignedAddresses
from api.storage.object_store import PartReceiver


def routes(
    receiver: PartReceiver,
    addresses: SignedAddresses,
    admission: Admission,
    *,
    concurrent_parts: int,
    idle_seconds: float,
) -> list[Route]:
    """concurrent_parts: those beyond wait unread. idle_seconds: a client that sends nothing for so long is given up."""
    endpoint = _PutPart(receiver, addresses, admission, concurrent_parts, idle_seconds)
    return [Route(PART_PATH, endpoint, methods=["PUT"])]


class _PutPart:
    """A plain ASGI app: Starlette's Request would cost a good part of what a small part costs in all."""

    def __init__(
        self,
        receiver: PartReceiver,
        addresses: SignedAddresses,
        admission: Admission,
        concurrent_parts: int,
        idle_seconds: float,
    ) -> None:
        self._receiver = receiver
        self._addresses = addresses
        self._admission = admission
        self._turns = asyncio.Semaphore(concurrent_parts)
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._put(scope, receive)
        except ApiError as error:
            response = refuse(error)
        except TimeoutError:
            response = refuse(Unavailable("Nothing came for too long; send this part again."), 408)
            response.headers["connection"] = "close"
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _put(self, scope: Scope, receive: Receive) -> Response:
        # The address and its session count when the request begins: a slow line may need longer than an address lives.
        leave = self._addresses.open_part(scope["path_params"]["token"])
        if refusal := _wrong_length(Headers(scope=scope).get("content-length"), leave.size):
            return refusal
        await self._admission.admit(leave.actor)
        async with self._turns:
            content = self._content(receive)
            part = await self._receiver.receive_part(
                leave.file_id, leave.number, leave.size, leave.sha256_base64, content
            )
        return Response(headers={"etag": f'"{part.etag}"'})

    async def _content(self, receive: Receive) -> AsyncIterator[bytes]:
        more = True
        while more:
            async with asyncio.timeout(self._idle_seconds):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            if body := message.get("body"):
                yield body
            more = message.get("more_body", False)


def _wrong_length(told: str | None, size: int) -> Response | None:
    if told is None or not (told.isascii() and told.isdigit()):
        return refuse(Invalid("Say the length of the part in Content-Length."), 411)
    if int(told) > size:
        return refuse(TooLarge(f"The part has {told} bytes; this address takes {size}."))
    if int(told) < size:
        return refuse(Invalid(f"The part has {told} bytes; this address takes {size}."))
    return None
