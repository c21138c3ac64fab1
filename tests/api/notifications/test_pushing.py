"""What a push service and a browser get to see, and what becomes of a push that is not taken."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from api import comments, notifications, worker
from api.analyses.writing import Result
from api.comments import Audience
from api.notifications import pushing
from api.persistence import tables
from api.persistence.columns import now
from api.push import sender
from api.push.sender import PushServiceAway
from api.unit_of_work import House
from schema.node_ids import node_id
from tests.api.notifications.browsers import in_session, mention, push_all, pushed, register, subscriptions
from tests.api.notifications.push_service import Browser, PushService
from tests.api.notifications.test_telling import analysis_ends, finding
from tests.notices import tell_all
from tests.schema.rows import Rows
from tests.waiting import busyness


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


async def test_a_real_worker_tells_and_pushes_and_tries_again(
    house: House, rows: Rows, service: PushService, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "FIRST_PAUSE_SECONDS", 0.1)
    service.answers.append((503, {}))
    made = await rows.case()
    working = asyncio.create_task(worker.work(house))

    try:
        async with house.unit_of_work(rows.actor("clinician")) as uow:
            mentions = [rows.people["colleague"].key]
            await comments.add(uow, made.case.key, "Look", Audience.EVERYONE, mentions=mentions)
        async with asyncio.timeout(20 * busyness()):
            while len(phone.requests()) < 2 or await _jobs_left(house):  # noqa: ASYNC110 - rows tell, nobody rings
                await asyncio.sleep(0.05)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    assert phone.messages()[0] == phone.messages()[1]
    assert len(phone.requests()) == 2


async def _jobs_left(house: House) -> int:
    async with house.sessions() as session:
        return int(await session.scalar(text("select count(*) from procrastinate_jobs")) or 0)


async def _pause_is_over(house: House) -> None:
    async with house.unit_of_work() as uow:
        await uow.session.execute(update(tables.PushSubscription).values(away_until=None))
