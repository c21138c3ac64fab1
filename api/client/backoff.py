"""Waiting between attempts: a little, then longer, and not for ever."""

import asyncio
import random
import time

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 4.0


class Backoff:
    """patience: seconds from the first failure after which to give up."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None
        self._failures = 0

    def succeeded(self) -> None:
        self._since, self._failures = None, 0

    async def wait(self, at_least: float = 0.0) -> bool:
        """False, at once, where it has been tried for long enough."""
        now = time.monotonic()
        self._since = self._since if self._since is not None else now
        pause = max(at_least, min(LONGEST_SECONDS, FIRST_SECONDS * 2**self._failures) * random.uniform(0.7, 1.0))
        if now + pause - self._since > self._patience:
            return False
        self._failures += 1
        await asyncio.sleep(pause)
        return True
