"""Recovery codes: ten, shown once, each stands in once for a code of the authenticator."""

import base64
import hashlib
import re
import secrets

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import WrongCode
from api.persistence.columns import now
from api.persistence.tables import RecoveryCode, User
from api.unit_of_work import UnitOfWork

COUNT = 10
BYTES = 10  # 80 bits: nobody guesses one, so that a plain hash keeps it
GROUP = 4
_CODE = re.compile(r"[a-z2-7]{16}")


async def replace_recovery_codes(session: AsyncSession, user: User) -> list[str]:
    """Ten new ones, in groups of four letters; those before are no longer good."""
    texts = [base64.b32encode(secrets.token_bytes(BYTES)).decode().lower() for _ in range(COUNT)]
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_key) == user.key))
    session.add_all(RecoveryCode(user_key=user.key, code_hash=_hash(text)) for text in texts)
    return ["-".join(text[i : i + GROUP] for i in range(0, len(text), GROUP)) for text in texts]


def is_recovery_code(typed: str) -> bool:
    """Whether it has a recovery code's form; an authenticator's has six digits."""
    return _CODE.fullmatch(_plain(typed)) is not None


async def use_recovery_code(uow: UnitOfWork, user: User, typed: str) -> None:
    """Raises WrongCode where it is none of the user's, or was used."""
    chosen = col(RecoveryCode.user_key) == user.key, col(RecoveryCode.code_hash) == _hash(_plain(typed))
    statement = update(RecoveryCode).where(*chosen, col(RecoveryCode.used_at).is_(None)).values(used_at=now())
    if await uow.session.scalar(statement.returning(col(RecoveryCode.user_key))) is None:
        raise WrongCode("This recovery code is not right, or was used already.", ["code"])
    uow.audit("recovery_code:use", user.key)


def _plain(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed.lower())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
