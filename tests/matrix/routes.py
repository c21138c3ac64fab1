"""What each HTTP route lets whom do. A new route has no row here, and fails until it has one.

PUBLIC: it holds nothing of anybody, and answers everybody alike. OPERATIONS: the tables of `operations` say it. Any
other takes addresses that are sealed for somebody: a row that makes one, and the rule for whom it opens anything.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from api.permissions import Action, Actor
from api.persistence.columns import now
from api.reports import Format
from api.storage.object_store import OverlayFrames, PartedFile
from schema.node_ids import find_key
from tests.matrix.holdings import Holding, type_of
from tests.matrix.rules import Rule, own, sees
from tests.matrix.world import FILE_BYTES, World

Sign = Callable[[World, Actor, Holding], Awaitable[str]]


class Open(StrEnum):
    PUBLIC = "public"
    OPERATIONS = "operations"


@dataclass(frozen=True)
class Sealed:
    """sign: an address for the seat, where the server gives one: `given_to`. body: of what is sent there."""

    sign: Sign
    opens: Rule
    given_to: Rule
    body: bytes | None = None


async def frame(world: World, actor: Actor, holding: Holding) -> str:
    until = now() + timedelta(minutes=1)
    template = await world.house.store.sign_frames("frames", _key(holding, "Stack"), until, actor)
    return template.replace("{index}", "0")


async def overlay(world: World, actor: Actor, holding: Holding) -> str:
    frames = OverlayFrames(_key(holding, "Analysis"), 4, 4, 2, ())
    template = await world.house.store.sign_overlay(frames, now() + timedelta(minutes=1), actor)
    return template.replace("{index}", "0")


async def archive(world: World, actor: Actor, holding: Holding) -> str:
    name, until = f"exports/{_key(holding, 'Export')}", now() + timedelta(minutes=1)
    return await world.house.store.sign_read(name, "application/zip", until, actor, holding.case_key or uuid4())


def report(format: Format) -> Sign:
    async def sign(world: World, actor: Actor, holding: Holding) -> str:
        until = now() + timedelta(minutes=1)
        return world.house.addresses.report(actor, "Analysis", _key(holding, "Analysis"), format, until)

    return sign


async def part(world: World, actor: Actor, holding: Holding) -> str:
    file, until = PartedFile(str(_key(holding, "UploadFile")), 1), now() + timedelta(minutes=1)
    return (await world.house.store.sign_part(file, 1, FILE_BYTES, None, until, actor)).url


def anyone(actor: Actor, holding: Holding) -> bool:
    """Were it given to them by mistake, it must not help them: what it names is asked for again."""
    return True


REPORTED = (Action.CASE_SEE_ANALYSES, Action.CASE_DOWNLOAD)

ROUTES: dict[str, Open | Sealed] = {
    "GET /frames/{token}/{index}": Sealed(frame, opens=sees(), given_to=anyone),
    "GET /overlays/{token}/{index}": Sealed(overlay, opens=sees(Action.CASE_SEE_ANALYSES), given_to=anyone),
    "GET /objects/{token}": Sealed(archive, opens=sees(), given_to=anyone),
    "GET /reports/{token}": Sealed(report(Format.FHIR), opens=sees(*REPORTED), given_to=anyone),
    "PUT /parts/{token}": Sealed(part, opens=own, given_to=own, body=bytes(FILE_BYTES)),
    "ANY /graphql": Open.OPERATIONS,
    "WS /graphql": Open.OPERATIONS,
    "GET /health/live": Open.PUBLIC,
    "GET /health/ready": Open.PUBLIC,
    "GET /hilum-ca.crt": Open.PUBLIC,
    "GET /share": Open.PUBLIC,
    "POST /share": Open.PUBLIC,
    "GET /": Open.PUBLIC,
}

# Of a route that opens more than one kind of thing: the other kinds.
OTHER_KINDS = {
    "GET /reports/{token} as PDF": Sealed(report(Format.PDF), opens=sees(*REPORTED), given_to=anyone),
    "GET /reports/{token} as DICOM_SR": Sealed(
        report(Format.DICOM_SR), opens=sees(*REPORTED, Action.CASE_SEE_IDENTITY), given_to=anyone
    ),
}
SEALED = {name: row for name, row in {**ROUTES, **OTHER_KINDS}.items() if isinstance(row, Sealed)}


def name_of(route: BaseRoute) -> str:
    """Method and path, as the table has them; whatever else answers GET answers HEAD too."""
    if isinstance(route, WebSocketRoute):
        return f"WS {route.path}"
    if isinstance(route, Mount):
        return f"GET {route.path or '/'}"
    assert isinstance(route, Route), f"{route!r} is of a kind that `routes` does not know"
    methods = sorted((route.methods or {"ANY"}) - {"HEAD"})
    return f"{','.join(methods)} {route.path}"


def _key(holding: Holding, noun: str) -> UUID:
    key = find_key(holding.ids[noun], type_of(noun))
    assert key is not None
    return key
