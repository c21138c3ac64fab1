"""Where somebody's browsers are reached: one row an endpoint, of the session that registered it last."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from api.errors import Conflict, Invalid
from api.events import reading
from api.events.append import Stream
from api.permissions import Action, require
from api.persistence.tables import PushSubscription
from api.push.addresses import is_public_by_name, parse_endpoint
from api.push.encryption import AUTH_BYTES, parse_point
from api.push.vapid import decoded
from api.unit_of_work import UnitOfWork

PUSH_IS_OFF = "Push is off on this server. Ask the operator to set HILUM_PUSH=on."


@dataclass(frozen=True)
class Registration:
    """As the browser says it; p256dh and auth in base64url."""

    endpoint: str
    p256dh: str
    auth: str


async def register(uow: UnitOfWork, given: Registration) -> None:
    """Raises Unauthenticated, NotPermitted, Conflict (push is off), Invalid.

    Whoever knows the endpoint holds the browser: it leaves whomever it reached before (a trigger of the table's).
    """
    actor = require(uow.actor, Action.NOTIFICATION_MANAGE)
    if uow.house.push is None:
        raise Conflict(PUSH_IS_OFF)
    p256dh, auth = _checked(given, uow.house.push.allowed)
    assert actor.session_key is not None  # else it is an application, which may not
    start = await reading.newest(uow.session, {Stream.VIEWER: actor.user_key})
    uow.session.add(
        PushSubscription(
            user_key=actor.user_key,
            session_key=actor.session_key,
            endpoint=given.endpoint,
            p256dh=p256dh,
            auth=auth,
            number=start.at(Stream.VIEWER),
        )
    )
    await uow.session.flush()
    uow.audit("push:register", actor.session_key, kind="Session")
    await _drop_oldest(uow, actor.user_key)


def _checked(given: Registration, allowed: frozenset[str]) -> tuple[bytes, bytes]:
    parse_endpoint(given.endpoint)
    if not is_public_by_name(given.endpoint, allowed):
        raise Invalid("A push endpoint is at a public address, and at port 443.", ["endpoint"])
    try:
        p256dh = decoded(given.p256dh)
        parse_point(p256dh)
    except ValueError:
        raise Invalid("`p256dh` is an uncompressed point of P-256, 65 bytes in base64url.", ["p256dh"]) from None
    try:
        auth = decoded(given.auth)
    except ValueError:
        auth = b""
    if len(auth) != AUTH_BYTES:
        raise Invalid(f"`auth` has {AUTH_BYTES} bytes, in base64url.", ["auth"])
    return p256dh, auth


async def _drop_oldest(uow: UnitOfWork, user_key: UUID) -> None:
    kept = (
        select(col(PushSubscription.key))
        .where(col(PushSubscription.user_key) == user_key)
        .order_by(col(PushSubscription.registered_at).desc(), col(PushSubscription.key))
        .limit(uow.settings.push_subscriptions)
    )
    beyond = col(PushSubscription.user_key) == user_key, col(PushSubscription.key).not_in(kept)
    await uow.session.execute(delete(PushSubscription).where(*beyond))
