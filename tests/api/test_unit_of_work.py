"""One transaction: everything or nothing, events and jobs and audit included; a mutation with a key happens once."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from api.errors import Conflict, Invalid
from api.events.append import upload_progressed
from api.permissions import Actor
from api.persistence.tables import AuditEntry, Event, Upload
from api.unit_of_work import House
from tests.people import SHARED, People

pytestmark = SHARED


class Broken(Exception):
    """Something goes wrong in the middle."""


async def audited(house: House, subject: UUID) -> list[AuditEntry]:
    async with house.sessions() as session:
        return list((await session.execute(select(AuditEntry).where(col(AuditEntry.subject_key) == subject))).scalars())


async def counted(house: House, actor: Actor, job: str) -> tuple[int, int]:
    """Events of the actor's stream, and jobs with that argument."""
    async with house.sessions() as session:
        events = select(func.count()).select_from(Event).where(col(Event.stream_key) == actor.user_key)
        jobs = text("select count(*) from procrastinate_jobs where args->>'upload_key' = :key")
        return int(await session.scalar(events) or 0), int(await session.scalar(jobs, {"key": job}) or 0)


def new_upload(actor: Actor, key: UUID) -> Upload:
    return Upload(key=key, organization_key=actor.organization_key, user_key=actor.user_key, status="OPEN")


async def do_everything(house: House, actor: Actor, key: UUID, *, then: Exception | None = None) -> None:
    async with house.unit_of_work(actor, address="192.0.2.1") as uow:
        uow.session.add(new_upload(actor, key))
        uow.audit("upload:create", key)
        uow.tell(upload_progressed(actor.user_key, key), upload_progressed(actor.user_key, key))
        await uow.defer("ingest", upload_key=str(key))
        if then is not None:
            raise then


async def test_leaving_commits_rows_events_jobs_and_audit(house: House, people: People) -> None:
    key = uuid4()

    await do_everything(house, people.clinician, key)

    (entry,) = await audited(house, key)
    assert (entry.actor_key, entry.organization_key) == (people.clinician.user_key, people.clinician.organization_key)
    assert (entry.action, entry.outcome, entry.address) == ("upload:create", "ok", "192.0.2.1")
    assert await counted(house, people.clinician, str(key)) == (1, 1)
    async with house.sessions() as session:
        assert await session.get(Upload, key) is not None


async def test_an_error_takes_everything_back(house: House, people: People) -> None:
    key = uuid4()

    with pytest.raises(Broken):
        await do_everything(house, people.clinician, key, then=Broken())

    assert await audited(house, key) == []
    assert await counted(house, people.clinician, str(key)) == (0, 0)
    async with house.sessions() as session:
        assert await session.get(Upload, key) is None


async def test_work_after_a_commit_is_done_where_there_is_one_and_may_fail(house: House, people: People) -> None:
    done: list[str] = []

    async def fails() -> None:
        raise OSError("the disk")

    async def notes() -> None:
        done.append("noted")

    async def break_off() -> None:
        async with house.unit_of_work(people.clinician) as uow:
            uow.after_commit(notes)
            raise Broken

    async with house.unit_of_work(people.clinician) as uow:
        uow.after_commit(fails)
        uow.after_commit(notes)
        assert done == []
    with pytest.raises(Broken):
        await break_off()

    assert done == ["noted"]


async def answer(house: House, actor: Actor, key: str | None, given: object, *, pause: float = 0.0) -> str:
    """A mutation that answers with a number of its own."""
    async with house.unit_of_work(actor) as uow:
        once = await uow.once("test", key, given)
        if once.answer is not None:
            return str(once.answer["number"])
        number = uuid4()
        await asyncio.sleep(pause)
        once.keep(number=number)
        return str(number)


async def test_a_mutation_with_a_key_answers_the_same_again(house: House, people: People) -> None:
    first = await answer(house, people.clinician, "k", {"a": 1, "b": 2})

    assert await answer(house, people.clinician, "k", {"b": 2, "a": 1}) == first


async def test_of_two_at_once_the_second_waits_and_answers_the_same(house: House, people: People) -> None:
    answers = await asyncio.gather(*(answer(house, people.clinician, "k", [1], pause=0.05) for _ in range(3)))

    assert len(set(answers)) == 1


async def test_another_input_with_the_same_key_is_a_conflict(house: House, people: People) -> None:
    await answer(house, people.clinician, "k", [1])

    with pytest.raises(Conflict):
        await answer(house, people.clinician, "k", [2])


async def test_without_a_key_each_mutation_happens(house: House, people: People) -> None:
    assert await answer(house, people.clinician, None, [1]) != await answer(house, people.clinician, None, [1])


@pytest.mark.parametrize("key", ["", "k" * 201, "a\0b"])
async def test_a_key_that_is_none_is_refused(house: House, people: People, key: str) -> None:
    with pytest.raises(Invalid):
        await answer(house, people.clinician, key, [1])


async def test_a_failed_mutation_gives_its_key_back(house: House, people: People) -> None:
    async def fail() -> None:
        async with house.unit_of_work(people.clinician) as uow:
            await uow.once("test", "k", [1])
            raise Broken

    with pytest.raises(Broken):
        await fail()

    assert await answer(house, people.clinician, "k", [2])
