"""What a client is told of a failure: expected ones as values or codes, all others masked with a trace id."""

import functools
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import strawberry
from graphql import GraphQLError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.errors import ApiError, ErrorCode, NotFound, Unavailable
from api.telemetry import find_trace_id
from schema.context import Context
from schema.node_ids import find_key, parse_id
from schema.reads import action_of_mutation, snake_case

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("hilum.graphql")

strawberry.enum(ErrorCode)

UNFORESEEN = "Something went wrong on our side. Try again; if it stays, report it with this trace id."
UNSTORABLE = "The input holds a character or a number that cannot be stored."
RETRY_SECONDS = 2.0
# Wrong passwords and codes are recorded by what asks for them: that knows whose.
REFUSALS = frozenset({ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED})
TOO_DEEP = "The document is nested too deeply."


@strawberry.type(description="What a user can correct, or must know.")
class UserError:
    code: ErrorCode
    message: str
    field: list[str] | None = strawberry.field(default=None, description="Path within the input.")
    retry_after: float | None = strawberry.field(default=None, description="Seconds, where waiting helps.")

    @classmethod
    def of(cls, error: ApiError) -> "UserError":
        return cls(code=error.code, message=error.message, field=error.field, retry_after=error.retry_after)


def refusable(
    payload: Callable[..., R], about: str | None = None
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Let a mutation's expected errors come back in its payload, the rest of which is then null.

    about: the field of the input that names the subject. What is not there and what may not be seen answer alike.
    """

    def decorate(resolve: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(resolve)
        async def resolved(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return await resolve(*args, **kwargs)
            except ApiError as error:
                _note_refused_mutation(resolve.__name__, error, about, (*args, *kwargs.values()))
                if about is not None and isinstance(error, NotFound) and error.field is None:
                    subject = about.removesuffix("Id")
                    error = NotFound(f"There is no such {subject}, or you may not see it.", [about])
                return payload(errors=[UserError.of(error)])

        return resolved

    return decorate


def note_refusal(context: Context, error: GraphQLError) -> None:
    """For the audit; what is not there is no error here, and noted where it was sought."""
    cause = _cause(error)
    if isinstance(cause, ApiError) and cause.code in REFUSALS and not isinstance(cause, NotFound):
        field = next((snake_case(step) for step in error.path or () if isinstance(step, str)), "operation")
        context.reads.refuse(cause.action or f"{field}:see")


def _note_refused_mutation(name: str, error: ApiError, about: str | None, given: tuple[object, ...]) -> None:
    """about: the field of the input that names the subject, where the error does not say which."""
    info = next((value for value in given if isinstance(value, strawberry.Info)), None)
    if error.code not in REFUSALS or info is None:
        return
    action = error.action or action_of_mutation(name)
    field = snake_case(error.field[0] if error.field else about or "")
    named = next((getattr(value, field) for value in given if hasattr(value, field)), "") if field else ""
    kind, _ = parse_id(named) if isinstance(named, str) else ("", "")
    # Only names of the schema: what somebody makes up for an id must not be written into the trail.
    key = find_key(named, kind) if info._raw_info.schema.get_type(kind) is not None else None
    if isinstance(error, NotFound):
        info.context.reads.seek(action, kind or None, key)
    else:
        info.context.reads.refuse(action, kind or None, key)


def _cause(error: GraphQLError) -> BaseException | None:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, StatementError) and not isinstance(cause, DBAPIError):
        prepared = cause.orig  # raised while a value was made ready for the database
        return prepared if isinstance(prepared, Exception) else cause
    return cause


def shown(error: GraphQLError, suggests: bool) -> GraphQLError:
    """The error as the client sees it. suggests: whether names of the schema may be told."""
    cause = _cause(error)
    if isinstance(cause, ApiError):
        return _with_code(error, cause)
    if isinstance(cause, (DataError, UnicodeEncodeError)):
        return _replaced(error, UNSTORABLE, {"code": ErrorCode.INVALID.value})
    if isinstance(cause, RecursionError):
        return _replaced(error, TOO_DEEP, {"code": ErrorCode.INVALID.value})
    if isinstance(cause, (OperationalError, PoolTimeoutError)):
        logger.error("the database does not answer: %s", type(cause.__cause__ or cause).__qualname__)
        return _with_code(
            error, Unavailable("The database does not answer in time. Try again.", retry_after=RETRY_SECONDS)
        )
    if cause is not None and not isinstance(cause, GraphQLError):
        return _masked(error, cause)
    message = error.message if suggests else error.message.split(" Did you mean ")[0]
    return _replaced(error, message, {"code": ErrorCode.INVALID.value, **(error.extensions or {})})


def _with_code(error: GraphQLError, cause: ApiError) -> GraphQLError:
    extensions: dict[str, object] = {"code": cause.code.value}
    if cause.retry_after is not None:
        extensions["retryAfter"] = cause.retry_after
    return _replaced(error, cause.message, extensions)


def _masked(error: GraphQLError, cause: BaseException) -> GraphQLError:
    trace_id = current_trace_id()
    # Neither the exception's text nor the document: both may name a patient.
    frames = "".join(traceback.format_list(traceback.extract_tb(cause.__traceback__)))
    logger.error("%s at %s, trace %s\n%s", type(cause).__qualname__, error.path or "-", trace_id, frames)
    return _replaced(error, UNFORESEEN, {"traceId": trace_id})


def _replaced(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def current_trace_id() -> str:
    """Of the span around the operation; a fresh one where there is none."""
    return find_trace_id() or secrets.token_hex(16)
