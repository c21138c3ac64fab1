"""Hand a sealed message to a push service."""

import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from api.errors import Unavailable
from api.push.addresses import NotFoundByName, NotPublic, find_destination
from api.push.encryption import encrypt
from api.push.vapid import Vapid

TOPIC_LENGTH = 32  # RFC 8030 section 5.4
GONE = frozenset({404, 410})  # sections 7.3 and 8.2: the browser has unsubscribed
TOO_MANY = 429
SECONDS = re.compile("[0-9]{1,6}")  # of Retry-After; a date is passed over
HIGH, NORMAL = "high", "normal"


class Outcome(StrEnum):
    TAKEN = "taken"
    GONE = "gone"  # the subscription is no more
    REFUSED = "refused"  # this message will never be taken


class PushServiceAway(Unavailable):
    """Try again: it does not answer, or says that it cannot now."""


@dataclass(frozen=True)
class Push:
    """topic: one that waits at the push service is replaced by a later one of the same topic."""

    message: bytes
    urgency: str
    topic: str


@dataclass(frozen=True)
class PushSender:
    """allowed: hosts that need not be public. ttl: how long a push service keeps what it cannot deliver, seconds.

    trust: the authorities that a push service's certificate is checked against; None for those of the system.
    """

    vapid: Vapid
    allowed: frozenset[str]
    seconds: float
    ttl: int
    trust: ssl.SSLContext | None = None

    async def send(self, endpoint: str, p256dh: bytes, auth: bytes, push: Push) -> Outcome:
        """Raises PushServiceAway."""
        try:
            destination = await find_destination(endpoint, self.allowed, self.seconds)
        except NotPublic:
            return Outcome.REFUSED
        except NotFoundByName:
            raise PushServiceAway("The push service has no address.") from None
        parts = urlsplit(endpoint)
        host = f"[{destination.address}]" if ":" in destination.address else destination.address
        request = httpx.Request(
            "POST",
            parts._replace(netloc=f"{host}:{destination.port}").geturl(),
            content=encrypt(push.message, p256dh, auth),
            headers={
                "host": parts.netloc,
                "authorization": self.vapid.authorization(endpoint),
                "content-encoding": "aes128gcm",
                "content-type": "application/octet-stream",
                "ttl": str(self.ttl),
                "urgency": push.urgency,
                "topic": push.topic,
            },
            extensions={"sni_hostname": destination.host, "timeout": httpx.Timeout(self.seconds).as_dict()},
        )
        # Neither proxies of the environment nor redirects: the request goes where it was checked to go.
        verify = self.trust if self.trust is not None else ssl.create_default_context()
        try:
            async with httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False) as client:
                response = await client.send(request, stream=True)
                await response.aclose()  # its body says nothing that is needed, and may be long
        except (httpx.HTTPError, ssl.SSLError, OSError):
            raise PushServiceAway("The push service does not answer.") from None
        return _outcome(response)


def _outcome(response: httpx.Response) -> Outcome:
    status = response.status_code
    if status in GONE:
        return Outcome.GONE
    if status == TOO_MANY or status >= 500:
        seconds = response.headers.get("retry-after", "")
        raise PushServiceAway(
            "The push service takes nothing now.", retry_after=float(seconds) if SECONDS.fullmatch(seconds) else None
        )
    return Outcome.TAKEN if 200 <= status < 300 else Outcome.REFUSED
