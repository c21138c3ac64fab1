"""API keys of partners' applications: an administrator makes them, sees them, revokes them.

A key acts as a user of its own, of role PARTNER, whom nobody can sign in as. Its secret is told once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlmodel import col

from api.errors import Conflict, Invalid, NotFound
from api.events.append import Stream, ring
from api.identity.api_keys import new_key
from api.permissions import Action, Role, Scope, is_allowed, require
from api.persistence.columns import is_storable, now
from api.persistence.tables import ApiKey, User
from api.unit_of_work import UnitOfWork

NAME_LENGTH = 100
ENDED_LISTED = 100  # keys no longer in force that are still listed, the latest
UNREACHABLE = "api-key.invalid"  # no mail can be sent there, RFC 2606


@dataclass(frozen=True)
class MadeKey:
    """secret: to be shown this once."""

    row: ApiKey
    secret: str = field(repr=False)


async def create_key(uow: UnitOfWork, name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> MadeKey:
    """Raises: NotPermitted, Invalid (name, scopes, end), Conflict (too many in force)."""
    actor = require(uow.actor, Action.API_KEY_ADMINISTER)
    name = _checked_name(name)
    if not scopes:
        raise Invalid("Choose at least one scope: a key without any may do nothing.", ["scopes"])
    end = _checked_end(expires_at, uow.settings.api_key_days)
    await _check_count(uow, actor.organization_key)
    made, key = new_key(), uuid4()
    user = User(
        organization_key=actor.organization_key,
        email=f"key-{key}@{UNREACHABLE}",
        display_name=name,
        role=Role.PARTNER.value,
    )
    uow.session.add(user)
    await uow.session.flush()
    row = ApiKey(
        key=key,
        organization_key=actor.organization_key,
        user_key=user.key,
        prefix=made.prefix,
        digest=made.digest,
        scopes=[scope.value for scope in Scope if scope in scopes],
        created_by=actor.user_key,
        expires_at=end,
    )
    uow.session.add(row)
    await uow.session.flush()
    uow.audit("api_key:create", row.key)
    return MadeKey(row, made.text)


async def revoke_key(uow: UnitOfWork, api_key_key: UUID | None) -> ApiKey:
    """No request of it is answered from now on, and what it listens to ends. Told twice it happens once.

    Raises: NotPermitted; NotFound, also for None, an id that names nothing.
    """
    actor = require(uow.actor, Action.API_KEY_ADMINISTER)
    own = col(ApiKey.key) == api_key_key, col(ApiKey.organization_key) == actor.organization_key
    row: ApiKey | None = await uow.session.scalar(select(ApiKey).where(*own).with_for_update())
    if row is None:
        raise NotFound("There is no such API key, or you may not see it.", ["apiKeyId"])
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now(), actor.user_key
        await ring(uow.session, Stream.CREDENTIAL, row.key)
        uow.audit("api_key:revoke", row.key)
    return row


async def list_keys(uow: UnitOfWork) -> list[ApiKey]:
    """Those in force, newest first; then those that have ended, the latest ones first."""
    actor = require(uow.actor, Action.API_KEY_ADMINISTER)
    own = select(ApiKey).where(col(ApiKey.organization_key) == actor.organization_key)
    end = func.least(col(ApiKey.revoked_at), col(ApiKey.expires_at))
    in_force = own.where(end > now()).order_by(col(ApiKey.created_at).desc(), col(ApiKey.key))
    ended = own.where(end <= now()).order_by(end.desc(), col(ApiKey.key)).limit(ENDED_LISTED)
    return [row for statement in (in_force, ended) for row in (await uow.session.execute(statement)).scalars()]


async def find_keys(uow: UnitOfWork, keys: Sequence[UUID]) -> dict[UUID, ApiKey]:
    """Those of the actor's organization; none for whoever does not look after keys."""
    if uow.actor is None or not is_allowed(uow.actor, Action.API_KEY_ADMINISTER):
        return {}
    own = col(ApiKey.key).in_(keys), col(ApiKey.organization_key) == uow.actor.organization_key
    return {row.key: row for row in (await uow.session.execute(select(ApiKey).where(*own))).scalars()}


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_LENGTH or not is_storable(name):
        raise Invalid(f"A key's name has 1 to {NAME_LENGTH} characters, all of them printable.", ["name"])
    return name


def _checked_end(expires_at: datetime | None, most_days: int) -> datetime:
    """The longest life where no end is asked for: a forgotten key ends too."""
    latest = now() + timedelta(days=most_days)
    if expires_at is None:
        return latest
    if expires_at <= now():
        raise Invalid("The end of a key lies ahead.", ["expiresAt"])
    if expires_at > latest:
        raise Invalid(f"A key lives for at most {most_days} days. Choose an earlier end.", ["expiresAt"])
    return expires_at


async def _check_count(uow: UnitOfWork, organization_key: UUID) -> None:
    """Of two made at once the second waits, and counts the first."""
    await uow.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"api_keys:{organization_key}", 0)))
    )
    in_force = (
        col(ApiKey.organization_key) == organization_key,
        col(ApiKey.revoked_at).is_(None),
        col(ApiKey.expires_at) > now(),
    )
    most = uow.settings.api_keys
    if int(await uow.session.scalar(select(func.count()).select_from(ApiKey).where(*in_force)) or 0) >= most:
        raise Conflict(f"An organization has at most {most} API keys in force. Revoke one first.")
