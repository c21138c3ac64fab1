"""A chain is proved: whatever was changed, removed or inserted is found, and the first such entry is named."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from api.oversight import rounds
from api.oversight.anchors import ANCHORS, anchor, list_anchors
from api.oversight.verification import Checked, Fault, list_chains, verify
from api.permissions import Actor, Role
from api.persistence.audit import walking
from api.persistence.columns import now
from api.persistence.tables import AuditBurst, AuditVerification
from api.storage.object_store import ObjectRetained
from api.unit_of_work import House
from tests.audit import entries_of, tamper
from tests.people import SHARED, limited

pytestmark = SHARED

LENGTH = 7
# All after entry :n are hashed afresh, so that the chain is right in itself: what the owner of a database could do.
REWRITE = """
do $$
declare e record; newest bytea;
begin
  select hash into newest from audit_entries where organization_key = '{chain}' and number = {number} - 1;
  for e in select * from audit_entries where organization_key = '{chain}' and number >= {number} order by number loop
    newest := audit_hash(newest, e.organization_key, e.number, e.at, e.actor_key, e.api_key_key, e.action,
      e.subject_kind, e.subject_key, e.outcome, e.address, e.trace_id);
    update audit_entries set hash = newest where organization_key = e.organization_key and number = e.number;
  end loop;
  update audit_chains set head = newest where organization_key = '{chain}';
