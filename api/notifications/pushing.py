"""The job that pushes: what one browser has not been pushed yet of its person's news, as they may see it now.

May run twice: how far it came stands in the subscription. A push says what kind of thing it is, of which case by its
opaque id, and how much is unread; no name, no title, nothing of what was found or said.
"""

import json
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from api.events import reading
from api.events.append import EventKind, Stream
from api.events.cursor import Cursor
from api.notifications.kinds import NotificationKind
from api.notifications.reading import count_unread, find_many
from api.permissions import Actor, Role
from api.persistence.columns import now
from api.persistence.global_ids import global_id
from api.persistence.tables import Notification, PushSubscription, User
from api.push.sender import HIGH, NORMAL, Outcome, Push, PushSender, PushServiceAway
from api.push.vapid import encoded
from api.unit_of_work import House

MOST_EVENTS = 500  # looked through at one go
MOST_PUSHES = 20  # of one go: the newest; whoever was away for long needs no more to come and look
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15.0, 3600.0
DOUBLINGS = 8


async def push(house: House, subscription_key: UUID) -> None:
    """Raises PushServiceAway, to be run again later."""
    async with house.unit_of_work() as uow:
        subscription = await uow.session.get(PushSubscription, subscription_key)
        user = await uow.session.get(User, subscription.user_key) if subscription is not None else None
        if house.push is None or subscription is None or user is None or user.disabled:
            return
        _check_pause(subscription)
        start = Cursor(((Stream.VIEWER, subscription.number),))
        events = await reading.read(uow.session, {Stream.VIEWER: user.key}, start, MOST_EVENTS)
    since = now() - timedelta(seconds=house.settings.push_ttl_seconds)
    numbers = {
        event.row.subject_key: event.row.number
        for event in events
        if event.row.kind == EventKind.NOTIFICATION_ARRIVED and event.row.at >= since and event.row.subject_key
    }
    actor = Actor(user.key, user.organization_key, Role(user.role), subscription.session_key)
    async with house.unit_of_work(actor) as uow:
        found = await find_many(uow, numbers)
        unread = await count_unread(uow)
    waiting = sorted(
        (row for row in found.values() if row.read_at is None), key=lambda row: numbers[row.key], reverse=True
    )
    for row in reversed(waiting[:MOST_PUSHES]):
        if not await _send(house, house.push, subscription, row, unread):
            return
        await _note(house, subscription.key, number=numbers[row.key])
    if events:
        await _note(house, subscription.key, number=events[-1].row.number)


def message_of(row: Notification, unread: int) -> bytes:
    return json.dumps({"kind": row.kind, "case": global_id("Case", row.case_key), "unread": unread}).encode()


async def _send(
    house: House, sender: PushSender, subscription: PushSubscription, row: Notification, unread: int
) -> bool:
    """Whether the browser is still there."""
    urgency = HIGH if row.kind == NotificationKind.URGENT_FINDING else NORMAL
    made = Push(message_of(row, unread), urgency, topic=encoded(row.key.bytes))
    try:
        outcome = await sender.send(subscription.endpoint, subscription.p256dh, subscription.auth, made)
    except PushServiceAway as error:
        doubled = FIRST_PAUSE_SECONDS * 2 ** min(subscription.failures, DOUBLINGS)
        pause = min(error.retry_after or doubled, LONGEST_PAUSE_SECONDS)
        away_until = now() + timedelta(seconds=pause)
        await _note(house, subscription.key, failures=subscription.failures + 1, away_until=away_until)
        raise PushServiceAway(error.message, retry_after=pause) from None
    if outcome is Outcome.GONE:
        async with house.unit_of_work() as uow:
            await uow.session.execute(delete(PushSubscription).where(col(PushSubscription.key) == subscription.key))
        return False
    return True


def _check_pause(subscription: PushSubscription) -> None:
    """Its push service is not asked again before its time, however much there is to push."""
    if subscription.away_until is not None and subscription.away_until > now():
        left = (subscription.away_until - now()).total_seconds()
        raise PushServiceAway("The push service takes nothing now.", retry_after=max(left, 1.0))


async def _note(house: House, key: UUID, **values: object) -> None:
    """number: it was taken, and so the service is there."""
    if "number" in values:
        values |= {"failures": 0, "away_until": None}
    async with house.unit_of_work() as uow:
        await uow.session.execute(update(PushSubscription).where(col(PushSubscription.key) == key).values(**values))
