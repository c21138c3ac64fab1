"""Whether a request that would take a stream or plain JSON gets the one or the other.

Clients such as urql list `text/event-stream` beside JSON for every operation. Only a subscription is answered with a
stream then; who lists the stream alone gets one for whatever they ask, as the protocol of distinct connections has it.
"""

import json

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from schema.negotiation import EVENT_STREAM


async def settle(request: Request, receive: Receive, most_tokens: int) -> Request:
    """The request as it came, or one that no longer lists the stream. Its body is read, and can be read again."""
    body = await request.body()
    scope = request.scope if _subscribes(body, most_tokens) else _without_stream(request.scope)
    return Request(scope, _again(body, receive))


def _subscribes(body: bytes, most_tokens: int) -> bool:
    try:
        asked = json.loads(body)
        document = parse(asked["query"], no_location=True, max_tokens=most_tokens)
    except (ValueError, KeyError, TypeError, RecursionError, GraphQLError):
        return False  # whatever is wrong with it is told as JSON
    wanted = asked.get("operationName")
    return any(
        isinstance(node, OperationDefinitionNode)
        and node.operation is OperationType.SUBSCRIPTION
        and (wanted is None or (node.name is not None and node.name.value == wanted))
        for node in document.definitions
    )


def _without_stream(scope: Scope) -> Scope:
    def kept(value: bytes) -> bytes:
        parts = value.decode("latin-1").split(",")
        return ",".join(part for part in parts if EVENT_STREAM not in part.lower()).encode("latin-1")

    return {
        **scope,
        "headers": [(name, kept(value) if name == b"accept" else value) for name, value in scope["headers"]],
    }


def _again(body: bytes, receive: Receive) -> Receive:
    is_read = False

    async def receive_again() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