end $$"""


async def a_chain(house: House, length: int = LENGTH) -> UUID:
    actor = Actor(uuid4(), uuid4(), Role.CLINICIAN)
    async with house.unit_of_work(actor, "192.0.2.7") as uow:
        for _ in range(length):
            uow.audit("case:see", uuid4())
    return actor.organization_key


async def fault_of(house: House, chain: UUID, since: Checked | None = None) -> Fault | None:
    return (await verify(house, chain, since)).fault


ENTRY = "where organization_key = :chain and number = :n"


@pytest.mark.parametrize("number", [1, 4, LENGTH])
@pytest.mark.parametrize(
    "change",
    [
        "actor_key = gen_random_uuid()",
        "api_key_key = gen_random_uuid()",
        "action = 'case:update'",
        "subject_key = null",
        "subject_kind = 'Patient'",
        "outcome = 'refused'",
        "address = '192.0.2.8'",
        "trace_id = 'x'",
        "at = at + interval '1 microsecond'",
        "at = 'infinity'",
        "hash = sha256(hash)",
    ],
)
async def test_a_changed_entry_is_found_and_named(house: House, number: int, change: str) -> None:
    chain = await a_chain(house)

    await tamper(house, f"update audit_entries set {change} {ENTRY}", chain=chain, n=number)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert (fault.number, "changed" in fault.what) == (number, True)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (4, 4), (3, 5), (LENGTH, LENGTH), (5, LENGTH), (1, LENGTH)])
async def test_removed_entries_are_found_and_the_first_is_named(house: House, first: int, last: int) -> None:
    chain = await a_chain(house)

    statement = "delete from audit_entries where organization_key = :chain and number between :first and :last"
    await tamper(house, statement, chain=chain, first=first, last=last)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert (fault.number, "removed" in fault.what) == (first, True)
    assert (f"entry {last}" in fault.what) == (last > first)


COPY = (
    "insert into audit_entries select organization_key, {to}, at, actor_key, api_key_key, action, subject_kind,"
    " subject_key, outcome, address, trace_id, hash from audit_entries where organization_key = :chain and number = 3"
)


@pytest.mark.parametrize(("number", "named"), [(0, 0), (LENGTH + 1, LENGTH + 1), (-5, -5)])
async def test_an_inserted_entry_is_found(house: House, number: int, named: int) -> None:
    chain = await a_chain(house)

    await tamper(house, COPY.format(to=number), chain=chain)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert fault.number == named


async def test_an_entry_inserted_between_others_is_found(house: House) -> None:
    chain = await a_chain(house)

    shift = "update audit_entries set number = number + 1000 where organization_key = :chain and number > 3"
    back = "update audit_entries set number = number - 999 where organization_key = :chain and number > 1000"
    head = "update audit_chains set last_number = last_number + 1 where organization_key = :chain"
    await tamper(house, shift, back, COPY.format(to=4), head, chain=chain)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert fault.number == 4


async def test_swapped_entries_are_found(house: House) -> None:
    chain = await a_chain(house)

    moves = [f"update audit_entries set number = {to} where organization_key = :chain and number = {number}"
             for number, to in ((2, 99), (5, 2), (99, 5))]  # fmt: skip
    await tamper(house, *moves, chain=chain)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert fault.number == 2


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("update audit_chains set head = sha256(head) where organization_key = :chain", LENGTH),
        ("update audit_chains set last_number = 3 where organization_key = :chain", 4),
        ("update audit_chains set last_number = 12 where organization_key = :chain", LENGTH + 1),
        ("delete from audit_chains where organization_key = :chain", LENGTH),
    ],
)
async def test_a_head_that_is_not_right_is_found(house: House, change: str, number: int) -> None:
    chain = await a_chain(house)

    await tamper(house, change, chain=chain)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert fault.number == number


async def test_chains_do_not_break_each_other(house: House) -> None:
    broken, whole = await a_chain(house), await a_chain(house)

    await tamper(house, f"delete from audit_entries {ENTRY}", chain=broken, n=2)

    assert (await verify(house, broken)).is_intact is False
    assert (await verify(house, whole)).is_intact


async def test_a_chain_longer_than_a_page_is_proved_to_its_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "PAGE", 3)
    chain = await a_chain(house)

    verdict = await verify(house, chain)
    await tamper(house, f"update audit_entries set outcome = 'failed' {ENTRY}", chain=chain, n=LENGTH)

    assert (verdict.is_intact, verdict.entries, verdict.checked.number) == (True, LENGTH, LENGTH)
    fault = await fault_of(house, chain)
    assert fault is not None
    assert fault.number == LENGTH


async def test_a_chain_rewritten_from_an_entry_to_its_end_is_not_what_its_anchor_says(house: House) -> None:
    chain = await a_chain(house)
    await anchor(house, everything=True)

    change = f"update audit_entries set actor_key = gen_random_uuid() {ENTRY}"
    await tamper(house, change, REWRITE.format(chain=chain, number=3), chain=chain, n=3)

    fault = await fault_of(house, chain)
    assert fault is not None
    assert (fault.number, "anchor" in fault.what) == (LENGTH, True)


async def test_a_chain_cut_short_head_and_all_is_missed_by_its_anchor(house: House) -> None:
    chain = await a_chain(house)
    await anchor(house, everything=True)

    cut = "delete from audit_entries where organization_key = :chain and number > 4"
    head = (
        "update audit_chains set last_number = 4, head = (select hash from audit_entries"
        " where organization_key = :chain and number = 4) where organization_key = :chain"
    )
    await tamper(house, cut, head, chain=chain)

    assert await fault_of(house, chain) == Fault(5, f"It was removed, and all up to entry {LENGTH}.")


async def test_a_chain_that_is_gone_altogether_is_missed(house: House) -> None:
    chain = await a_chain(house)
    await anchor(house, everything=True)

    gone = [f"delete from {table} where organization_key = :chain" for table in ("audit_entries", "audit_chains")]
    await tamper(house, *gone, chain=chain)

    assert chain in await list_chains(house)
    fault = await fault_of(house, chain)
    assert fault is not None
    assert fault.number == 1


async def test_an_anchor_that_was_altered_is_told(house: House) -> None:
    chain = await a_chain(house)
    await house.store.put(f"{ANCHORS}{chain}/{LENGTH:020d}", b'{"hash": "00"}')

    fault = await fault_of(house, chain)

    assert fault is not None
    assert (fault.number, "anchor" in fault.what) == (LENGTH, True)


async def test_anchors_are_made_as_the_chain_grows_and_cannot_be_taken_away(house: House) -> None:
    chain = await a_chain(house, 2)
    small = limited(house, audit_anchor_minutes=0.0001)
    await anchor(small)
    await anchor(small)  # it did not grow

    await tamper(house, "update audit_anchors set at = at - interval '1 hour'")
    async with house.unit_of_work(Actor(uuid4(), chain, Role.CLINICIAN)) as uow:
        uow.audit("case:see", None)
    await anchor(house)

    anchors = await list_anchors(house.store, chain)
    assert [number for number, _ in anchors] == [2, 3]
    for _, name in anchors:
        with pytest.raises(ObjectRetained):
            await house.store.delete(name)
    assert (await verify(house, chain)).is_intact


async def test_an_anchor_is_not_due_again_before_its_time(house: House) -> None:
    chain = await a_chain(house, 1)
    await anchor(house)

    async with house.unit_of_work(Actor(uuid4(), chain, Role.CLINICIAN)) as uow:
        uow.audit("case:see", None)
    await anchor(house)

    assert [number for number, _ in await list_anchors(house.store, chain)] == [1]


# rounds


async def words_of(house: House, chain: UUID) -> Sequence[AuditVerification]:
    """Oldest first."""
    statement = select(AuditVerification).where(col(AuditVerification.organization_key) == chain)
    async with house.sessions() as session:
        return (await session.execute(statement.order_by(col(AuditVerification.at)))).scalars().all()


async def grow_older(house: House, chain: UUID, hours: float) -> None:
    older = {"at": AuditVerification.at - timedelta(hours=hours)}
    async with house.sessions() as session, session.begin():
        statement = update(AuditVerification).where(col(AuditVerification.organization_key) == chain)
        await session.execute(statement.values(older))


async def test_a_round_proves_what_is_new_and_once_a_day_all_of_it(house: House) -> None:
    chain = await a_chain(house)
    await rounds.verify_due(house)
    await rounds.verify_due(house)
    assert len(await words_of(house, chain)) == 1, "it is not due again"

    await grow_older(house, chain, 2)
    async with house.unit_of_work(Actor(uuid4(), chain, Role.CLINICIAN)) as uow:
        uow.audit("case:see", None)
    await rounds.verify_due(house)
    await grow_older(house, chain, 23)
    await rounds.verify_due(house)

    assert [(word.whole, word.intact, word.last_number) for word in await words_of(house, chain)] == [
        (True, True, LENGTH),
        (False, True, LENGTH + 1),
        (True, True, LENGTH + 1),
    ]


async def test_after_a_fault_a_round_proves_all_again_and_the_word_stays_broken(house: House) -> None:
    chain = await a_chain(house)
    await rounds.verify_due(house)
    await tamper(house, f"update audit_entries set outcome = 'failed' {ENTRY}", chain=chain, n=LENGTH)
    await tamper(house, "update audit_entries set hash = sha256(hash) " + ENTRY, chain=chain, n=LENGTH)
    for _ in range(2):
        await grow_older(house, chain, 2)
        await rounds.verify_due(house)

    words = await words_of(house, chain)

    assert [(word.whole, word.intact) for word in words] == [(True, True), (False, False), (True, False)]
    assert words[-1].broken_number == LENGTH
    assert (await entries_of(house, chain))[-1].action != "audit:verify", "it says nothing of itself in the broken one"


@pytest.mark.parametrize("number", [LENGTH, LENGTH + 1])
async def test_a_round_finds_that_the_entry_proved_last_is_another_or_gone(house: House, number: int) -> None:
    chain = await a_chain(house)
    known = (await verify(house, chain)).checked
    async with house.unit_of_work(Actor(uuid4(), chain, Role.CLINICIAN)) as uow:
        uow.audit("case:see", None)
        uow.audit("case:see", None)

    await tamper(house, f"delete from audit_entries {ENTRY}", chain=chain, n=number)

    fault = await fault_of(house, chain, known)
    assert fault is not None
    assert fault.number == number


async def test_what_is_over_is_forgotten_but_no_entry_and_no_last_word(house: House) -> None:
    chain = await a_chain(house)
    await rounds.verify_due(house)
    await grow_older(house, chain, 2)
    await rounds.verify_due(house)
    await grow_older(house, chain, 24 * 100)
    minutes = [now().replace(second=0, microsecond=0) - timedelta(hours=hours) for hours in (0, 25)]
    async with house.unit_of_work() as uow:
        uow.session.add_all(AuditBurst(actor_key=chain, action="a", subject="s", minute=minute) for minute in minutes)

    await rounds.forget_old(house)

    assert len(await words_of(house, chain)) == 1
    assert len(await entries_of(house, chain)) == LENGTH
    async with house.sessions() as session:
        kept = text("select count(*) from audit_bursts where actor_key = :key")
        assert await session.scalar(kept, {"key": chain}) == 1
