"""What is still to be answered before somebody gets a session.

The token is kept as a hash, and the directory's state is sealed under a key that only the token gives: whoever reads
the database can neither answer a challenge nor use what it holds.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.accounts.visitor import Visitor
from api.errors import Expired
from api.identity.directory import Proof, Step, StepKind
from api.persistence.columns import now
from api.persistence.tables import Challenge

ENDED = "This sign-in can no longer go on. Sign in again."
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """token: goes to the client alone."""

    kind: StepKind
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """who: whom the directory will know. password: of a CONFIRM_EMAIL challenge, to go on with once that is done."""

    key: UUID
    kind: StepKind
    email: str
    token: str = field(repr=False)
    who: Proof | Step
    password: str | None = field(default=None, repr=False)

    @property
    def step(self) -> Step:
        """Raises Expired where the directory waits for nothing."""
        if not isinstance(self.who, Step):
            raise Expired(ENDED)
        return self.who


async def begin_challenge(
    visitor: Visitor, kind: StepKind, email: str, who: Proof | Step, password: str | None = None
) -> NewChallenge:
    token = secrets.token_urlsafe(32)
    row = Challenge(
        token_hash=_hash(token),
        kind=kind.value,
        subject=who.subject,
        sealed=_seal(token, email, who, password),
        expires_at=now() + timedelta(seconds=visitor.settings.challenge_seconds),
    )
    async with visitor.house.unit_of_work() as uow:
        uow.session.add(row)
    return NewChallenge(kind, token)


async def open_challenge(visitor: Visitor, token: str, *kinds: StepKind, is_answer: bool = True) -> OpenChallenge:
    """Raises Expired where it has ended, was answered too often, or is of another kind. An answer counts at once."""
    async with visitor.house.unit_of_work() as uow:
        open_ones = (
            col(Challenge.token_hash) == _hash(token),
            col(Challenge.expires_at) > now(),
            col(Challenge.tries) < visitor.settings.code_tries,
            col(Challenge.kind).in_([kind.value for kind in kinds]),
        )
        counted = update(Challenge).where(*open_ones).values(tries=col(Challenge.tries) + int(is_answer))
        row = await uow.session.scalar(counted.returning(Challenge))
    if row is None:
        raise Expired(ENDED, ["challenge"])
    email, who, password = _open(token, row.sealed)
    return OpenChallenge(row.key, StepKind(row.kind), email, token, who, password)


async def keep_challenge(session: AsyncSession, challenge: OpenChallenge, who: Proof | Step) -> None:
    """The same challenge, with what the directory needs from now on."""
    sealed = _seal(challenge.token, challenge.email, who, challenge.password)
    await session.execute(update(Challenge).where(col(Challenge.key) == challenge.key).values(sealed=sealed))


async def end_challenge(session: AsyncSession, challenge: OpenChallenge) -> None:
    """It was answered. Raises Expired where that happened before: of two answers at once one counts."""
    statement = delete(Challenge).where(col(Challenge.key) == challenge.key).returning(col(Challenge.key))
    if await session.scalar(statement) is None:
        raise Expired(ENDED, ["challenge"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _key(token: str) -> AESGCM:
    """SHA-256 suffices: the token is 256 random bits. The prefix sets the key apart from the hash that is stored."""
    return AESGCM(hashlib.sha256(b"hilum challenge\n" + token.encode(errors="surrogatepass")).digest())


def _seal(token: str, email: str, who: Proof | Step, password: str | None) -> bytes:
    content = {"email": email, "is_proof": isinstance(who, Proof), "who": asdict(who), "password": password}
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _key(token).encrypt(nonce, json.dumps(content).encode(), None)


def _open(token: str, sealed: bytes) -> tuple[str, Proof | Step, str | None]:
    content: dict[str, Any] = json.loads(_key(token).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
    who = content["who"]
    if content["is_proof"]:
        return content["email"], Proof(**who), content["password"]
    return content["email"], Step(StepKind(who["kind"]), who["subject"], who["state"]), content["password"]
