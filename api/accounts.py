"""Sign-in, sessions, and who is behind a token."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import Conflict, Invalid, RateLimited, Unauthenticated, Unavailable, WrongCredentials
from api.identity.tokens import new_refresh_token, refresh_hash
from api.permissions import Actor, Role
from api.persistence.columns import is_storable, now
from api.persistence.tables import Organization, Session, SignInFailure, User
from api.unit_of_work import House, UnitOfWork

USER_AGENT_LENGTH = 200
LAST_SEEN_STEP = timedelta(seconds=30)  # coarse on purpose: not a write a request
SIGN_IN_LOCK = 0x48696C75  # PostgreSQL's advisory locks are numbers; this one is ours


@dataclass(frozen=True)
class SignedIn:
    user: User
    session: Session
    access_token: str
    expires_at: datetime
    refresh_token: str  # goes in a cookie, never in a payload


async def sign_in(uow: UnitOfWork, email: str, password: str, user_agent: str | None) -> SignedIn:
    """Sign in; nothing was asked of `uow.session` before, so that no connection is held while the password is checked.

    Raises: WrongCredentials without saying which was wrong, RateLimited after too many failures for an e-mail address
    or from a client's, Unavailable where too many sign in at once.
    """
    email_hash = hashlib.sha256(email.strip().lower().encode(errors="surrogatepass")).hexdigest()
    attempt = await _count_attempt(uow, email_hash)
    try:
        user_key = await uow.house.directory.authenticate(uow.house.sessions, email, password)
    except Unavailable:  # nothing was guessed
        async with uow.house.unit_of_work() as record:
            await record.session.execute(delete(SignInFailure).where(col(SignInFailure.id) == attempt))
        raise
    if user_key is None:
        # Its own transaction: this one is rolled back by the error.
        async with uow.house.unit_of_work(address=uow.address) as record:
            record.audit("session:open", None, "refused")
        raise WrongCredentials()
    await uow.session.execute(delete(SignInFailure).where(col(SignInFailure.email_hash) == email_hash))
    user = await uow.session.get_one(User, user_key)
    token = new_refresh_token()
    session = Session(
        user_key=user.key,
        refresh_hash=refresh_hash(token),
        user_agent=(user_agent or "")[:USER_AGENT_LENGTH] or None,
        ends_at=now() + timedelta(seconds=uow.settings.session_absolute_seconds),
    )
    uow.session.add(session)
    await uow.session.flush()
    uow.actor = Actor(user.key, user.organization_key, Role(user.role), session.key)
    uow.audit("session:open", session.key)
    return _signed_in(uow, user, session, token)


async def refresh(uow: UnitOfWork, refresh_token: str | None, user_agent: str | None) -> SignedIn:
    """Rotate the refresh token.

    The one before it is taken too for a short while: on a phone answers are lost, and the client comes with what it
    has. After that it is a stolen one, and its session ends.
    """
    if not refresh_token:
        raise Unauthenticated()
    digest = refresh_hash(refresh_token)
    session = await uow.session.scalar(select(Session).where(col(Session.refresh_hash) == digest).with_for_update())
    if session is None:
        session = await _just_rotated(uow, digest)
    else:
        session.previous_hash, session.rotated_at = digest, now()
    if session is None:
        await _end_reused(uow, digest)
        raise Unauthenticated("The session has ended. Sign in again.")
    user = await uow.session.get_one(User, session.user_key)
    if not _is_live(session, uow.settings.session_idle_seconds) or user.disabled:
        raise Unauthenticated("The session has ended. Sign in again.")
    token = new_refresh_token()
    session.refresh_hash, session.last_seen_at = refresh_hash(token), now()
    if user_agent:
        session.user_agent = user_agent[:USER_AGENT_LENGTH]
    uow.actor = Actor(user.key, user.organization_key, Role(user.role), session.key)
    uow.audit("session:refresh", session.key)
    return _signed_in(uow, user, session, token)


async def sign_out(uow: UnitOfWork, everywhere: bool = False) -> None:
    """End this session, or all of the actor's."""
    if uow.actor is None:
        raise Unauthenticated()
    statement = update(Session).where(col(Session.user_key) == uow.actor.user_key, col(Session.ended_at).is_(None))
    if not everywhere:
        statement = statement.where(col(Session.key) == uow.actor.session_key)
    await uow.session.execute(statement.values(ended_at=now()))
    uow.audit("session:close_all" if everywhere else "session:close", uow.actor.session_key)


async def find_actor(house: House, access_token: str) -> Actor | None:
    """The actor behind an access token; None once the token, the session or the account has ended."""
    claims = house.tokens.verify(access_token)
    if claims is None:
        return None
    async with house.sessions() as session, session.begin():
        return await _actor_of(session, claims.user_key, claims.session_key, house.settings.session_idle_seconds)


async def is_current(house: House, actor: Actor) -> bool:
    """Whether the actor's session and account still stand as they did."""
    if actor.session_key is None:
        return False
    async with house.sessions() as session:
        return actor == await _actor_of(session, actor.user_key, actor.session_key, house.settings.session_idle_seconds)


