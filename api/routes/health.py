"""Whether the process lives, and whether it can work: for load balancers and whoever watches it."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.unit_of_work import House


def routes(house: House) -> list[Route]:
    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(request: Request) -> Response:
        try:
            async with house.sessions() as session:
                await session.execute(text("select 1"))
        except (SQLAlchemyError, OSError):
            return JSONResponse({"status": "waiting for the database"}, status_code=503)
        return JSONResponse({"status": "ready"})

    return [Route("/health/live", live), Route("/health/ready", ready)]
