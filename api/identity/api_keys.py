"""API keys of applications: the form of their text, and who is behind one.

`hilum_<prefix>_<secret><checksum>`: 8 signs to find the key by, 256 random bits in 43, and CRC-32 of what comes before
in 6, all base 62. So a scanner of source code knows one when it sees it, and a slip of the pen is told from a real key
without asking. The whole text is digested: SHA-256 suffices for 256 random bits, a password hash is for passwords.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.permissions import Actor, Role, Scope
from api.persistence.columns import now
from api.persistence.tables import ApiKey, User

BEGINNING = "hilum_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX_SIGNS = 8
SECRET_BYTES = 32
SECRET_SIGNS = 43  # 62**43 > 2**256
CHECKSUM_SIGNS = 6
FORM = re.compile(rf"{BEGINNING}([0-9A-Za-z]{{{PREFIX_SIGNS}}})_[0-9A-Za-z]{{{SECRET_SIGNS + CHECKSUM_SIGNS}}}")
USED_STEP = timedelta(minutes=1)  # coarse on purpose: not a write a request
NOBODYS_PREFIX = ""
NOBODYS_DIGEST = bytes(hashlib.sha256().digest_size)


@dataclass(frozen=True, slots=True)
class NewKey:
    """text: what the application sends; shown once, kept nowhere."""

    text: str = field(repr=False)
    prefix: str
    digest: bytes


def new_key() -> NewKey:
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(PREFIX_SIGNS))
    body = f"{BEGINNING}{prefix}_{_base62(secrets.randbits(8 * SECRET_BYTES), SECRET_SIGNS)}"
    text = body + _checksum(body)
    return NewKey(text, prefix, _digest(text))


def is_key(text: str) -> bool:
    """Whether it is meant as a key, not as an access token."""
    return text.startswith(BEGINNING)


def has_right_checksum(text: str) -> bool:
    """Whether it can be a key at all, told without asking the server."""
    is_formed = FORM.fullmatch(text) is not None
    return is_formed and _checksum(text[:-CHECKSUM_SIGNS]) == text[-CHECKSUM_SIGNS:]


def shown_prefix(prefix: str) -> str:
    """What is shown of a key, to tell it from others."""
    return f"{BEGINNING}{prefix}"


async def find_actor(session: AsyncSession, text: str) -> Actor | None:
    """The application behind a key that is in force; marks it as used.

    Whatever is wrong with it, the form, the prefix or the secret, is asked and compared alike and takes as long.
    """
    form = FORM.fullmatch(text)
    prefix = form.group(1) if form else NOBODYS_PREFIX
    found = (await session.execute(_with_user().where(col(ApiKey.prefix) == prefix))).first()
    is_right = hmac.compare_digest(_digest(text), found[0].digest if found else NOBODYS_DIGEST)
    if found is None or not is_right or not _is_in_force(found[0], found[1]):
        return None
    await _mark_used(session, found[0])
    return _actor(found[0], found[1])


async def current_actor(session: AsyncSession, key: UUID) -> Actor | None:
    """The application whose key it is, while that is in force."""
    found = (await session.execute(_with_user().where(col(ApiKey.key) == key))).first()
    return _actor(found[0], found[1]) if found and _is_in_force(found[0], found[1]) else None


def _with_user() -> Select[ApiKey, User]:
    return select(ApiKey, User).join(User, col(User.key) == col(ApiKey.user_key))


def _is_in_force(key: ApiKey, user: User) -> bool:
    return key.revoked_at is None and key.expires_at > now() and not user.disabled


def _actor(key: ApiKey, user: User) -> Actor:
    scopes = frozenset(Scope(name) for name in key.scopes)
    return Actor(user.key, user.organization_key, Role(user.role), api_key_key=key.key, scopes=scopes)


async def _mark_used(session: AsyncSession, key: ApiKey) -> None:
    """Of requests at the same time one writes, and none waits for another's row."""
    moment = now()
    if key.last_used_at is not None and key.last_used_at > moment - USED_STEP:
        return
    free = (
        select(col(ApiKey.key))
        .where(
            col(ApiKey.key) == key.key,
            or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) <= moment - USED_STEP),
        )
        .with_for_update(skip_locked=True)
    )
    used = update(ApiKey).where(col(ApiKey.key).in_(free)).values(last_used_at=moment)
    await session.execute(used, execution_options={"synchronize_session": False})


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_SIGNS)


def _base62(number: int, signs: int) -> str:
    text = ""
    for _ in range(signs):
        number, sign = divmod(number, len(ALPHABET))
        text = ALPHABET[sign] + text
    return text
