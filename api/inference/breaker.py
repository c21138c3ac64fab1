"""A circuit breaker: who failed again and again is left alone for a while, then asked once before all ask again."""

import time
from collections.abc import Callable

from api.errors import PredictorAway


class Breaker:
    """Of one event loop. Closed until `failures` in a row, then open for `pause` seconds, then one call may try."""

    def __init__(self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now, all or all but one."""
        return self._opened_at is not None

    def enter(self) -> None:
        """Before a call; each that gets through ends with `succeed`, `fail` or `leave`. Raises PredictorAway."""
        if self._opened_at is None:
            return
        left = self._opened_at + self._pause - self._clock()
        if left > 0 or self._is_probing:
            message = "The model server failed several times and is left alone for a moment."
            raise PredictorAway(message, retry_after=max(left, 0.1))
        self._is_probing = True

    def succeed(self) -> None:
        self._failures, self._opened_at, self._is_probing = 0, None, False

    def fail(self) -> None:
        self._failures += 1
        if self._is_probing or self._failures >= self._most:
            self._opened_at = self._clock()
        self._is_probing = False

    def leave(self) -> None:
        """The call ended without saying anything of the server: it was called off."""
        self._is_probing = False
