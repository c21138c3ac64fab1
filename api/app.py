"""The ASGI application: GraphQL, signed addresses for bytes, health, and the PWA."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.backends import Backends, open_backends
from api.images import FrameObjects
from api.persistence.logins import Login
from api.routes import frames, health, parts, pwa
from api.routes.security_headers import SecurityHeaders
from api.settings import Settings
from schema.endpoint import GraphQLEndpoint


def routes_of(backends: Backends) -> list[BaseRoute]:
    house = backends.house
    graphql = GraphQLEndpoint(house)
    return [
        *parts.routes(
            backends.store,
            backends.addresses,
            concurrent_parts=house.settings.concurrent_parts,
            idle_seconds=house.settings.part_idle_seconds,
        ),
        *frames.routes(backends.store, backends.addresses, FrameObjects(house).find),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        *health.routes(house),
        *pwa.routes(house.settings.pwa, house.settings.url),
    ]


def create_app(settings: Settings, database_url: str) -> Starlette:
    """Opens its backends when it starts and closes them when it stops."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_backends(settings, database_url, Login.API) as backends:
            app.router.routes.extend(routes_of(backends))
            app.state.house = backends.house
            yield

    return Starlette(lifespan=lifespan, middleware=[Middleware(SecurityHeaders)])
