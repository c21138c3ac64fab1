"""graphql-transport-ws as its own document has it, also where a client does not keep to it."""

import asyncio
import contextlib
from typing import cast

from graphql import GraphQLError
from sqlalchemy.exc import SQLAlchemyError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from api import telemetry
from api.errors import ErrorCode, Unauthenticated
from schema.context import Caller
from schema.credentials import Credential

SHORTEST_PAUSE = 0.05
LAST_WORDS_SECONDS = 0.5  # for the subscriptions to tell why they end
WITH_ID = frozenset({"subscribe", "complete"})


class SocketHandler(BaseGraphQLTransportWSHandler[Caller, None]):
    """A socket that was opened with a token is closed with 4403 when that token, its session or its account ends,
    also where nothing is subscribed to."""

    _watch: asyncio.Task[None] | None = None

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self.context.credential is not None and self._watch is None:
            self._watch = asyncio.create_task(self._close_when_ended(self.context.credential))

    async def shutdown(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await super().shutdown()

    async def _close_when_ended(self, credential: Credential) -> None:
        with credential.bell() as bell:
            while await _still_stands(credential):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), max(credential.patience(), SHORTEST_PAUSE))
                bell.clear()
        await asyncio.sleep(LAST_WORDS_SECONDS)
        await self.websocket.close(code=4403, reason="Forbidden")

    async def handle_message(self, message: Message) -> None:
        """A message of another shape closes the socket with 4400; the stock handler would fall over it."""
        fault = _fault(message)
        if fault is not None:
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(message)

    async def run_operation(self, operation: Operation[Caller, None]) -> None:
        """Each in a trace of its own: a socket may carry thousands."""
        with telemetry.span("graphql", begins=True):
            await super().run_operation(operation)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        most = self.max_subscriptions_per_connection
        is_new = message["id"] not in self.operations
        if self.connection_acknowledged and is_new and most is not None and len(self.operations) >= most:
            error = GraphQLError(
                f"A connection carries at most {most} operations at once. Complete one first.",
                extensions={"code": ErrorCode.RATE_LIMITED.value},
            )
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)


async def _still_stands(credential: Credential) -> bool:
    """Where the database does not answer it is asked again; what is asked over the socket fails as long anyway."""
    try:
        await credential.check(fresh=0.0)
    except Unauthenticated:
        return False
    except SQLAlchemyError:
        pass
    return True


def _fault(message: object) -> str | None:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message is an object with a type"
    values = cast("dict[str, object]", message)
    if values["type"] in WITH_ID and not isinstance(values.get("id"), str):
        return "An id is a string"
    if values["type"] != "subscribe":
        return None
    payload = values.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return "A subscribe message has a query"
    if not isinstance(payload.get("variables"), dict | None) or not isinstance(
        payload.get("operationName"), str | None
    ):
        return "Variables are an object and an operation's name is a string"
    return None
