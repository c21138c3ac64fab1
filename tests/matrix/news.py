"""Events as a seat hears them: everything that they tell, up to the last one."""

from collections.abc import Callable, Sequence

from graphql import GraphQLSchema, is_interface_type, is_object_type

from api.events import reading
from api.events.append import Stream, case_changed, notification_arrived, upload_progressed
from api.permissions import Actor
from schema.node_ids import find_key
from tests.matrix.holdings import Holding
from tests.matrix.rules import OK
from tests.matrix.selections import Json, everything
from tests.matrix.world import World
from tests.schema.edge import Socket


def kinds(schema: GraphQLSchema, interface: str) -> list[str]:
    of = schema.get_type(interface)
    assert is_interface_type(of)
    return [event.name for event in schema.get_possible_types(of)]


def everything_of(schema: GraphQLSchema, events: Sequence[str]) -> str:
    """A selection of everything that events of these kinds tell, in braces."""
    selections = []
    for kind in events:
        of = schema.get_type(kind)
        assert is_object_type(of)
        selections.append(f"... on {kind} {everything(schema, of)}")
    return f"{{ __typename cursor {' '.join(selections)} }}"


async def of_case(world: World, holding: Holding) -> str | None:
    """The cursor of the last event of a case, which has changed again; None where there is none."""
    if holding.case_key is None or holding.organization_key is None:
        return None
    async with world.house.unit_of_work() as uow:
        uow.tell(*case_changed(holding.case_key, holding.organization_key))
    async with world.house.unit_of_work() as uow:
        return str(await reading.newest(uow.session, {Stream.CASE: holding.case_key}))


async def of_upload(world: World, actor: Actor, holding: Holding) -> None:
    key = find_key(holding.ids["Upload"], "Upload")
    assert key is not None
    async with world.house.unit_of_work() as uow:
        uow.tell(upload_progressed(actor.user_key, key))


async def of_notification(world: World, actor: Actor, holding: Holding) -> None:
    key = find_key(holding.ids["Notification"], "Notification")
    assert key is not None
    async with world.house.unit_of_work() as uow:
        uow.tell(notification_arrived(actor.user_key, key))


def is_at(cursor: str | None) -> Callable[[Json], bool]:
    return lambda event: bool(event["cursor"] == cursor)


async def hear(
    socket: Socket, query: str, given: dict[str, str], name: str, is_last: Callable[[Json], bool]
) -> tuple[list[Json], str]:
    """Events up to the last one and OK; or the code that the stream ended with. name: of the subscription."""
    await socket.subscribe(query, given, name)
    heard: list[Json] = []
    while True:
        message = await socket.receive()
        if message["id"] != name:
            continue  # of a subscription before
        payload = message.get("payload")
        errors = payload if message["type"] == "error" else (payload or {}).get("errors")
        if errors:
            return heard, str(errors[0]["extensions"].get("code") or errors[0]["message"])
        assert message["type"] == "next", message
        (event,) = message["payload"]["data"].values()
        heard.append(event)
        if is_last(event):
            await socket.send(type="complete", id=name)
            return heard, OK
