"""HTTP as cheap as it gets, the same for every server that is measured: one connection a client."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
SECONDS = 120
IDLE_SECONDS = 2  # servers hang up on a connection that is unused for longer


class Client:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._connection = HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)
        self._used = time.monotonic()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """Raises where the answer is not a 2xx."""
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()
        self._connection.request(method, path, body, headers or {})
        response = self._connection.getresponse()
        content = response.read()
        self._used = time.monotonic()
        if not 200 <= response.status < 300:
            raise RuntimeError(f"{method} {path.partition('?')[0]} answered {response.status}: {content[:300]!r}")
        return content

    def ask(self, token: str | None, document: str, **variables: Any) -> Any:
        """GraphQL's data."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        body = json.dumps({"query": document, "variables": variables}).encode()
        answer = json.loads(self.request("POST", "/graphql", body, headers))
        if answer.get("errors"):
            raise RuntimeError(str(answer["errors"]))
        return answer["data"]

    def close(self) -> None:
        self._connection.close()


def four_at_once(url: str, action: Callable[[Client, T], object], items: Sequence[T], clients: int = 4) -> None:
    """`action` on every item, by as many clients with a connection each."""

    def work(mine: Sequence[T]) -> None:
        client = Client(url)
        for item in mine:
            action(client, item)
        client.close()

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work, items[start::clients]) for start in range(clients)]:
            done.result()
