"""Whether whoever listens may still: asked where news of the session comes, and now and then in case none did.

Ending a session, disabling an account or changing a role tells by `NOTIFY` (`Stream.CREDENTIAL`, keys only), so that
streams and sockets end at once; the poll stays for the case that a notification is lost.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import datetime

from api import accounts
from api.errors import Unauthenticated
from api.events.append import Stream
from api.permissions import Actor
from api.persistence.columns import now
from api.unit_of_work import House

CHECK_SECONDS = 2.0
FRESH_SECONDS = 0.25  # a check so young still holds for the next event of a burst


class Credential:
    """Who listens, as they were when they began; any change of that ends it. ends_at: of the access token."""

    def __init__(self, house: House, actor: Actor, ends_at: datetime | None) -> None:
        self.house, self.actor = house, actor
        self._ends_at = ends_at
        self._checked = time.monotonic()

    @contextlib.contextmanager
    def bell(self) -> Iterator[asyncio.Event]:
        """An event that is set when the session, or the API key, may have ended."""
        key = self.actor.session_key or self.actor.api_key_key
        if key is None:
            yield asyncio.Event()
            return
        with self.house.hub.following({Stream.CREDENTIAL: key}) as bell:
            yield bell

    def is_fresh(self, fresh: float = FRESH_SECONDS) -> bool:
        """Whether it was checked a moment ago."""
        return time.monotonic() - self._checked < fresh

    async def check(self, fresh: float = FRESH_SECONDS) -> None:
        """Raises Unauthenticated."""
        if self._ends_at is not None and now() >= self._ends_at:
            raise Unauthenticated("The access token has ended. Refresh the session and subscribe again.")
        if self.is_fresh(fresh):
            return
        if not await accounts.is_current(self.house, self.actor):
            raise Unauthenticated("The session has ended. Sign in again.")
        self._checked = time.monotonic()

    def patience(self) -> float:
        """Seconds until the next check is due."""
        if self._ends_at is None:
            return CHECK_SECONDS
        return max(0.0, min(CHECK_SECONDS, (self._ends_at - now()).total_seconds()))
