"""What is read of a request: no more than a limit, and JSON as RFC 8259 has it, with every name once.

Python's own reader takes more: NaN, names that come twice, UTF-16, numbers without end.
"""

import json
import math
from json import JSONDecodeError
from typing import Any, Final

from cross_web import HTTPException
from starlette.types import Message, Receive

NO_JSON: Final = "no JSON that we take"


def limited(receive: Receive, most: int) -> Receive:
    """Stop reading a body once it is too large, whatever its Content-Length says."""
    read = 0

    async def receive_limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413, f"A request has at most {most} bytes.")
        return message

    return receive_limited


def parse_json(content: str | bytes) -> Any:
    """Raises JSONDecodeError for all that is not the JSON of RFC 8259, in UTF-8, or nested beyond reason."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except JSONDecodeError:
        raise
    except (ValueError, RecursionError):  # UnicodeDecodeError too, and integers of more than 4300 digits
        raise JSONDecodeError(NO_JSON, "", 0) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(NO_JSON)
    return made


def _refuse(constant: str) -> None:
    raise ValueError(NO_JSON)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(NO_JSON)
    return number
