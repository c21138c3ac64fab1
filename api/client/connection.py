"""One signed-in connection to a Hilum: queries, mutations, subscriptions and bytes.

Goes on through short breaks and restarts of the server; every request it makes may be made twice.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from api.client.backoff import Backoff
from api.client.documents import ANSWER_CHALLENGE, SIGN_IN, SIGN_OUT
from api.client.errors import ConnectionLost, Refused, ServerNotThere, StaleAddress, WrongPassword
from api.client.event_stream import read_events

PATIENCE_SECONDS = 30.0
TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=60.0, pool=None)
STREAM_TIMEOUT = httpx.Timeout(connect=5.0, read=45.0, write=10.0, pool=None)  # three heartbeats of the server
SHORT = httpx.Timeout(2.0)
TRANSIENT = frozenset({"UNAVAILABLE", "RATE_LIMITED"})
TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})
STALE_STATUS = frozenset({403, 410})
JSON_ANSWER = "application/graphql-response+json, application/json"

Answer = dict[str, Any]


class Connection:
    """`async with` it: signs in on entering, out on leaving. patience: seconds that a break may last.

    ask_code: for a code of the second factor, each time one is needed; None where nobody could be asked.
    trust: whose certificates are believed; None for the usual ones.
    """

    def __init__(
        self,
        url: str,
        email: str,
        password: str,
        patience: float = PATIENCE_SECONDS,
        ask_code: Callable[[], str] | None = None,
        *,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._email, self._password, self._patience, self._ask_code = email, password, patience, ask_code
        self._token: str | None = None
        # A proxy has no business between this machine and itself.
        is_here = urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.AsyncClient(
            verify=trust or True, timeout=TIMEOUT, trust_env=not is_here, headers={"User-Agent": "hilum"}
        )

    async def __aenter__(self) -> Self:
        try:
            await self._sign_in()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            await self._http.aclose()
            raise ServerNotThere(self.url) from error
        except BaseException:
            await self._http.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._post(SIGN_OUT, {}, SHORT)
        except (httpx.HTTPError, Refused):
            pass  # the session ends by itself when it has been idle
        finally:
            await self._http.aclose()

    async def ask(self, document: str, variables: Mapping[str, Any], during: str) -> Answer:
        """The answer's `data`. during: completes "The connection was lost while …". Raises Refused, ConnectionLost."""
        backoff = Backoff(self._patience)
        while True:
            wait = 0.0
            try:
                return await self._post(document, variables)
            except httpx.TransportError:
                pass
            except Refused as error:
                wait = await self._recover(error)
            if not await backoff.wait(wait):
                raise ConnectionLost(during)

    async def mutate(self, document: str, name: str, given: Mapping[str, Any], during: str) -> Answer:
        """The payload of the mutation. Raises Refused with the first of its errors."""
        payload: Answer = (await self.ask(document, {"input": given}, during))[name]
        if payload["errors"]:
            first = payload["errors"][0]
            raise Refused(first["message"], first["code"])
        return payload

    async def follow(
        self, document: str, variables: Mapping[str, Any], cursor: str | None, during: str
    ) -> AsyncGenerator[Answer | None]:
        """Events after the cursor, each once and in order, through breaks of the connection; never ends by itself.

        None: nothing is new, or it is not known what is; a good moment to ask how things stand.
        Raises Refused, ConnectionLost.
        """
        backoff = Backoff(self._patience)
        while True:
            wait = 0.0
            try:
                async with aclosing(self._stream(document, {**variables, "after": cursor})) as stream:
                    async for event in stream:
                        backoff.succeeded()
                        cursor = event["cursor"] if event else cursor
                        yield event
            except httpx.TransportError:
                pass
            except Refused as error:
                if error.code == "EXPIRED":
                    cursor = None  # too long ago to be replayed
                    yield None
                else:
                    wait = await self._recover(error)
            if not await backoff.wait(wait):
                raise ConnectionLost(during)

    async def put(self, url: str, headers: Mapping[str, str], content: AsyncIterator[bytes]) -> None:
        """Send a part's bytes.

        Raises httpx.TransportError, or Refused with a code of TRANSIENT, where trying again may help,
        StaleAddress, Refused.
        """
        response = await self._http.put(url, headers=headers, content=content)
        if response.is_success:
            return
        message, code = f"The server answered {response.status_code} to a part.", None
        try:
            told = response.json()
            message, code = told["message"], told["code"]
        except (ValueError, KeyError, TypeError):
            pass
        if response.status_code in STALE_STATUS:
            raise StaleAddress(message, code)
        raise Refused(message, "UNAVAILABLE" if response.status_code in TRANSIENT_STATUS else code)

    async def _sign_in(self) -> None:
        self._token = None
        given = {"email": self._email, "password": self._password}
        payload = (await self._post(SIGN_IN, {"input": given}))["signIn"]
        challenge = payload.get("challenge")
        if challenge is not None and challenge["kind"] == "TOTP" and self._ask_code is not None:
            code = await asyncio.to_thread(self._ask_code)
            answer = {"challenge": challenge["token"], "code": code}
            payload = (await self._post(ANSWER_CHALLENGE, {"input": answer}))["answerChallenge"]
        if payload["errors"]:
            first = payload["errors"][0]
            kind = WrongPassword if first["code"] == "WRONG_CREDENTIALS" else Refused
            raise kind(f"{self._email}: {first['message']}")
        if payload["accessToken"] is None:
            raise Refused(
                f"{self._email} signs in with a second step that cannot be done here. Sign in once in the app."
            )
        self._token = payload["accessToken"]

    async def _recover(self, error: Refused) -> float:
        """Seconds to wait before trying again. Raises the error where that would not help."""
        if error.code == "UNAUTHENTICATED" and self._token is not None:
            try:
                await self._sign_in()  # the token lives for minutes, an upload may take hours
            except httpx.TransportError:
                self._token = ""
            return 0.0
        if error.code in TRANSIENT:
            return error.retry_after or 0.0
        raise error

    async def _post(self, document: str, variables: Mapping[str, Any], timeout: httpx.Timeout = TIMEOUT) -> Answer:
        response = await self._http.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers=self._headers(JSON_ANSWER),
            timeout=timeout,
        )
        return _data(response.status_code, response.content, self.url)

    async def _stream(self, document: str, variables: Mapping[str, Any]) -> AsyncGenerator[Answer | None]:
        """One distinct connection of graphql-sse: each event's only field, None for a heartbeat."""
        request = self._http.build_request(
            "POST",
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers=self._headers("text/event-stream"),
            timeout=STREAM_TIMEOUT,
        )
        response = await self._http.send(request, stream=True)
        try:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                _data(response.status_code, await response.aread(), self.url)
                raise Refused("The server does not stream events.")
            yield None
            async with aclosing(read_events(response.aiter_lines())) as events:
                async for event in events:
                    if event.name == "complete":
                        return
                    if event.name == "next":
                        (field,) = _data(200, event.data.encode(), self.url).values()
                        yield field
                    elif not event.name:
                        yield None
        finally:
            await response.aclose()

    def _headers(self, accept: str) -> dict[str, str]:
        return {"Accept": accept} | ({"Authorization": f"Bearer {self._token}"} if self._token is not None else {})


def _data(status: int, content: bytes, url: str) -> Answer:
    """Raises Refused for GraphQL's top-level errors and for answers that are none."""
    try:
        answer = json.loads(content)
        errors, data = answer.get("errors"), answer.get("data")
    except (ValueError, AttributeError):
        if status in TRANSIENT_STATUS:
            raise Refused(f"{url} answered {status}.", "UNAVAILABLE") from None
        raise ServerNotThere(url) from None
    if errors:
        extensions = errors[0].get("extensions") or {}
        trace = f" (trace {extensions['traceId']})" if "traceId" in extensions else ""
        raise Refused(f"{errors[0]['message']}{trace}", extensions.get("code"), extensions.get("retryAfter"))
    if not isinstance(data, dict):
        raise ServerNotThere(url)
    return data
