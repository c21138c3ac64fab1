"""Web Push: registered by a session, gone with it, and what a push service and a browser get to see."""

import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text, update
from sqlmodel import col

from api import accounts, comments, notifications
from api.analyses.writing import Result
from api.backends import Backends
from api.comments import Audience
from api.errors import Conflict, Invalid, NotPermitted
from api.network.tls import Certificate, client_context
from api.notifications import Registration, pushing
from api.permissions import Actor, Role, Scope
from api.persistence import jobs, tables
from api.persistence.columns import now
from api.push import sender
from api.push.sender import PushServiceAway
from api.settings import Settings
from api.unit_of_work import House
from schema.node_ids import node_id
from tests.api.notifications.push_service import Browser, PushService, push_service
from tests.api.notifications.test_telling import analysis_ends, finding
from tests.notices import tell_all
from tests.people import limited
from tests.schema.edge import Edge
from tests.schema.rows import MadeCase, Rows

NAMES = {"localhost", "127.0.0.1"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("push"), tls="generated")


@pytest.fixture(scope="module")
def trust(secure: Settings, service: PushService) -> ssl.SSLContext:
    return client_context(secure.data)


@pytest.fixture(scope="module")
def service(secure: Settings) -> Iterator[PushService]:
    with push_service(Certificate(secure).context) as running:
        yield running


@pytest.fixture(autouse=True)
def _all_answered(service: PushService) -> None:
    service.received.clear()
    service.answers.clear()


@pytest.fixture
def house(backends: Backends, trust: ssl.SSLContext) -> House:
    push = backends.house.push
    assert push is not None
    return replace(backends.house, push=replace(push, allowed=frozenset(NAMES), trust=trust))


@pytest_asyncio.fixture
async def phone(house: House, rows: Rows, service: PushService) -> AsyncIterator[Browser]:
    """The colleague's."""
    browser = Browser(service, "/phone")
    await register(house, await in_session(house, rows, "colleague"), browser.registration)
    yield browser


async def in_session(house: House, rows: Rows, who: str) -> Actor:
    session = tables.Session(user_key=rows.people[who].key, refresh_hash=str(now()), ends_at=now() + timedelta(hours=1))
    async with house.unit_of_work() as uow:
        uow.session.add(session)
    return replace(rows.actor(who), session_key=session.key)


async def register(house: House, actor: Actor, registration: Registration) -> None:
    async with house.unit_of_work(actor) as uow:
        await notifications.register(uow, registration)


async def subscriptions(house: House) -> list[tuple[UUID, UUID]]:
    """User and session of each, by when it was registered."""
    async with house.sessions() as session:
        found = await session.execute(
            text("select user_key, session_key from push_subscriptions order by registered_at")
        )
        return [(row[0], row[1]) for row in found]


async def mention(house: House, rows: Rows, made: MadeCase, whom: str = "colleague") -> None:
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        mentions = [rows.people[whom].key]
        await comments.add(uow, made.case.key, "Jane Doe has a nodule", Audience.EVERYONE, mentions=mentions)
    await tell_all(house)


async def push_all(house: House) -> None:
    """The jobs that are waiting, as a worker would."""
    async with house.sessions() as session:
        found = await session.execute(
            text("select args ->> 'subscription_key' from procrastinate_jobs where task_name = :task order by id"),
            {"task": jobs.PUSH},
        )
        keys = [UUID(key) for key in found.scalars()]
    for key in keys:
        await pushing.push(house, key)


async def pushed(house: House, rows: Rows, whom: str = "colleague") -> MadeCase:
    made = await rows.case()
    await mention(house, rows, made, whom)
    await push_all(house)
    return made


async def test_a_push_says_what_kind_of_which_case_and_how_much_is_unread_and_no_more(
    house: House, rows: Rows, phone: Browser
) -> None:
    made = await pushed(house, rows)

    assert phone.messages() == [{"kind": "MENTION", "case": node_id("Case", made.case.key), "unread": 1}]


async def test_a_push_is_signed_for_its_service_and_has_its_headers(
    house: House, rows: Rows, service: PushService, phone: Browser
) -> None:
    await pushed(house, rows)

    (request,) = phone.requests()
    claims, key = service.vapid_claims(request)

    assert house.push is not None
    assert key == house.push.vapid.public_key
    assert claims["aud"] == service.url
    assert claims["sub"] == "mailto:hilum@localhost"
    assert 0 < claims["exp"] - now().timestamp() <= 24 * 3600
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["host"] == service.url.removeprefix("https://")
    assert (request.headers["ttl"], request.headers["urgency"]) == ("86400", "normal")
    assert 0 < len(request.headers["topic"]) <= sender.TOPIC_LENGTH


async def test_an_urgent_finding_is_pushed_urgently(house: House, rows: Rows, service: PushService) -> None:
    phone = Browser(service, "/urgent")
    await register(house, await in_session(house, rows, "clinician"), phone.registration)
    made = await rows.case("clinician", urgency="ROUTINE")

    await analysis_ends(house, rows, made, "clinician", Result("SUCCEEDED", findings=[finding(20.0)]))
    await tell_all(house)
    await push_all(house)

    assert [request.headers["urgency"] for request in phone.requests()] == ["high"]
    assert [message["kind"] for message in phone.messages()] == ["URGENT_FINDING"]


async def test_more_of_the_same_replaces_what_waits_at_the_push_service(
    house: House, rows: Rows, phone: Browser
) -> None:
    made = await pushed(house, rows)
    await mention(house, rows, made)
    await push_all(house)
    await pushed(house, rows)

    first, second, other = (request.headers["topic"] for request in phone.requests())

    assert first == second != other


