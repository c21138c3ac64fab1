"""GET of what an analysis draws over a stack, from its signed address: a leave as for frames (`api.routes.frames`)."""

from functools import lru_cache
from typing import Final

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.analyses.overlays import MEDIA_TYPE, as_png, object_name
from api.errors import NotFound
from api.routes.admission import Admission
from api.routes.frames import GUARDS, refusing
from api.storage.addresses import OVERLAY_PATH, SignedAddresses
from api.storage.object_store import ObjectStore

KEPT_BLANKS: Final = 8


def routes(store: ObjectStore, addresses: SignedAddresses, admission: Admission) -> list[Route]:
    async def get_overlay(request: Request) -> Response:
        leave = addresses.open_overlay(request.path_params["token"])
        overlay = leave.overlay
        await admission.admit_to_analysis(leave.actor, overlay.analysis_key)
        text = request.path_params["index"]
        index = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
        if not 0 <= index < overlay.frame_count:
            raise NotFound("This stack has no such frame.")
        headers = GUARDS | {
            "cache-control": f"private, max-age={int(leave.seconds_left)}, immutable",
            "etag": addresses.entity_tag("overlay", overlay.analysis_key, index),  # an analysis that ended is as it is
            "content-type": MEDIA_TYPE,
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        is_kept = index in overlay.frames
        content = await store.read(object_name(overlay.analysis_key, index)) if is_kept else None
        return Response(content or _blank(overlay.rows, overlay.columns), headers=headers)

    return [Route(OVERLAY_PATH, refusing(get_overlay), methods=["GET"])]


@lru_cache(KEPT_BLANKS)
def _blank(rows: int, columns: int) -> bytes:
    return as_png(np.zeros((rows, columns), np.uint8))
