"""The worker: jobs run, begin again when their worker died or stopped, and are given up in the end."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from api import accounts, analyses, worker
from api.backends import Backends
from api.errors import Unauthenticated, Unavailable
from api.permissions import Actor, Role
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Analysis, Case, Event, IdempotencyKey, SignInFailure, Upload, User
from api.unit_of_work import House
from tests.accounts import make_account
from tests.deliveries import announce, deliver, outcome, take_in
from tests.people import People, make_people
from tests.synthetic_ct import ct_files

WAIT_SECONDS = 15.0


@pytest.fixture
def house(backends: Backends) -> House:
    return backends.house


@pytest_asyncio.fixture(loop_scope="function")
async def people(house: House) -> People:
    return await make_people(house)


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.work(house))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - rows tell, nobody rings
            await asyncio.sleep(0.05)


async def queue(house: House) -> list[tuple[str, int]]:
    """Status and attempts of every job but those that tell people of what others did."""
    statement = text(
        "select status::text, attempts from procrastinate_jobs where task_name <> all(:telling) order by id"
    )
    async with house.sessions() as session:
        rows = await session.execute(statement, {"telling": [jobs.NOTIFY, jobs.PUSH]})
        return [(row[0], row[1]) for row in rows]


async def leave_to_a_dead_worker(house: House, failures: int = 0) -> None:
    """All jobs are as a worker leaves them that was killed a while ago."""
    async with house.sessions() as session, session.begin():
        long_ago = now() - timedelta(seconds=worker.STALLED_SECONDS + 1)
        insert = text("insert into procrastinate_workers (last_heartbeat) values (:at) returning id")
        dead = await session.scalar(insert, {"at": long_ago})
        taken = text("update procrastinate_jobs set status = 'doing', worker_id = :id")
        await session.execute(taken, {"id": dead})
    await count_failures(house, failures)


async def count_failures(house: House, failures: int) -> None:
    """All jobs have failed so often."""
    statement = text("update procrastinate_jobs set args = args || jsonb_build_object('failures', cast(:n as int))")
    async with house.sessions() as session, session.begin():
        await session.execute(statement, {"n": failures})


async def waiting_analysis(house: House, people: People) -> UUID:
    delivery = await take_in(house, people.clinician, ct_files(2))
    async with house.sessions() as session, session.begin():
        await session.execute(text("delete from procrastinate_jobs"))
    async with house.unit_of_work(people.clinician) as uow:
        return (await analyses.request(uow, delivery.case.key, None, None, None)).key


async def get(house: House, analysis_key: UUID) -> Analysis:
    async with house.sessions() as session:
        return await session.get_one(Analysis, analysis_key)


async def test_an_upload_is_ingested_and_analysed_without_further_ado(house: House, people: People) -> None:
    upload_key = await deliver(house, people.clinician, ct_files(3), analyze=True)

    async def done() -> bool:
        return not await queue(house)

    async with working(house):
        await until(done)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.accepted, delivery.case.status) == ("COMPLETE", 3, "READY")
    async with house.unit_of_work(people.clinician) as uow:
        assert (await analyses.latest_of_cases(uow, [delivery.case.key]))[delivery.case.key].status == "UNSUITABLE"


async def test_a_job_whose_worker_died_begins_again(house: House, people: People) -> None:
    upload_key = await deliver(house, people.clinician, ct_files(2))
    await leave_to_a_dead_worker(house)

    await worker.rescue(house)
    begun = await queue(house)

    async def done() -> bool:
        return not await queue(house)

    async with working(house):
        await until(done)
    assert begun == [("todo", 1)]
    assert (await outcome(house, people.clinician, upload_key)).accepted == 2


async def test_a_job_of_a_living_worker_is_left_alone(house: House, people: People) -> None:
    await deliver(house, people.clinician, ct_files(1))
    await leave_to_a_dead_worker(house)
    async with house.sessions() as session, session.begin():
        await session.execute(text("update procrastinate_workers set last_heartbeat = now()"))

    await worker.rescue(house)

    assert await queue(house) == [("doing", 0)]


async def test_an_analysis_that_kills_its_workers_is_given_up_with_words(house: House, people: People) -> None:
    analysis_key = await waiting_analysis(house, people)
    await leave_to_a_dead_worker(house, failures=house.settings.job_attempts - 1)

    await worker.rescue(house)
    await worker.rescue(house)

    ended = await get(house, analysis_key)
    assert (ended.status, ended.stage) == ("FAILED", "DONE")
    assert ended.failure is not None
    assert "stopped working" in ended.failure
    assert [status for status, _ in await queue(house)] == ["failed"]
    async with house.sessions() as session:
        assert (await session.get_one(Case, ended.case_key)).status == "FAILED"


async def test_an_ingest_that_kills_its_workers_is_given_up_and_ends(house: House, people: People) -> None:
    upload_key = await deliver(house, people.clinician, ct_files(2))
    await leave_to_a_dead_worker(house, failures=house.settings.job_attempts - 1)

    await worker.rescue(house)

    assert (await outcome(house, people.clinician, upload_key)).upload.status == "COMPLETE"


async def test_a_worker_that_stops_gives_its_job_back(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def endless(house: House, key: UUID) -> None:
        begun.set()
        await asyncio.sleep(60)

    monkeypatch.setitem(worker.RUN, jobs.INGEST, endless)
    monkeypatch.setattr(worker, "SHUTDOWN_SECONDS", 0.1)
    await deliver(house, people.clinician, ct_files(1))

    async with working(house):
        await asyncio.wait_for(begun.wait(), WAIT_SECONDS)
        running = await queue(house)

    assert [status for status, _ in running] == ["doing"]
    assert [status for status, _ in await queue(house)] == ["todo"]
    async with house.sessions() as session:
        due = await session.scalar(text("select scheduled_at <= now() from procrastinate_jobs"))
    assert due


async def failing(house: House, key: UUID) -> None:
    raise Unavailable("away")


async def away(house: House, key: UUID) -> None:
    raise OSError(errno.ENOSPC, "no space left")


async def test_a_job_that_fails_is_tried_again_later(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worker.RUN, jobs.INGEST, failing)
    upload_key = await deliver(house, people.clinician, ct_files(1))

    async def tried() -> bool:
        return await queue(house) == [("todo", 1)]

    async with working(house):
        await until(tried)
    async with house.sessions() as session:
        assert await session.scalar(text("select scheduled_at > now() - interval '1 s' from procrastinate_jobs"))
    assert (await outcome(house, people.clinician, upload_key)).upload.status == "INGESTING"


async def test_a_job_that_fails_again_and_again_is_given_up(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worker.RUN, jobs.INGEST, failing)
    upload_key = await deliver(house, people.clinician, ct_files(1))
    await count_failures(house, house.settings.job_attempts - 1)

    async def ended() -> bool:
        return (await outcome(house, people.clinician, upload_key)).upload.status == "COMPLETE"

    async with working(house):
        await until(ended)


async def test_trouble_that_passes_is_waited_out(house: House, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(worker.RUN, jobs.INGEST, away)
    upload_key = await deliver(house, people.clinician, ct_files(1))
    await count_failures(house, house.settings.job_attempts - 1)

    async def tried() -> bool:
        return await queue(house) == [("todo", 1)]

    async with working(house):
        await until(tried)
    assert (await outcome(house, people.clinician, upload_key)).upload.status == "INGESTING"


async def test_trouble_that_never_passes_is_given_up_in_the_end(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worker.RUN, jobs.INGEST, away)
    upload_key = await deliver(house, people.clinician, ct_files(1))
    async with house.sessions() as session, session.begin():
        await session.execute(text("update procrastinate_events set at = at - interval '25 hours'"))

    async def ended() -> bool:
        return (await outcome(house, people.clinician, upload_key)).upload.status == "COMPLETE"

    async with working(house):
        await until(ended)


async def test_a_job_that_cannot_be_given_up_does_not_hold_up_the_others(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing_once(house: House, key: UUID) -> None:
        raise KeyError(str(key))

    keys = [await deliver(house, people.clinician, ct_files(1)) for _ in range(2)]
    await leave_to_a_dead_worker(house, failures=house.settings.job_attempts - 1)
    monkeypatch.setitem(worker.GIVE_UP, jobs.INGEST, failing_once)

    await worker.rescue(house)

    for key in keys:
        delivery = await outcome(house, people.clinician, key)
        assert (delivery.upload.status, set(delivery.rejections.values())) == ("COMPLETE", {"CORRUPT"})
        assert delivery.upload.failure is not None
    assert [status for status, _ in await queue(house)] == ["failed", "failed"]


async def test_stops_do_not_count_towards_giving_up(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worker.RUN, jobs.INGEST, failing)
    upload_key = await deliver(house, people.clinician, ct_files(1))
    async with house.sessions() as session, session.begin():
        await session.execute(text("update procrastinate_jobs set attempts = 20"))

    async def tried() -> bool:
        return await queue(house) == [("todo", 21)]

    async with working(house):
        await until(tried)
    assert (await outcome(house, people.clinician, upload_key)).upload.status == "INGESTING"


async def test_the_directory_hears_of_a_disabled_account_from_a_job(house: House) -> None:
    account = await make_account(house)
    actor = Actor(uuid4(), account.user.organization_key, Role.ADMINISTRATOR, uuid4())
    async with house.unit_of_work() as uow:
        uow.session.add(another_administrator(account.user.organization_key))
    async with house.unit_of_work(actor) as uow:
        await accounts.set_disabled(uow, account.user.key, True)
    assert await queue(house) == [("todo", 0), ("todo", 0)]  # the other: what was shared with this address

    async with working(house):
        await until(lambda: no_jobs(house))

    assert account.user.subject is not None
    with pytest.raises(Unauthenticated):
        await house.directory.renew(account.user.subject, None)


def another_administrator(organization_key: UUID) -> User:
    return User(organization_key=organization_key, email="ada@test.example", display_name="Ada", role="ADMINISTRATOR")


async def no_jobs(house: House) -> bool:
    return await queue(house) == []


async def test_what_has_had_its_time_is_swept_away(house: House, people: People) -> None:
    overdue = await announce(house, people.clinician, {"a": b"1"})
    old = now() - timedelta(days=31)
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(Upload, overdue.key)).expires_at = old
        uow.session.add_all(
            row
            for at in (old, now())
            for row in (
                Event(stream="case", stream_key=uuid4(), number=1, kind="CaseChanged", at=at),
                SignInFailure(whose_blind="x", at=at),
                IdempotencyKey(
                    user_key=uuid4(), mutation="m", idempotency_key="k", input_digest="d", result={}, created_at=at
                ),
            )
        )

    await worker.sweep(house)

    async with house.sessions() as session:
        assert (await session.get_one(Upload, overdue.key)).status == "EXPIRED"
        for table, kept in (("events where stream = 'case'", 1), ("sign_in_failures", 1), ("idempotency_keys", 1)):
            assert await session.scalar(text(f"select count(*) from {table}")) == kept
