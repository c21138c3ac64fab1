"""Codes that the local directory mails: single use, short-lived, a few tries, the newest alone is good."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import Expired, WrongCode
from api.persistence.columns import now
from api.persistence.tables import MailedCode

DIGITS = 6
WRONG = "This code is not right, or no longer good. Ask for a new one if it does not help to type it again."


class Purpose(StrEnum):
    CONFIRM = "confirm"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class MailedCodes:
    """pepper: a secret of at least 32 bytes; without it so short a code could be found from its hash."""

    pepper: bytes
    seconds: int
    tries: int

    async def make(self, session: AsyncSession, subject: str, purpose: Purpose) -> str:
        """A new code; the one before it is no longer good."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        fresh = {
            "code_hash": self._hash(subject, purpose, code),
            "expires_at": now() + timedelta(seconds=self.seconds),
            "tries": 0,
        }
        statement = insert(MailedCode).values(subject=subject, purpose=purpose.value, **fresh)
        await session.execute(statement.on_conflict_do_update(index_elements=["subject", "purpose"], set_=fresh))
        return code

    async def check(self, session: AsyncSession, subject: str, purpose: Purpose, code: str) -> Exception | None:
        """None where the code is right; else what to raise after the commit, for a wrong one is counted."""
        of_this = select(MailedCode).where(*self._of(subject, purpose))
        row: MailedCode | None = await session.scalar(of_this.with_for_update())
        if row is None:
            return WrongCode(WRONG, ["code"])
        if row.expires_at <= now():
            return Expired("This code has expired. Ask for a new one.", ["code"])
        if row.tries >= self.tries:
            return Expired("Too many wrong codes. Ask for a new one.", ["code"])
        if hmac.compare_digest(row.code_hash, self._hash(subject, purpose, code)):
            return None
        row.tries += 1
        return WrongCode(WRONG, ["code"])

    async def use_up(self, session: AsyncSession, subject: str, purpose: Purpose) -> bool:
        """False where it was used meanwhile."""
        statement = delete(MailedCode).where(*self._of(subject, purpose)).returning(col(MailedCode.subject))
        return await session.scalar(statement) is not None

    def _of(self, subject: str, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
        return (col(MailedCode.subject) == subject, col(MailedCode.purpose) == purpose.value)

    def _hash(self, subject: str, purpose: Purpose, code: str) -> str:
        typed = "".join(code.split()).encode(errors="replace")
        return hmac.digest(self.pepper, f"{purpose}\n{subject}\n".encode() + typed, "sha256").hex()
