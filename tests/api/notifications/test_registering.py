"""Browsers are registered by a session, one row an endpoint, and gone with it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from api import accounts, notifications
from api.errors import Conflict, Invalid, NotPermitted
from api.permissions import Actor, Role, Scope
from api.persistence import tables
from api.persistence.columns import now
from api.unit_of_work import House
from tests.api.notifications.browsers import in_session, mention, push_all, pushed, register, subscriptions
from tests.api.notifications.push_service import Browser, PushService
from tests.people import limited
from tests.schema.edge import Edge
from tests.schema.rows import Rows


async def test_an_endpoint_inside_is_not_registered(house: House, rows: Rows, service: PushService) -> None:
    assert house.push is not None
    strict = replace(house, push=replace(house.push, allowed=frozenset()))

    with pytest.raises(Invalid) as refused:
        await register(strict, await in_session(house, rows, "colleague"), Browser(service, "/x").registration)

    assert refused.value.field == ["endpoint"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"endpoint": "http://localhost/x"}, "endpoint"),
        ({"p256dh": "BAAA"}, "p256dh"),
        ({"p256dh": "*"}, "p256dh"),
        ({"p256dh": "B" + "A" * 86}, "p256dh"),
        ({"auth": "AAAA"}, "auth"),
        ({"auth": "A" * 44}, "auth"),
        ({"auth": "é"}, "auth"),
    ],
)
async def test_what_is_no_subscription_is_refused_by_name(
    house: House, rows: Rows, service: PushService, given: dict[str, str], field: str
) -> None:
    registration = replace(Browser(service, "/x").registration, **given)

    with pytest.raises(Invalid) as refused:
        await register(house, await in_session(house, rows, "colleague"), registration)

    assert refused.value.field == [field]


async def test_registering_again_is_one_row_of_the_newest_session(house: House, rows: Rows, phone: Browser) -> None:
    again = await in_session(house, rows, "colleague")
    await register(house, again, phone.registration)

    assert await subscriptions(house) == [(again.user_key, again.session_key)]


async def test_a_shared_phone_is_whoevers_registered_it_last(house: House, rows: Rows, phone: Browser) -> None:
    other = await in_session(house, rows, "clinician")
    await register(house, other, phone.registration)

    await pushed(house, rows)

    assert await subscriptions(house) == [(other.user_key, other.session_key)]
    assert phone.requests() == [], "the colleague's news are not shown on it any more"


async def test_of_one_person_the_oldest_browsers_go(house: House, rows: Rows, service: PushService) -> None:
    few = limited(house, push_subscriptions=2)
    actors = [await in_session(house, rows, "colleague") for _ in range(3)]
    for number, actor in enumerate(actors):
        await register(few, actor, Browser(service, f"/{number}").registration)

    assert [session for _, session in await subscriptions(house)] == [actor.session_key for actor in actors[1:]]


async def test_an_application_is_not_pushed_to(house: House, rows: Rows, service: PushService) -> None:
    actor = replace(rows.actor("clinician"), role=Role.PARTNER, scopes=frozenset(Scope))

    with pytest.raises(NotPermitted):
        await register(house, actor, Browser(service, "/x").registration)


async def test_where_push_is_off_it_says_so_and_nothing_is_pushed(house: House, rows: Rows, phone: Browser) -> None:
    off = replace(house, push=None)
    with pytest.raises(Conflict, match="HILUM_PUSH"):
        await register(off, await in_session(house, rows, "colleague"), phone.registration)

    await mention(off, rows, await rows.case())
    await push_all(house)

    assert phone.requests() == []


async def sign_out(house: House, rows: Rows, actor: Actor) -> None:
    async with house.unit_of_work(actor) as uow:
        await accounts.sign_out(uow)


async def sign_out_everywhere(house: House, rows: Rows, actor: Actor) -> None:
    other = await in_session(house, rows, "colleague")
    async with house.unit_of_work(other) as uow:
        await accounts.sign_out(uow, everywhere=True)


async def revoke(house: House, rows: Rows, actor: Actor) -> None:
    assert actor.session_key is not None
    async with house.unit_of_work(await in_session(house, rows, "colleague")) as uow:
        await accounts.revoke_session(uow, actor.session_key)


async def disable(house: House, rows: Rows, actor: Actor) -> None:
    async with house.unit_of_work(rows.actor("administrator")) as uow:
        await accounts.set_disabled(uow, actor.user_key, True)


@pytest.mark.parametrize("end", [sign_out, sign_out_everywhere, revoke, disable])
async def test_whatever_ends_a_session_ends_its_pushes(
    edge: Edge, house: House, rows: Rows, service: PushService, end: Any
) -> None:
    """As the API's role does it, which does not see the rows of others. The session of another person stays."""
    browser, kept = Browser(service, "/ended"), Browser(service, "/kept")
    actor, other = await in_session(house, rows, "colleague"), await in_session(house, rows, "clinician")
    await register(house, actor, browser.registration)
    await register(house, other, kept.registration)

    await end(edge.served, rows, actor)

    assert await subscriptions(house) == [(other.user_key, other.session_key)]


