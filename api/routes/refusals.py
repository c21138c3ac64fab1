"""What a route answers when it refuses: a status, and the contract's code with a sentence as JSON."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from api.errors import ApiError, ErrorCode

STATUS = {
    ErrorCode.INVALID: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.EXPIRED: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
}
GRAPHQL_PATH = "/graphql"


def refuse(error: ApiError, status: int | None = None) -> JSONResponse:
    """status: instead of the one that the code has."""
    return _answer(error, {"code": error.code.value, "message": error.message}, status)


def refuse_at(path: str, error: ApiError, status: int | None = None) -> JSONResponse:
    """In the form that the path's clients read."""
    if path != GRAPHQL_PATH:
        return refuse(error, status)
    content = {"errors": [{"message": error.message, "extensions": {"code": error.code.value}}]}
    return _answer(error, content, status)


def _answer(error: ApiError, content: Mapping[str, object], status: int | None) -> JSONResponse:
    headers = {"cache-control": "no-store"}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    return JSONResponse(content, status or STATUS.get(error.code, 400), headers)
