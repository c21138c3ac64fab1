"""How a result becomes an HTTP answer: its media type, its status, and what goes beside it."""

from collections.abc import Mapping, Sequence

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.responses import JSONResponse, Response
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from api.errors import ErrorCode
from schema.negotiation import JSON, RESPONSE

CODES = {403: ErrorCode.FORBIDDEN, 408: ErrorCode.UNAVAILABLE, 413: ErrorCode.TOO_LARGE}
TOO_MANY = 429


class Answer(Response):
    """What goes beside the result: headers and cookies, its media type, and whether the request was refused.

    retry_after: seconds, where it was refused for being one too many.
    """

    accepted: str = JSON
    is_refused: bool = False
    retry_after: float | None = None

    @classmethod
    def accepting(cls, media_type: str | None) -> "Answer":
        answer = cls()
        answer.status_code = None  # type: ignore[assignment] # Strawberry's sign for: as the result has it
        del answer.headers["content-length"]
        answer.accepted = media_type or JSON
        return answer

    def note(self, result: ExecutionResult, told: GraphQLHTTPResponse) -> None:
        """Where nothing was executed there is no `data` either (GraphQL §7.1)."""
        if isinstance(result, PreExecutionError) or (
            result.data is None and any(error.path is None for error in result.errors or ())
        ):
            told.pop("data", None)
            self.is_refused = True
            self.retry_after = _retry_after(result.errors or ())

    def finish(self, response: Response) -> Response:
        """GraphQL over HTTP: with the older media type whatever could be read is a 200."""
        response.headers["cache-control"] = "no-store"
        if self.retry_after is not None:
            response.headers["retry-after"] = str(max(1, round(self.retry_after)))
        response.headers["content-type"] = f"{self.accepted if self.accepted == RESPONSE else JSON}; charset=utf-8"
        if self.accepted == RESPONSE and self.is_refused:
            response.status_code = TOO_MANY if self.retry_after is not None else 400
        return response


def refused(refusal: HTTPException, media_type: str | None) -> Response:
    """Before there was any result."""
    code = CODES.get(refusal.status_code, ErrorCode.INVALID)
    body: Mapping[str, object] = {"errors": [{"message": refusal.reason, "extensions": {"code": code.value}}]}
    headers = {"cache-control": "no-store"}
    if refusal.status_code == 405:
        headers["allow"] = "GET, POST"
    media_type = RESPONSE if media_type == RESPONSE else JSON
    return JSONResponse(body, refusal.status_code, headers, f"{media_type}; charset=utf-8")


def _retry_after(errors: Sequence[GraphQLError]) -> float | None:
    for error in errors:
        extensions = error.extensions or {}
        if extensions.get("code") == ErrorCode.RATE_LIMITED.value:
            seconds: float = extensions.get("retryAfter", 1.0)
            return seconds
    return None