async def list_sessions(uow: UnitOfWork) -> list[Session]:
    """The actor's live sessions, newest first."""
    if uow.actor is None:
        raise Unauthenticated()
    statement = select(Session).where(
        col(Session.user_key) == uow.actor.user_key, col(Session.ended_at).is_(None), col(Session.ends_at) > now()
    )
    return list((await uow.session.execute(statement.order_by(col(Session.created_at).desc()))).scalars())


async def create_organization(uow: UnitOfWork, name: str) -> Organization:
    organization = Organization(name=name)
    uow.session.add(organization)
    await uow.session.flush()
    uow.audit("organization:create", organization.key)
    return organization


async def create_user(
    uow: UnitOfWork, organization_key: UUID, email: str, password: str, role: Role, display_name: str
) -> User:
    """Raises Invalid for an address without @ or a weak password, Conflict where the address is taken."""
    email = email.strip().lower()
    if "@" not in email or not is_storable(email):
        raise Invalid("An e-mail address has an @.", ["email"])
    if await uow.session.scalar(select(func.count()).where(col(User.email) == email)):
        raise Conflict("This e-mail address has an account already.", ["email"])
    user = User(organization_key=organization_key, email=email, role=role.value, display_name=display_name)
    uow.session.add(user)
    await uow.session.flush()
    await uow.house.directory.set_password(uow.session, user.key, password)
    uow.audit("user:create", user.key)
    return user


def _signed_in(uow: UnitOfWork, user: User, session: Session, refresh_token: str) -> SignedIn:
    access_token, expires_at = uow.house.tokens.issue(user.key, session.key)
    return SignedIn(user, session, access_token, min(expires_at, session.ends_at), refresh_token)


def _is_live(session: Session, idle_seconds: int) -> bool:
    return (
        session.ended_at is None
        and session.ends_at > now()
        and session.last_seen_at > now() - timedelta(seconds=idle_seconds)
    )


async def _actor_of(session: AsyncSession, user_key: UUID, session_key: UUID, idle_seconds: int) -> Actor | None:
    statement = select(User, Session).join(Session, col(Session.user_key) == col(User.key))
    row = (await session.execute(statement.where(col(Session.key) == session_key, col(User.key) == user_key))).first()
    if row is None or row[0].disabled or not _is_live(row[1], idle_seconds):
        return None
    if row[1].last_seen_at < now() - LAST_SEEN_STEP:
        row[1].last_seen_at = now()
    return Actor(row[0].key, row[0].organization_key, Role(row[0].role), row[1].key)


async def _count_attempt(uow: UnitOfWork, email_hash: str) -> int:
    """The attempt's id. It counts as failed from the start: guesses at the same time do not slip past the limit."""
    async with uow.house.unit_of_work() as record:
        await record.session.execute(select(func.pg_advisory_xact_lock(SIGN_IN_LOCK)))  # count and add as one
        limits = uow.settings
        await _refuse_if_too_often(record, col(SignInFailure.email_hash) == email_hash, limits.sign_in_attempts)
        if uow.address is not None:
            from_there = col(SignInFailure.client_address) == uow.address
            await _refuse_if_too_often(record, from_there, limits.sign_in_attempts_per_client)
        attempt = SignInFailure(email_hash=email_hash, client_address=uow.address)
        record.session.add(attempt)
        await record.session.flush()
        assert attempt.id is not None
        return attempt.id


async def _refuse_if_too_often(uow: UnitOfWork, counted: ColumnElement[bool], most: int) -> None:
    since = now() - timedelta(seconds=uow.settings.sign_in_window_seconds)
    statement = select(func.count(), func.min(col(SignInFailure.at))).where(counted, col(SignInFailure.at) > since)
    failures, oldest = (await uow.session.execute(statement)).one()
    if failures >= most:
        wait = (oldest - since).total_seconds()
        raise RateLimited("Too many failed sign-ins. Wait a little and try again.", retry_after=max(1.0, wait))


async def _just_rotated(uow: UnitOfWork, digest: str) -> Session | None:
    """The session of a token that was rotated moments ago; `rotated_at` stays, so that the grace does not grow."""
    since = now() - timedelta(seconds=uow.settings.refresh_grace_seconds)
    statement = select(Session).where(col(Session.previous_hash) == digest, col(Session.rotated_at) > since)
    return cast(Session | None, await uow.session.scalar(statement.with_for_update()))


async def _end_reused(uow: UnitOfWork, digest: str) -> None:
    reused = await uow.session.scalar(select(Session).where(col(Session.previous_hash) == digest))
    # The caller's transaction is rolled back by its error: it gives its connection back before another is taken.
    key = reused.key if reused is not None and reused.ended_at is None else None
    await uow.session.rollback()
    if key is None:
        return
    async with uow.house.unit_of_work(address=uow.address) as record:
        (await record.session.get_one(Session, key)).ended_at = now()
        record.audit("session:reuse", key, "refused")
