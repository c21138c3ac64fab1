"""GET of frames, previews and other objects from their signed addresses.

No cookie, no header: the address is the leave, of whoever asked for it, as long as their session or API key lives and
they may see what it names. That is asked before anything is answered, also before a 304.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.errors import ApiError, NotFound, Unavailable
from api.images import FrameObject
from api.routes.admission import Admission
from api.routes.refusals import refuse
from api.storage import digests
from api.storage.addresses import FRAME_PATH, OBJECT_PATH, SignedAddresses
from api.storage.leaves import FrameLeave
from api.storage.object_store import ObjectDamaged, ObjectMissing, ObjectReader, ObjectStore

FindFrameObject: TypeAlias = Callable[[FrameLeave, int], Awaitable[FrameObject | None]]
"""None where the stack has no frame of that index."""

RecordRead: TypeAlias = Callable[[FrameLeave, str | None], Awaitable[None]]
"""(leave, client's address): records that frames of this stack were read; when it raises, none may be served."""

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


def routes(
    store: ObjectStore,
    addresses: SignedAddresses,
    find_frame_object: FindFrameObject,
    admission: Admission,
    record_read: RecordRead,
) -> list[Route]:
    async def get_frame(request: Request) -> Response:
        leave = addresses.open_frames(request.path_params["token"])
        await admission.admit_to_stack(leave.actor, leave.stack_key)
        index = request.path_params["index"]
        is_index = index.isascii() and index.isdigit() and len(index) < 9
        frame = await find_frame_object(leave, int(index)) if is_index else None
        if frame is None:
            raise NotFound("This stack has no such frame.")
        await record_read(leave, request.client.host if request.client else None)
        headers = GUARDS | {
            "cache-control": f"private, max-age={int(leave.seconds_left)}, immutable",
            "etag": addresses.entity_tag(leave.kind, leave.stack_key, int(index)),  # an index never changes its meaning
            "content-type": MEDIA_TYPES[leave.kind],
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return await _serve(store, frame.name, headers, request.method, frame.digest)

    async def get_object(request: Request) -> Response:
        leave = addresses.open_object(request.path_params["token"])
        if leave.case_key is None:
            await admission.admit(leave.actor)
        else:
            await admission.admit_to_case(leave.actor, leave.case_key)
        disposition = "inline" if leave.media_type.startswith(SHOWN_IN_PLACE) else "attachment"
        headers = GUARDS | {
            "cache-control": f"private, max-age={int(leave.seconds_left)}",
            "content-type": leave.media_type,
            "content-disposition": f'{disposition}; filename="{leave.name.rpartition("/")[2]}"',
        }
        return await _serve(store, leave.name, headers, request.method)

    return [
        Route(FRAME_PATH, refusing(get_frame), methods=["GET"]),
        Route(OBJECT_PATH, refusing(get_object), methods=["GET"]),
    ]


def refusing(endpoint: Endpoint) -> Endpoint:
    """What it raises as an answer."""

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


async def _serve(
    store: ObjectStore, name: str, headers: Mapping[str, str], method: str, digest: bytes | None = None
) -> Response:
    """digest: SHA-256 that the content had when it was stored; nothing is sent of what has another."""
    size = await store.size(name)
    told = {**headers, "content-length": str(size)}
    if method == "HEAD":
        return Response(headers=told)
    if size <= PIECE_BYTES:
        return Response(digests.check(name, await store.read(name), digest), headers=told)
    reader = await store.open(name)
    try:
        if digest is not None:
            await asyncio.to_thread(digests.check_reader, name, reader, digest)
    except BaseException:
        reader.close()
        raise
    return StreamingResponse(_pieces(reader), headers=told)


async def _pieces(reader: ObjectReader) -> AsyncIterator[bytes]:
    with reader:
        while piece := await asyncio.to_thread(reader.read, PIECE_BYTES):
            yield piece
