"""The directory in our own tables: argon2id hashes, authenticators' secrets, codes by mail."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col

from api.errors import (
    Conflict,
    Expired,
    NotFound,
    Unauthenticated,
    Unavailable,
    WeakPassword,
    WrongCode,
    WrongCredentials,
)
from api.identity import letters, totp
from api.identity.directory import Proof, Step, StepKind
from api.identity.mailed_codes import WRONG, MailedCodes, Purpose
from api.identity.passwords import HashCost, Passwords, check_strength
from api.persistence.columns import is_storable, now
from api.persistence.engine import transaction
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import LocalAccount

log = logging.getLogger(__name__)

WAITING_LETTERS = 64  # that nobody waits for, and which are not on their way yet
BEGIN_AGAIN = "This sign-in can no longer go on. Sign in again."

Deliver = Callable[[letters.Letter], Awaitable[None]]


class Seals(Protocol):
    """Seals short texts under data keys; what is sealed opens only for the purpose it was sealed for."""

    async def seal(self, text: str, purpose: Mapping[str, str]) -> bytes: ...

    async def open(self, sealed: bytes, purpose: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, slots=True)
class LocalParts:
    """What the local directory is made of. deliver: sends a letter; raises Unavailable."""

    sessions: async_sessionmaker[AsyncSession]
    seals: Seals
    deliver: Deliver
    cost: HashCost
    codes: MailedCodes
    clock: Callable[[], float] = time.time


class LocalDirectory:
    """A `UserDirectory`. A code is mailed after the commit: where mail fails it can be asked for again."""

    def __init__(self, parts: LocalParts) -> None:
        self._sessions, self._seals, self._codes = parts.sessions, parts.seals, parts.codes
        self._deliver, self.clock = parts.deliver, parts.clock
        self._passwords = Passwords(parts.cost)
        self._on_their_way: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Once every letter is out."""
        await asyncio.gather(*self._on_their_way, return_exceptions=True)

    # accounts

    async def register(self, email: str, password: str, *, confirmed: bool = False) -> str:
        check_strength(password, (email,))
        fresh = {
            "password_hash": await self._passwords.hash(password),  # also where the address is taken: as slowly
            "changed_at": now(),
            "confirmed_at": now() if confirmed else None,
        }
        account = LocalAccount(email=email, password_hash="")
        statement = insert(LocalAccount).values(account.model_dump() | fresh)
        statement = statement.on_conflict_do_update(
            index_elements=["email_blind"], set_=fresh, where=col(LocalAccount.confirmed_at).is_(None)
        )
        async with transaction(self._sessions) as session:
            subject = await session.scalar(statement.returning(col(LocalAccount.subject)))
            if subject is None:
                raise Conflict("This e-mail address has an account already. Sign in with it.", ["email"])
            code = None if confirmed else await self._codes.make(session, subject, Purpose.CONFIRM)
        if code is not None:
            await self._deliver(letters.confirmation(email, code))
        return str(subject)

    async def find(self, email: str) -> str | None:
        account = await self._account(email)
        return account.subject if account else None

    async def confirm(self, email: str, code: str) -> None:
        account = await self._account(email)
        if account is None or account.confirmed_at is not None:
            raise WrongCode(WRONG, ["code"])
        async with transaction(self._sessions) as session:
            fault = await self._codes.check(session, account.subject, Purpose.CONFIRM, code)
            if fault is None:
                await self._codes.use_up(session, account.subject, Purpose.CONFIRM)
                await _change(session, account.subject, confirmed_at=now())
        if fault is not None:
            raise fault

    async def resend_confirmation(self, email: str) -> None:
        self._mail_later(email, Purpose.CONFIRM)

    async def set_enabled(self, subject: str, enabled: bool) -> None:
        async with transaction(self._sessions) as session:
            if not await _change(session, subject, enabled=enabled):
                raise NotFound("There is no such account.")

    async def set_password(self, subject: str, password: str) -> None:
        """Not of the protocol: for whoever runs the server. Raises: NotFound, WeakPassword."""
        check_strength(password)
        hashed = await self._passwords.hash(password)
        async with transaction(self._sessions) as session:
            if not await _change(session, subject, password_hash=hashed, changed_at=now()):
                raise NotFound("There is no such account.")

    # signing in

    async def authenticate(self, email: str, password: str) -> Proof | Step:
        account = await self._account(email)
        matches = await self._passwords.matches(account.password_hash if account else None, password)
        if account is None or not matches or not account.enabled:
            raise WrongCredentials()
        if self._passwords.needs_rehash(account.password_hash):
            await self._rehash(account, password)
        if account.confirmed_at is None:
            return Step(StepKind.CONFIRM_EMAIL, account.subject)
        if account.totp_secret is not None:
            return Step(StepKind.TOTP, account.subject)
        try:
            check_strength(password, (email,))
        except WeakPassword:  # taken before the list was what it is now
            return Step(StepKind.NEW_PASSWORD, account.subject)
        return Proof(account.subject, has_totp=False)

    async def answer_totp(self, step: Step, code: str) -> Proof:
        async with transaction(self._sessions) as session:
            account = await _lock(session, step.subject)
            if account is None or account.totp_secret is None or step.kind is not StepKind.TOTP:
                raise Expired(BEGIN_AGAIN)
            found = await self._find_step(account, account.totp_secret, code)
            if found is None:
                raise WrongCode("This code is not right. Wait for the next one and try again.", ["code"])
            account.totp_step = found
        return Proof(step.subject, has_totp=True, state=step.state)

    async def answer_new_password(self, step: Step, new_password: str) -> Proof | Step:
        async with transaction(self._sessions) as session:
            account = await _lock(session, step.subject)
        if account is None or account.totp_secret is not None or step.kind is not StepKind.NEW_PASSWORD:
            raise Expired(BEGIN_AGAIN)
        check_strength(new_password, (account.email,), "newPassword")
        hashed = await self._passwords.hash(new_password)
        async with transaction(self._sessions) as session:
            unchanged = col(LocalAccount.password_hash) == account.password_hash
            if not await _change(session, step.subject, unchanged, password_hash=hashed, changed_at=now()):
                raise Expired(BEGIN_AGAIN)
        return Proof(step.subject, has_totp=False, state=step.state)

    async def renew(self, subject: str, state: str | None) -> str | None:
        async with self._sessions() as session:
            account = await session.get(LocalAccount, subject)
        if account is None or not account.enabled:
            raise Unauthenticated("The session has ended. Sign in again.")
        return state

    async def sign_out_everywhere(self, subject: str) -> None:
        """Nothing to do: no sign-in is kept here, the sessions are ours."""

    # the second factor

    async def begin_totp(self, who: Proof | Step) -> tuple[str, Proof | Step]:
        if isinstance(who, Step) and who.kind is not StepKind.ENROLL_TOTP:
            raise Expired(BEGIN_AGAIN)
        secret = totp.new_secret()
        sealed = await self._seals.seal(secret, _purpose(who.subject))
        async with transaction(self._sessions) as session:
            account = await _lock(session, who.subject)
            if account is None or (account.totp_secret is not None and not _is_proved(who)):
                raise Expired(BEGIN_AGAIN)
            account.pending_secret = sealed
        return secret, who

    async def confirm_totp(self, who: Proof | Step, code: str) -> Proof:
        async with transaction(self._sessions) as session:
            account = await _lock(session, who.subject)
            if account is None or account.pending_secret is None:
                raise Expired(BEGIN_AGAIN)
            if account.totp_secret is not None and not _is_proved(who):
                raise Expired(BEGIN_AGAIN)
            account.totp_step = None  # of another secret
            found = await self._find_step(account, account.pending_secret, code)
            if found is None:
                raise WrongCode("This code is not right. See that the phone's clock is, and try again.", ["code"])
            account.totp_secret, account.pending_secret, account.totp_step = account.pending_secret, None, found
        return Proof(who.subject, has_totp=True, state=who.state)

    async def remove_totp(self, subject: str) -> None:
        async with transaction(self._sessions) as session:
            await _change(session, subject, totp_secret=None, pending_secret=None, totp_step=None)

    # a forgotten password

    async def request_reset(self, email: str) -> None:
        self._mail_later(email, Purpose.RESET)

    async def reset(self, email: str, code: str, new_password: str) -> str:
        account = await self._account(email)
        if account is None or account.confirmed_at is None or not account.enabled:
            raise WrongCode(WRONG, ["code"])
        async with transaction(self._sessions) as session:
            fault = await self._codes.check(session, account.subject, Purpose.RESET, code)
        if fault is not None:
            raise fault
        check_strength(new_password, (email,), "newPassword")
        hashed = await self._passwords.hash(new_password)
        async with transaction(self._sessions) as session:
            fault = await self._codes.check(session, account.subject, Purpose.RESET, code)
            if fault is None:  # not used, or replaced, meanwhile
                await self._codes.use_up(session, account.subject, Purpose.RESET)
                await _change(session, account.subject, password_hash=hashed, changed_at=now())
        if fault is not None:
            raise fault
        return account.subject

    async def _account(self, email: str) -> LocalAccount | None:
        if not is_storable(email):
            email = ""  # nobody's
        async with self._sessions() as session:
            by_address = is_blind(LocalAccount, "email_blind", None, email)
            found: LocalAccount | None = await session.scalar(select(LocalAccount).where(by_address))
            return found

    async def _rehash(self, checked: LocalAccount, password: str) -> None:
        hashed = await self._passwords.hash(password)
        async with transaction(self._sessions) as session:
            unchanged = col(LocalAccount.password_hash) == checked.password_hash
            await _change(session, checked.subject, unchanged, password_hash=hashed)

    async def _find_step(self, account: LocalAccount, sealed: bytes, code: str) -> int | None:
        secret = await self._seals.open(sealed, _purpose(account.subject))
        return totp.find_step(secret, code, self.clock(), account.totp_step)

    async def _mail_code(self, email: str, purpose: Purpose) -> None:
        """To whom it is due; says nothing either way."""
        account = await self._account(email)
        if account is None or not account.enabled:
            return
        if (account.confirmed_at is None) is not (purpose is Purpose.CONFIRM):
            return
        async with transaction(self._sessions) as session:
            code = await self._codes.make(session, account.subject, purpose)
        write = letters.confirmation if purpose is Purpose.CONFIRM else letters.reset
        await self._deliver(write(email, code))

    def _mail_later(self, email: str, purpose: Purpose) -> None:
        """Whoever asks is answered at once: neither the time nor a fault of the mail tells whether there is an account.

        Raises: Unavailable where too many wait.
        """
        if len(self._on_their_way) >= WAITING_LETTERS:
            raise Unavailable("Too many mails wait to be sent. Try again in a few seconds.", retry_after=5.0)
        task = asyncio.create_task(self._mail(email, purpose))
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)

    async def _mail(self, email: str, purpose: Purpose) -> None:
        try:
            await self._mail_code(email, purpose)
        except Exception as error:  # nobody waits for it; the code can be asked for again
            log.error("a mailed code was not sent: %s", type(error).__name__)


async def _lock(session: AsyncSession, subject: str) -> LocalAccount | None:
    """The account, if it may sign in, until the transaction ends."""
    usable = (
        col(LocalAccount.subject) == subject,
        col(LocalAccount.enabled),
        col(LocalAccount.confirmed_at).is_not(None),
    )
    found: LocalAccount | None = await session.scalar(select(LocalAccount).where(*usable).with_for_update())
    return found


async def _change(session: AsyncSession, subject: str, *more: ColumnElement[bool], **columns: object) -> bool:
    statement = update(LocalAccount).where(col(LocalAccount.subject) == subject, *more).values(**columns)
    return await session.scalar(statement.returning(col(LocalAccount.subject))) is not None


def _is_proved(who: Proof | Step) -> bool:
    """Whether the second factor that is in force was answered."""
    return isinstance(who, Proof) and who.has_totp


def _purpose(subject: str) -> dict[str, str]:
    return {"purpose": "totp", "subject": subject}
