"""Passwords: which ones are taken (NIST SP 800-63B, 3.1.1.2) and how they are kept (argon2id, RFC 9106)."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import Unavailable, WeakPassword
from api.identity.breached_passwords import weakness
from api.persistence.columns import is_storable

SHORTEST = 12  # the standard asks for eight beside a second factor, fifteen alone
LONGEST = 256  # hashing is made slow on purpose: a megabyte of password would be an attack
SERVICE = "hilum"
AT_ONCE = "Too many people sign in at this moment. Try again in a few seconds."

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class HashCost:
    """memory_kib, iterations, lanes: argon2id's m, t, p. concurrent: hashes at once; waiting: how many may wait."""

    memory_kib: int
    iterations: int
    lanes: int
    concurrent: int
    waiting: int


def check_strength(password: str, known: Iterable[str] = (), field: str = "password") -> None:
    """known: words that go with the account. Raises: WeakPassword. There are no rules of composition."""
    if not SHORTEST <= len(password) <= LONGEST or not is_storable(password):
        raise WeakPassword(f"A password has {SHORTEST} to {LONGEST} characters, none of them NUL.", [field])
    if (reason := weakness(password, (SERVICE, *known))) is not None:
        raise WeakPassword(reason, [field])


class Passwords:
    """Hashes in threads, a few at once: one takes tens of milliseconds and its memory, and the event loop must not
    wait for it."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHasher(cost.iterations, cost.memory_kib, cost.lanes)
        self._turns = asyncio.Semaphore(cost.concurrent)
        self._most_waiting = cost.waiting
        self._waiting = 0
        # Checked where there is no such account, so that the answer takes as long.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Raises: Unavailable where too many wait."""
        return await self._in_turn(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """False, and as slowly, where nothing is stored. Raises: Unavailable where too many wait."""
        is_possible = len(password) <= LONGEST and is_storable(password)
        found = await self._in_turn(self.verify, stored or self._nobody, password if is_possible else "")
        return found and is_possible and stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether it was made with other parameters than those of now."""
        return self._hasher.check_needs_rehash(stored)

    def verify(self, stored: str, password: str) -> bool:
        """Blocking."""
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[..., Result], *arguments: str) -> Result:
        if self._turns.locked() and self._waiting >= self._most_waiting:
            raise Unavailable(AT_ONCE, retry_after=2.0)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            return await asyncio.to_thread(work, *arguments)
        finally:
            self._turns.release()
