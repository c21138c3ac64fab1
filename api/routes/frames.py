"""GET of frames, previews and other objects from their signed addresses.

No cookie, no session: the address is the leave.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.errors import ApiError, NotFound, Unavailable
from api.routes.refusals import refuse
from api.storage.addresses import FRAME_PATH, OBJECT_PATH, SignedAddresses
from api.storage.object_store import ObjectDamaged, ObjectMissing, ObjectReader, ObjectStore

FindFrameObject: TypeAlias = Callable[[str, str, int], Awaitable[str | None]]
"""(stack_id, "frames" or "previews", index) -> name of the object; None where the stack has no such frame."""

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

MEDIA_TYPES: Final = {"frames": "image/jphc", "previews": "image/webp"}
PIECE_BYTES: Final = 1 << 20
SHOWN_IN_PLACE: Final = ("image/", "application/pdf", "video/")
# What is served may have been written by a stranger: it is never run, framed elsewhere or taken for another type.
GUARDS: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}

_log = logging.getLogger(__name__)


def routes(store: ObjectStore, addresses: SignedAddresses, find_frame_object: FindFrameObject) -> list[Route]:
    async def get_frame(request: Request) -> Response:
        stack_id, kind, index = (request.path_params[name] for name in ("stack_id", "kind", "index"))
        left = addresses.verify_frames(kind, stack_id, request.query_params)
        headers = GUARDS | {
            "cache-control": f"private, max-age={int(left)}, immutable",
            "etag": f'"{stack_id}-{kind}-{index}"',  # a frame index never changes its meaning
            "content-type": MEDIA_TYPES.get(kind, ""),
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        is_index = index.isascii() and index.isdigit() and len(index) < 9
        name = await find_frame_object(stack_id, kind, int(index)) if is_index and kind in MEDIA_TYPES else None
        if name is None:
            raise NotFound("This stack has no such frame.")
        return await _serve(store, name, headers, request.method)

    async def get_object(request: Request) -> Response:
        name, media_type = request.path_params["name"], request.query_params.get("type", "")
        left = addresses.verify_object(name, request.query_params)
        disposition = "inline" if media_type.startswith(SHOWN_IN_PLACE) else "attachment"
        headers = GUARDS | {
            "cache-control": f"private, max-age={int(left)}",
            "content-type": media_type,
            "content-disposition": f'{disposition}; filename="{name.rpartition("/")[2]}"',
        }
        return await _serve(store, name, headers, request.method)

    return [
        Route(FRAME_PATH, _refusing(get_frame), methods=["GET"]),
        Route(OBJECT_PATH.replace("{name}", "{name:path}"), _refusing(get_object), methods=["GET"]),
    ]


def _refusing(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ApiError as error:
            return refuse(error)
        except ObjectMissing:
            return refuse(NotFound("There is nothing here any more."))
        except ObjectDamaged:
            _log.exception("a stored object is damaged")
            return refuse(Unavailable("This was damaged where it is stored; tell your administrator."), 500)

    return answer


async def _serve(store: ObjectStore, name: str, headers: Mapping[str, str], method: str) -> Response:
    size = await store.size(name)
    told = {**headers, "content-length": str(size)}
    if method == "HEAD":
        return Response(headers=told)
    if size <= PIECE_BYTES:
        return Response(await store.read(name), headers=told)
    return StreamingResponse(_pieces(await store.open(name)), headers=told)


async def _pieces(reader: ObjectReader) -> AsyncIterator[bytes]:
    with reader:
        while piece := await asyncio.to_thread(reader.read, PIECE_BYTES):
            yield piece
