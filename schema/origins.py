"""Requests that a page of another site makes a browser send (CSRF, cross-site WebSockets).

Nothing is done on a cookie's credit but `refreshSession`, and its cookie is SameSite=Strict. Behind that stands this:
where the cookie comes all the same, the browser must not say that another site asked. Browsers say so with `Origin` on
every POST, and with `Sec-Fetch-Site`; who is no browser brings no cookie that somebody else could use.
"""

from collections.abc import Mapping
from typing import Final

from strawberry.http.websocket_origin import normalize_origin

OWN: Final = frozenset({"same-origin", "none"})  # none: the user themselves, by the address bar


def is_foreign(headers: Mapping[str, str], own_url: str) -> bool:
    """headers: names in lower case, or without regard to it. own_url: where browsers reach this server."""
    if headers.get("sec-fetch-site", "none") not in OWN:
        return True
    origin = headers.get("origin")
    return origin is not None and normalize_origin(origin) != normalize_origin(own_url)