async def test_a_session_that_has_only_been_idle_is_pushed_to_until_it_is_long_ago(
    house: House, rows: Rows, phone: Browser
) -> None:
    async with house.unit_of_work() as uow:
        await uow.session.execute(update(tables.Session).values(ends_at=now() - timedelta(minutes=1)))
    await pushed(house, rows)
    await notifications.sweep(house)
    assert (len(phone.requests()), len(await subscriptions(house))) == (1, 1)

    async with house.unit_of_work() as uow:
        long_ago = now() - timedelta(days=house.settings.push_days, minutes=1)
        await uow.session.execute(update(tables.PushSubscription).values(registered_at=long_ago))
    await notifications.sweep(house)

    assert await subscriptions(house) == []


async def test_notifications_are_kept_for_as_long_as_the_setting_says(house: House, rows: Rows) -> None:
    old, young = await rows.case(), await rows.case()
    for made in (old, young):
        await mention(house, rows, made)
    too_old = now() - timedelta(days=house.settings.notification_days, minutes=1)
    async with house.unit_of_work() as uow:
        of_old = col(tables.Notification.case_key) == old.case.key
        await uow.session.execute(update(tables.Notification).where(of_old).values(at=too_old))

    await notifications.sweep(house)

    async with house.sessions() as session:
        left = (await session.execute(text("select case_key from notifications"))).scalars().all()
    assert left == [young.case.key]


async def test_an_endpoint_lies_sealed_in_the_database(house: House, rows: Rows, phone: Browser) -> None:
    async with house.sessions() as session:
        content = await session.scalar(text("select t::text from push_subscriptions t"))

    assert content is not None
    assert b"/phone".hex() not in content
    assert phone.auth.hex() not in content


async def test_over_the_edge_a_browser_is_registered_and_told_the_key_to_subscribe_with(
    edge: Edge, house: House, rows: Rows, service: PushService
) -> None:
    browser = Browser(service, "/edge")
    document = "mutation($i: PushSubscriptionInput!) { registerPush(input: $i) { ok errors { code field } } }"
    given = {"i": vars(browser.registration)}

    key = (await edge.data("{ viewer { pushPublicKey } }", who="colleague"))["viewer"]["pushPublicKey"]
    first = await edge.data(document, given, "clinician")
    moved = await edge.data(document, given, "colleague")
    wrong = await edge.data(document, {"i": given["i"] | {"auth": "x"}}, "colleague")
    nobody = await edge.data(document, given)
    await pushed(house, rows)

    assert house.push is not None
    assert key == house.push.vapid.public_key
    assert first == moved == {"registerPush": {"ok": True, "errors": []}}
    assert wrong["registerPush"] == {"ok": False, "errors": [{"code": "INVALID", "field": ["auth"]}]}
    assert nobody["registerPush"]["errors"][0]["code"] == "UNAUTHENTICATED"
    assert [user for user, _ in await subscriptions(house)] == [edge.people["colleague"]]
    assert len(browser.messages()) == 1
