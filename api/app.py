"""The ASGI application: GraphQL, signed addresses for bytes, health, and the PWA."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Scope

from api.backends import Backends, open_backends
from api.images import FrameObjects
from api.network.certificates import files_of
from api.oversight.frame_reads import FrameReads
from api.oversight.refusals import AnonymousRefusals
from api.persistence.logins import Login
from api.reports import Reports
from api.routes import authority, frames, health, overlays, parts, pwa, reports
from api.routes.admission import LiveAdmission
from api.routes.deadlines import Deadlines
from api.routes.occurrences import Occurrences
from api.routes.recorded_refusals import recorded
from api.routes.security_headers import SecurityHeaders
from api.routes.tracing import Traces, masked
from api.settings import Settings
from api.storage.leaves import FrameLeave
from api.unit_of_work import House
from schema.endpoint import GraphQLEndpoint


def routes_of(backends: Backends) -> list[BaseRoute]:
    house = backends.house
    graphql, admission, refusals = GraphQLEndpoint(house), LiveAdmission(house), AnonymousRefusals(house)
    sent = parts.routes(
        backends.store,
        backends.addresses,
        admission,
        concurrent_parts=house.settings.concurrent_parts,
        idle_seconds=house.settings.part_idle_seconds,
    )
    reads = FrameReads(house)

    async def record_read(leave: FrameLeave, address: str | None) -> None:
        await reads.record_stack(leave.actor, leave.stack_key, address)

    fetched = frames.routes(backends.store, backends.addresses, FrameObjects(house).find, admission, record_read)
    drawn = overlays.routes(backends.store, backends.addresses, admission)
    made = reports.routes(backends.addresses, admission, Reports(house).find)
    return [
        *recorded(sent, "upload:send", refusals.record),
        *recorded(fetched, "series:see_frames", refusals.record),
        *recorded(drawn, "case:see_analyses", refusals.record),
        *recorded(made, "case:download", refusals.record),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        *health.routes(house),
        *authority.routes(files_of(house.settings).authority if house.settings.tls == "generated" else None),
        *pwa.routes(house.settings.pwa, house.settings.url),
    ]


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Opens its backends when it starts and closes them when it stops."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_backends(settings, database_url, login=Login.API) as backends:
            app.router.routes.extend(routes_of(backends))
            app.state.house = backends.house
            yield

    return guarded(Starlette(lifespan=lifespan), settings, lambda scope: scope["app"].state.house)


def guarded(app: Starlette, settings: Settings, find_house: Callable[[Scope], House]) -> ASGIApp:
    """The app behind what surrounds every request; also its faults and what it has no route for."""
    app.add_exception_handler(Exception, masked)
    app.add_middleware(Occurrences, find_house)
    app.add_middleware(Deadlines, settings.body_grace_seconds, settings.body_bytes_per_second)
    return Traces(SecurityHeaders(app, settings.url))
