"""The PWA's files, from the same origin as the API.

The app keeps its own places behind `#`, so that every address but `/` is a file or nothing.
"""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from api.routes.security_headers import DECODER_POLICY

HASHED = "/assets/"  # names change with their content, so these may be kept for ever
SHARE = "/share"  # where the manifest has other apps share files to; the app's service worker takes them
UNOPENED = "/?shared=unopened#/upload"
DECODER = re.compile(r"assets/decode\.worker-[\w-]+\.js")  # its worker alone compiles WebAssembly
# Laid beside each file by the build; the smaller first.
ENCODINGS = {"br": ".br", "gzip": ".gz"}
NOT_BUILT = "The PWA is not built. Run `make pwa`, or use the GraphQL API at /graphql.\n"


class AppFiles(StaticFiles):
    """own_url: where the app lives. Signed addresses and WebSockets are of that origin, so on another name of the same
    machine (localhost for 127.0.0.1) the browser is sent there."""

    def __init__(self, folder: Path, own_url: str) -> None:
        super().__init__(directory=folder, html=True)
        self._own_url = own_url

    async def get_response(self, path: str, scope: Scope) -> Response:
        host = Headers(scope=scope).get("host", "")
        own = urlsplit(self._own_url)
        if host != own.netloc and is_loopback(urlsplit(f"//{host}").hostname) and is_loopback(own.hostname):
            return RedirectResponse(self._own_url + scope["path"], 307)
        response = await super().get_response(path, scope)
        kept = HASHED in f"/{path}" and response.status_code in (200, 304)
        if DECODER.fullmatch(path):
            response.headers["content-security-policy"] = DECODER_POLICY
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Compressed, where the build did that and the browser takes it (RFC 9110, 8.4 and 12.5.3)."""
        accepted = accepted_encodings(Headers(scope=scope).get("accept-encoding", ""))
        for encoding, suffix in ENCODINGS.items():
            packed = Path(f"{os.fspath(full_path)}{suffix}")
            if encoding in accepted and packed.is_file():
                response = super().file_response(packed, packed.stat(), scope, status_code)
                response.headers["content-encoding"] = encoding
                break
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.add_vary_header("accept-encoding")
        return response


def accepted_encodings(header: str) -> set[str]:
    """Those that are named, and not refused by a weight of zero."""
    named = (each.strip().lower().partition(";") for each in header.split(","))
    return {name.strip() for name, _, weight in named if not re.fullmatch(r"\s*q=0(\.0{0,3})?\s*", weight)}


def is_loopback(host: str | None) -> bool:
    return host in ("localhost", "::1") or (host or "").startswith("127.")


async def shared(request: Request) -> Response:
    """No service worker took what another app shared: it goes unread, and the app says how to share again."""
    return RedirectResponse(UNOPENED, 303)


def routes(folder: Path, own_url: str) -> list[BaseRoute]:
    if (folder / "index.html").is_file():
        shares = [Route(SHARE, shared, methods=[method]) for method in ("GET", "POST")]
        return [*shares, Mount("/", AppFiles(folder, own_url))]

    async def missing(request: Request) -> Response:
        return PlainTextResponse(NOT_BUILT, status_code=404)

    return [Route("/", missing)]