async def test_what_a_job_has_pushed_another_does_not_push_again(house: House, rows: Rows, phone: Browser) -> None:
    await pushed(house, rows)

    await push_all(house)

    assert len(phone.requests()) == 1


async def test_a_burst_is_one_push_a_case_and_what_was_read_meanwhile_none(
    house: House, rows: Rows, phone: Browser
) -> None:
    talked, read = await rows.case(), await rows.case()
    for _ in range(3):
        await mention(house, rows, talked)
    await mention(house, rows, read)
    async with house.unit_of_work(rows.actor("colleague")) as uow:
        await notifications.mark_case(uow, read.case.key)

    await push_all(house)

    assert [message["case"] for message in phone.messages()] == [node_id("Case", talked.case.key)]


async def test_of_a_case_that_may_no_longer_be_seen_nothing_is_pushed(
    house: House, rows: Rows, service: PushService
) -> None:
    phone = Browser(service, "/guest")
    await register(house, await in_session(house, rows, "stranger"), phone.registration)
    made = await rows.case()
    shared = await rows.share(made, "stranger")
    await mention(house, rows, made, "stranger")

    await rows.unshare(shared)
    await push_all(house)

    assert phone.requests() == []


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_has_unsubscribed_is_forgotten(
    house: House, rows: Rows, service: PushService, phone: Browser, status: int
) -> None:
    service.answers.append((status, {}))

    await pushed(house, rows)

    assert await subscriptions(house) == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_push_that_is_not_taken_now_is_pushed_later_and_once(
    house: House, rows: Rows, service: PushService, phone: Browser, status: int
) -> None:
    service.answers.append((status, {}))

    with pytest.raises(PushServiceAway) as away:
        await pushed(house, rows)
    with pytest.raises(PushServiceAway):
        await push_all(house)

    assert away.value.retry_after == pushing.FIRST_PAUSE_SECONDS
    assert len(phone.requests()) == 1, "before its time it is not asked again"
    await _pause_is_over(house)
    await push_all(house)
    await push_all(house)
    assert len(phone.requests()) == 2
    assert len(await subscriptions(house)) == 1


async def test_the_pause_grows_and_begins_anew_once_something_was_taken(
    house: House, rows: Rows, service: PushService, phone: Browser
) -> None:
    pauses = []
    service.answers += [(503, {})] * 3
    made = await rows.case()
    await mention(house, rows, made)
    for _ in range(3):
        with pytest.raises(PushServiceAway) as away:
            await push_all(house)
        pauses.append(away.value.retry_after)
        await _pause_is_over(house)
    await push_all(house)
    service.answers.append((503, {}))

    await mention(house, rows, made)
    with pytest.raises(PushServiceAway) as again:
        await push_all(house)

    assert [*pauses, again.value.retry_after] == [15.0, 30.0, 60.0, 15.0]


async def test_a_push_service_says_how_long_to_wait_within_bounds(
    house: House, rows: Rows, service: PushService, phone: Browser
) -> None:
    service.answers += [(429, {"retry-after": "120"}), (429, {"retry-after": "999999"})]
    await mention(house, rows, await rows.case())

    pauses = []
    for _ in range(2):
        with pytest.raises(PushServiceAway) as away:
            await push_all(house)
        pauses.append(away.value.retry_after)
        await _pause_is_over(house)

    assert pauses == [120.0, pushing.LONGEST_PAUSE_SECONDS]


async def test_what_has_become_old_is_not_pushed_any_more(house: House, rows: Rows, phone: Browser) -> None:
    await mention(house, rows, await rows.case())
    async with house.unit_of_work() as uow:
        await uow.session.execute(update(tables.Event).values(at=now() - timedelta(days=2)))

    await push_all(house)

    assert phone.requests() == []


async def test_a_message_that_a_service_refuses_does_not_hold_up_the_next(
    house: House, rows: Rows, service: PushService, phone: Browser
) -> None:
    service.answers.append((400, {}))

    await pushed(house, rows)
    await pushed(house, rows)

    assert len(phone.requests()) == 2


async def test_a_redirect_is_not_followed(house: House, rows: Rows, service: PushService, phone: Browser) -> None:
    service.answers.append((307, {"location": f"{service.url}/elsewhere"}))

    await pushed(house, rows)

    assert [request.path for request in service.received] == ["/phone"]


async def test_a_service_that_answers_too_slowly_is_tried_later(house: House, rows: Rows, phone: Browser) -> None:
    assert house.push is not None
    hasty = replace(house, push=replace(house.push, seconds=0.0001))

    with pytest.raises(PushServiceAway):
        await pushed(hasty, rows)


async def test_a_certificate_of_nobody_known_is_not_trusted(
    house: House, rows: Rows, service: PushService, phone: Browser
) -> None:
    assert house.push is not None

    with pytest.raises(PushServiceAway):
        await pushed(replace(house, push=replace(house.push, trust=None)), rows)

    assert service.received == []


async def test_nothing_is_sent_to_where_only_the_server_can_go(
    house: House, rows: Rows, service: PushService, phone: Browser
) -> None:
    """Registered while the operator allowed it."""
    assert house.push is not None

    await pushed(replace(house, push=replace(house.push, allowed=frozenset())), rows)

    assert service.received == []


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


async def _pause_is_over(house: House) -> None:
    async with house.unit_of_work() as uow:
        await uow.session.execute(update(tables.PushSubscription).values(away_until=None))
