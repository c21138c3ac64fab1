"""Entries are numbered and hashed under a lock that the last statement takes: no gaps, no waiting in a circle."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col

from api.oversight.verification import verify
from api.permissions import Actor, Role
from api.persistence.audit.entries import NewEntry, Outcome, Service, kind_of
from api.persistence.tables import SYSTEM_ORGANIZATION, AuditEntry, Case, Organization, Participant
from api.unit_of_work import House
from tests.audit import entries_of
from tests.people import SHARED, People
from tests.running import ROOT

pytestmark = SHARED

WRITERS, EACH = 16, 12


class Broken(Exception):
    """Something goes wrong in the middle."""


def somebody() -> Actor:
    """Of an organization of their own, whose chain is empty."""
    return Actor(uuid4(), uuid4(), Role.CLINICIAN, uuid4())


async def act(house: House, actor: Actor, *subjects: UUID | None, then: Exception | None = None) -> None:
    async with house.unit_of_work(actor, "192.0.2.1") as uow:
        for subject in subjects:
            uow.audit("case:see", subject)
        if then is not None:
            raise then


async def test_sixteen_writers_make_one_chain_without_gaps(house: House) -> None:
    actor = somebody()

    async def write() -> None:
        for _ in range(EACH):
            await act(house, actor, uuid4(), uuid4())

    await asyncio.gather(*(write() for _ in range(WRITERS)))

    numbers = [entry.number for entry in await entries_of(house, actor.organization_key)]
    assert numbers == list(range(1, WRITERS * EACH * 2 + 1))
    assert (await verify(house, actor.organization_key)).is_intact


async def test_a_transaction_that_is_rolled_back_leaves_no_gap(house: House) -> None:
    actor = somebody()
    await act(house, actor, uuid4())

    with pytest.raises(Broken):
        await act(house, actor, uuid4(), then=Broken())
    await act(house, actor, uuid4())

    assert [entry.number for entry in await entries_of(house, actor.organization_key)] == [1, 2]
    assert (await verify(house, actor.organization_key)).is_intact


async def test_each_organization_has_a_chain_of_its_own(house: House) -> None:
    first, second = somebody(), somebody()

    for actor in (first, second, first):
        await act(house, actor, None)

    assert [entry.number for entry in await entries_of(house, first.organization_key)] == [1, 2]
    assert [entry.number for entry in await entries_of(house, second.organization_key)] == [1]


async def test_transactions_of_two_chains_never_wait_for_each_other_in_a_circle(house: House) -> None:
    async with house.unit_of_work() as uow:
        places = [Organization(name="one"), Organization(name="other")]
        uow.session.add_all(places)
    keys = [place.key for place in places]

    async def write(order: list[UUID]) -> None:
        for _ in range(20):
            async with house.unit_of_work() as uow:
                for key in order:
                    uow.audit("organization:see", key)

    await asyncio.wait_for(asyncio.gather(*(write(keys[::step]) for step in (1, -1, 1, -1))), 30)

    for key in keys:
        assert len(await entries_of(house, key)) == 80
        assert (await verify(house, key)).is_intact


@pytest.mark.parametrize(
    "change",
    [
        "update audit_entries set outcome = 'ok'",
        "delete from audit_entries",
        "truncate audit_entries",
        "delete from audit_chains",
        "truncate audit_chains",
    ],
)
async def test_nobody_changes_or_deletes_what_was_recorded(house: House, shared_database_url: str, change: str) -> None:
    """Not even the owner of the tables; workers may write none of it themselves."""
    await act(house, somebody(), None)

    with psycopg.connect(shared_database_url) as owner, pytest.raises(psycopg.Error, match="append-only"):
        owner.execute(change.encode())
    async with house.sessions() as session:
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            await session.execute(text(change))


async def test_an_entry_without_an_actor_cannot_be_written(house: House) -> None:
    async with house.sessions() as session:
        with pytest.raises(IntegrityError, match="actor_key"):
            await session.execute(text("""select audit_append('[{"place": 0, "action": "a:b", "outcome": "ok"}]')"""))


async def test_words_for_outcomes_are_few(house: House) -> None:
    async with house.unit_of_work(somebody()) as uow:
        with pytest.raises(ValueError, match="granted"):
            uow.audit("case:see", uuid4(), "granted")


async def test_every_service_acts_under_a_key_of_its_own(house: House) -> None:
    keys = {service.key for service in Service}

    async with house.unit_of_work() as uow:
        uow.audit("something:happen", None)

    assert len(keys) == len(Service)
    newest = (await entries_of(house, SYSTEM_ORGANIZATION))[-1]
    assert (newest.action, newest.actor_key) == ("something:happen", Service.ANONYMOUS.key)


async def test_an_entry_lies_with_the_organization_whose_data_it_is_about(house: House, people: People) -> None:
    own, other = people.clinician, people.stranger

    async with house.unit_of_work(other) as uow:
        uow.audit("user:see", own.user_key)

    (entry,) = [e for e in await entries_of(house, own.organization_key) if e.actor_key == other.user_key]
    assert (entry.subject_kind, entry.subject_key, entry.outcome) == ("User", own.user_key, "ok")
    assert [e for e in await entries_of(house, other.organization_key) if e.actor_key == other.user_key] == []


async def test_what_was_sought_is_refused_where_it_is_and_missing_everywhere_else(house: House, people: People) -> None:
    seeker, nothing = people.stranger, uuid4()

    async with house.unit_of_work(seeker) as uow:
        for key in (people.clinician.user_key, people.strange_patient.user_key, nothing):
            uow.audit("user:see", key, Outcome.REFUSED, is_sought=True)

    def told(entries: list[AuditEntry]) -> list[tuple[UUID | None, str]]:
        return [(e.subject_key, e.outcome) for e in entries if e.actor_key == seeker.user_key]

    assert told(await entries_of(house, seeker.organization_key)) == [
        (people.clinician.user_key, "missing"),
        (people.strange_patient.user_key, "refused"),
        (nothing, "missing"),
    ]
    assert told(await entries_of(house, people.clinician.organization_key)) == [(people.clinician.user_key, "refused")]


async def test_whatever_says_its_organization_or_case_is_found_by_its_name(house: House, people: People) -> None:
    async with house.unit_of_work() as uow:
        case = Case(
            organization_key=people.clinician.organization_key,
            title="A case",
            status="READY",
            created_by=people.clinician.user_key,
        )
        uow.session.add(case)
        await uow.session.flush()
        participant = Participant(case_key=case.key, user_key=people.clinician.user_key, access="OWNER")
        uow.session.add(participant)

    owner = text("select audit_owner(:kind, :key)")
    async with house.sessions() as session:
        for kind, key, organization in (
            ("Participant", participant.key, case.organization_key),
            ("Case", case.key, case.organization_key),
            ("Participant", case.key, None),
            ("Nothing", case.key, None),
            ("'; drop table cases; --", case.key, None),
            ("", case.key, None),
        ):
            assert await session.scalar(owner, {"kind": kind, "key": key}) == organization


async def test_an_application_is_told_apart_by_its_key(house: House, people: People) -> None:
    async with house.unit_of_work(people.partner) as uow:
        uow.audit("model:see", None)

    newest = (await entries_of(house, people.partner.organization_key))[-1]
    assert (newest.actor_key, newest.api_key_key) == (people.partner.user_key, people.partner.api_key_key)


async def test_texts_of_every_kind_hash_the_same_in_the_database_and_outside(house: House) -> None:
    chain = uuid4()
    words = ["", "-", "3:abc", "ß\u4e2d\U0001f600", "a\nb\tc", "'\"\\"]
    told = [
        NewEntry(uuid4(), f"a:{word}", uuid4() if i % 2 else None, Outcome.OK, chain, uuid4() if i % 3 else None,
                 word or None, word, word or None)
        for i, word in enumerate(words)
    ]  # fmt: skip

    await house.record(told)

    assert (await verify(house, chain)).entries == len(words)
    assert (await verify(house, chain)).fault is None


async def test_the_kind_of_a_subject_is_in_the_name_of_the_action() -> None:
    assert [kind_of(action) for action in ("case:see", "api_key:create", "second_factor:enroll")] == [
        "Case", "ApiKey", "User",
    ]  # fmt: skip


WRITER = """
import asyncio, sys
from uuid import UUID
from pathlib import Path
from api.backends import open_backends
from api.permissions import Actor, Role
from api.settings import Settings

