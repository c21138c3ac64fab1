"""The PWA's files, from the same origin as the API. What is no file is the app's own address and gives its page."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

HASHED = "/assets/"  # names change with their content, so these may be kept for ever
NOT_BUILT = "The PWA is not built. Run `make pwa`, or use the GraphQL API at /graphql.\n"


class AppFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or "." in path.rsplit("/", 1)[-1]:
                raise
            response = await super().get_response("index.html", scope)
        kept = HASHED in f"/{path}" and response.status_code in (200, 304)
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


def routes(folder: Path) -> list[BaseRoute]:
    if (folder / "index.html").is_file():
        return [Mount("/", AppFiles(directory=folder, html=True))]

    async def missing(request: Request) -> Response:
        return PlainTextResponse(NOT_BUILT, status_code=404)

    return [Route("/", missing)]
