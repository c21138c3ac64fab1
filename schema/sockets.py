"""graphql-transport-ws as its own document has it, also where a client does not keep to it."""

from typing import cast

from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage

from api import telemetry
from api.errors import ErrorCode
from schema.context import Caller

WITH_ID = frozenset({"subscribe", "complete"})


class SocketHandler(BaseGraphQLTransportWSHandler[Caller, None]):
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