async def main():
    actor = Actor(UUID(sys.argv[3]), UUID(sys.argv[4]), Role.CLINICIAN)
    async with open_backends(Settings(data_dir=Path(sys.argv[2])), sys.argv[1]) as backends:
        async def write():
            while True:
                async with backends.house.unit_of_work(actor) as uow:
                    for _ in range(5):
                        uow.audit("case:see", None)
        await asyncio.gather(*(write() for _ in range(4)))

asyncio.run(main())
"""


async def test_a_process_that_is_killed_leaves_a_chain_that_is_whole(
    house: House, shared_database_url: str, shared_folder: Path
) -> None:
    actor = somebody()
    arguments = [shared_database_url, str(shared_folder), str(actor.user_key), str(actor.organization_key)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, *arguments, cwd=ROOT)

    while await _count(house, actor.organization_key) < 100:
        await asyncio.sleep(0.02)
        assert process.returncode is None
    process.kill()
    await process.wait()

    # What it had under way its connections roll back as they end.
    await act(house, actor, None)
    verdict = await verify(house, actor.organization_key)
    assert verdict.is_intact
    assert (verdict.checked.number - 1) % 5 == 0, "transactions are whole"


async def _count(house: House, chain: UUID) -> int:
    async with house.sessions() as session:
        statement = select(func.count()).where(col(AuditEntry.organization_key) == chain)
        return int(await session.scalar(statement) or 0)
