"""Sessions: one a signed-in device, with an access token for minutes and a refresh token that changes each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from api.accounts.visitor import Visitor, actor_of
from api.errors import NotFound, Unauthenticated
from api.events.append import Stream, ring
from api.identity import api_keys
from api.identity.directory import Proof
from api.identity.tokens import new_refresh_token, refresh_hash
from api.permissions import Action, Actor, require
from api.persistence.columns import now
from api.persistence.tables import Session, User
from api.unit_of_work import House, UnitOfWork

USER_AGENT_LENGTH = 200
LAST_SEEN_STEP = timedelta(seconds=30)  # coarse on purpose: not a write a request
ENDED = "The session has ended. Sign in again."


@dataclass(frozen=True)
class SignedIn:
    user: User
    session: Session
    access_token: str
    expires_at: datetime
    refresh_token: str  # goes in a cookie, never in a payload

    @property
    def actor(self) -> Actor:
        return actor_of(self.user, self.session.key)


async def open_session(uow: UnitOfWork, user: User, proof: Proof, user_agent: str | None) -> SignedIn:
    """For somebody whom the directory knows."""
    token = new_refresh_token()
    session = Session(
        user_key=user.key,
        refresh_hash=refresh_hash(token),
        user_agent=_kept(user_agent),
        ends_at=now() + timedelta(seconds=uow.settings.session_absolute_seconds),
    )
    session.directory_state = await seal_state(uow.house, session.key, proof.state)
    uow.session.add(session)
    await uow.session.flush()
    uow.actor = actor_of(user, session.key)
    uow.audit("session:open", session.key)
    return _signed_in(uow.house, user, session, token)


async def refresh(visitor: Visitor, refresh_token: str | None) -> SignedIn:
    """Rotate the refresh token.

    The one before it is taken too for a short while: on a phone answers are lost, and the client comes with what it
    has. After that it is a stolen one, and its session ends. The directory is asked whether the sign-in still stands.
    """
    if not refresh_token:
        raise Unauthenticated()
    digest = refresh_hash(refresh_token)
    async with visitor.house.unit_of_work() as uow:
        found = await _with_token(uow, digest)
        user = await uow.session.get(User, found.user_key) if found is not None else None
    if found is None or user is None:
        await _end_reused(visitor, digest)
        raise Unauthenticated(ENDED)
    state = await _renewed(visitor, user, found)
    async with visitor.recording(user) as uow:
        session = await _with_token(uow, digest, lock=True)
        user = await uow.session.get(User, found.user_key)
        if session is not None and user is not None and not user.disabled and _is_live(uow.house, session):
            return await _rotate(uow, user, session, digest, state, visitor.user_agent)
    raise Unauthenticated(ENDED)


async def sign_out(uow: UnitOfWork, everywhere: bool = False) -> None:
    """End this session, or all of the actor's."""
    actor = require(uow.actor, Action.SESSION_MANAGE)
    own = col(Session.user_key) == actor.user_key
    chosen = (own,) if everywhere else (own, col(Session.key) == actor.session_key)
    await end_sessions(uow, "session:close_all" if everywhere else "session:close", *chosen)
    user = await uow.session.get_one(User, actor.user_key)
    if everywhere and user.subject is not None:
        subject, directory = user.subject, uow.house.directory
        uow.after_commit(lambda: directory.sign_out_everywhere(subject))


async def revoke_session(uow: UnitOfWork, session_key: UUID) -> None:
    """End one of the actor's own. Raises NotFound for one that is not theirs or has ended."""
    actor = require(uow.actor, Action.SESSION_MANAGE)
    chosen = col(Session.user_key) == actor.user_key, col(Session.key) == session_key
    if not await end_sessions(uow, "session:revoke", *chosen):
        raise NotFound("There is no such session, or it has ended.", ["sessionId"])


async def end_sessions(uow: UnitOfWork, action: str, *chosen: ColumnElement[bool]) -> Sequence[UUID]:
    """Sessions of those chosen that had not ended, and with the commit whatever listens in them."""
    statement = update(Session).where(*chosen, col(Session.ended_at).is_(None)).values(ended_at=now())
    keys = list((await uow.session.execute(statement.returning(col(Session.key)))).scalars())
    for key in keys:
        await ring(uow.session, Stream.CREDENTIAL, key)
        uow.audit(action, key)
    return keys


async def find_actor(house: House, token: str) -> Actor | None:
    """The actor behind an API key or an access token; None once it, its session or account has ended."""
    if api_keys.is_key(token):
        async with house.unit_of_work() as uow:
            return await api_keys.find_actor(uow.session, token)
    claims = house.tokens.verify(token)
    if claims is None:
        return None
    async with house.unit_of_work() as uow:
        return await _actor_of(uow, claims.user_key, claims.session_key)


