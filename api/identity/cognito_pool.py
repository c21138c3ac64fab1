"""Requests to one Cognito user pool. boto3 blocks, so each runs in a thread, with a deadline, and few at once.

Every refusal of AWS ends here: the caller says what it foresees, all else becomes Unavailable and a line in the log
with the operation and AWS's code, never its message, which may name people.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from api.errors import ApiError, Unavailable
from api.identity.srp import PasswordProof, secret_hash
from api.settings import Settings

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Refusals = Mapping[str, Callable[[], ApiError]]  # what a code of AWS means to who asks

BUSY_SECONDS = 2.0
AWAY_SECONDS = 5.0
BUSY = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "ConcurrentModificationException",
    }
)
# AWS's own faults; other unforeseen codes are a pool or a role that is not set up as docs/using.md says.
AWAY = frozenset({"InternalErrorException", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException"})


def busy() -> Unavailable:
    return Unavailable("Too many people sign in at this moment. Try again in a few seconds.", retry_after=BUSY_SECONDS)


def away() -> Unavailable:
    return Unavailable("The directory of accounts does not answer. Try again in a moment.", retry_after=AWAY_SECONDS)


class CognitoPool:
    """One app client of one pool."""

    def __init__(self, settings: Settings) -> None:
        """Raises: ValueError where the settings name no pool or no app client."""
        if settings.cognito_pool_id is None or settings.cognito_client_id is None:
            raise ValueError("A Cognito directory needs HILUM_COGNITO_POOL_ID and HILUM_COGNITO_CLIENT_ID.")
        self.pool_id, self.client_id = settings.cognito_pool_id, settings.cognito_client_id
        self._secret = settings.cognito_client_secret
        self._seconds = settings.cognito_seconds
        self._places = threading.BoundedSemaphore(settings.cognito_calls + settings.cognito_waiting_calls)
        self._threads = ThreadPoolExecutor(settings.cognito_calls, thread_name_prefix="cognito")
        self._client = boto3.session.Session().client(
            "cognito-idp",
            region_name=region(settings),
            endpoint_url=settings.cognito_endpoint,
            config=Config(
                connect_timeout=settings.cognito_seconds,
                read_timeout=settings.cognito_seconds,
                # A code that was taken must not be sent again: whoever is told Unavailable decides.
                retries={"total_max_attempts": 1},
                max_pool_connections=settings.cognito_calls,
                tcp_keepalive=True,
            ),
        )

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def secret_hash(self, username: str, name: str = "SecretHash") -> dict[str, str]:
        """The parameter that proves the app client's secret; none where it has none."""
        if self._secret is None:
            return {}
        return {name: secret_hash(username, self.client_id, self._secret.get_secret_value())}

    async def new_proof(self, username: str, password: str) -> PasswordProof:
        secret = None if self._secret is None else self._secret.get_secret_value()
        return await self.run(
            lambda: PasswordProof(
                username,
                password,
                pool_id=self.pool_id,
                client_id=self.client_id,
                client_secret=secret,
                client=self._client,
            )
        )

    async def ask(self, operation: str, refusals: Refusals, **parameters: Any) -> dict[str, Any]:
        """What Cognito answers to an operation of boto3's `cognito-idp` client.

        Raises: what `refusals` says for AWS's code, else Unavailable.
        """
        try:
            answer = await self.run(lambda: getattr(self._client, operation)(**parameters))
        except ClientError as refusal:
            code = str(refusal.response.get("Error", {}).get("Code", ""))
            raise _meaning(operation, code, refusals) from None
        except (BotoCoreError, ResponseParserError) as fault:
            log.error("Cognito could not be asked for %s: %s", operation, type(fault).__name__)
            raise away() from None
        return dict(answer)

    async def ask_as_client(self, operation: str, refusals: Refusals, **parameters: Any) -> dict[str, Any]:
        """The same for the operations that any client may ask: with our client id."""
        return await self.ask(operation, refusals, ClientId=self.client_id, **parameters)

    async def ask_as_administrator(
        self, operation: str, username: str, refusals: Refusals, **parameters: Any
    ) -> dict[str, Any]:
        """The same for `admin_…`, which are signed with the process's AWS credentials."""
        return await self.ask(operation, refusals, UserPoolId=self.pool_id, Username=username, **parameters)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Blocking work in a thread. Raises: Unavailable where too many wait or it takes too long."""
        if not self._places.acquire(blocking=False):
            raise busy()
        # The place is given back when the thread has ended, not when the caller stopped waiting for it.
        future = self._threads.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            log.warning("Cognito did not answer within %s s", self._seconds)
            raise away() from None


def region(settings: Settings) -> str:
    """A pool's id is its region, an underscore and a name."""
    return settings.cognito_region or str(settings.cognito_pool_id).split("_", 1)[0]


def issuer(settings: Settings) -> str:
    """What the pool's tokens name as `iss`."""
    return settings.cognito_issuer or (
        f"https://cognito-idp.{region(settings)}.amazonaws.com/{settings.cognito_pool_id}"
    )


def jwks_url(settings: Settings) -> str:
    return settings.cognito_jwks_url or f"{issuer(settings)}/.well-known/jwks.json"


def _meaning(operation: str, code: str, refusals: Refusals) -> ApiError:
    if code in refusals:
        return refusals[code]()
    if code in BUSY:
        log.warning("Cognito throttles %s: %s", operation, code)
        return busy()
    log.log(logging.WARNING if code in AWAY else logging.ERROR, "Cognito refused %s: %s", operation, code)
    return away()