async def is_current(house: House, actor: Actor) -> bool:
    """Whether the actor's session or API key, and the account, still stand as they did."""
    if actor.api_key_key is not None:
        async with house.unit_of_work() as uow:
            return actor == await api_keys.current_actor(uow.session, actor.api_key_key)
    if actor.session_key is None:
        return False
    async with house.unit_of_work() as uow:
        return actor == await _actor_of(uow, actor.user_key, actor.session_key)


async def list_sessions(uow: UnitOfWork) -> list[Session]:
    """The actor's live sessions, newest first."""
    actor = require(uow.actor, Action.SESSION_MANAGE)
    since = now() - timedelta(seconds=uow.settings.session_idle_seconds)
    statement = select(Session).where(
        col(Session.user_key) == actor.user_key,
        col(Session.ended_at).is_(None),
        col(Session.ends_at) > now(),
        col(Session.last_seen_at) > since,
    )
    return list((await uow.session.execute(statement.order_by(col(Session.created_at).desc()))).scalars())


async def seal_state(house: House, session_key: UUID, state: str | None) -> bytes | None:
    """What the directory keeps of a sign-in, as a column."""
    return None if state is None else await house.seals.seal(state, _purpose(session_key))


async def open_state(house: House, session: Session) -> str | None:
    sealed = session.directory_state
    return None if sealed is None else await house.seals.open(sealed, _purpose(session.key))


def _signed_in(house: House, user: User, session: Session, refresh_token: str) -> SignedIn:
    access_token, expires_at = house.tokens.issue(user.key, session.key)
    return SignedIn(user, session, access_token, min(expires_at, session.ends_at), refresh_token)


async def _rotate(
    uow: UnitOfWork, user: User, session: Session, digest: str, state: str | None, user_agent: str | None
) -> SignedIn:
    if session.refresh_hash == digest:  # else an answer was lost; `rotated_at` stays, so that the grace does not grow
        session.previous_hash, session.rotated_at = digest, now()
    token = new_refresh_token()
    session.refresh_hash, session.last_seen_at = refresh_hash(token), now()
    session.directory_state = await seal_state(uow.house, session.key, state)
    session.user_agent = _kept(user_agent) or session.user_agent
    uow.actor = actor_of(user, session.key)
    uow.audit("session:refresh", session.key)
    return _signed_in(uow.house, user, session, token)


async def _renewed(visitor: Visitor, user: User, session: Session) -> str | None:
    """The directory's state from now on. Raises Unauthenticated, and ends the session, where it no longer stands."""
    state = await open_state(visitor.house, session)
    try:
        if user.subject is None:
            raise Unauthenticated(ENDED)
        return await visitor.house.directory.renew(user.subject, state)
    except Unauthenticated:
        async with visitor.recording(user) as uow:
            await end_sessions(uow, "session:not_renewed", col(Session.key) == session.key)
        raise


async def _with_token(uow: UnitOfWork, digest: str, *, lock: bool = False) -> Session | None:
    """The session whose token it is, or was moments ago."""
    since = now() - timedelta(seconds=uow.settings.refresh_grace_seconds)
    current = select(Session).where(col(Session.refresh_hash) == digest)
    earlier = select(Session).where(col(Session.previous_hash) == digest, col(Session.rotated_at) > since)
    for statement in (current, earlier):
        wanted = statement.with_for_update() if lock else statement
        session = cast(Session | None, await uow.session.scalar(wanted))
        if session is not None:
            return session
    return None


async def _end_reused(visitor: Visitor, digest: str) -> None:
    """A token of earlier came: one of those who hold the session's tokens stole them."""
    async with visitor.house.unit_of_work() as uow:
        session = await uow.session.scalar(select(Session).where(col(Session.previous_hash) == digest))
        user = await uow.session.get(User, session.user_key) if session is not None else None
    if session is None or user is None:
        return
    async with visitor.recording(user) as uow:
        await end_sessions(uow, "session:reuse", col(Session.key) == session.key)


def _is_live(house: House, session: Session) -> bool:
    idle = timedelta(seconds=house.settings.session_idle_seconds)
    return session.ended_at is None and session.ends_at > now() and session.last_seen_at > now() - idle


async def _actor_of(uow: UnitOfWork, user_key: UUID, session_key: UUID) -> Actor | None:
    statement = select(User, Session).join(Session, col(Session.user_key) == col(User.key))
    chosen = col(Session.key) == session_key, col(User.key) == user_key
    row = (await uow.session.execute(statement.where(*chosen))).first()
    if row is None or row[0].disabled or not _is_live(uow.house, row[1]):
        return None
    if row[1].last_seen_at < now() - LAST_SEEN_STEP:
        row[1].last_seen_at = now()
    return actor_of(row[0], row[1].key)


def _kept(user_agent: str | None) -> str | None:
    return (user_agent or "").replace("\0", "")[:USER_AGENT_LENGTH] or None


def _purpose(session_key: UUID) -> dict[str, str]:
    return {"purpose": "directory state", "session": str(session_key)}
