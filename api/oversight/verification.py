"""Prove a chain: no entry was changed, removed or inserted, its head is right, and it is what its anchors say.

Entries that are added meanwhile are left for the next time: a chain is proved up to where its head was at the start.
"""

from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from api.oversight.anchors import anchored_hash, list_anchored_chains, list_anchors
from api.persistence.audit import walking
from api.persistence.audit.hashing import FIRST, entry_hash
from api.persistence.audit.walking import Ends, RawEntry
from api.storage.object_store import ObjectStore
from api.unit_of_work import House


@dataclass(frozen=True)
class Checked:
    """Up to where a chain was proved before, and the hash there."""

    number: int = 0
    hash: bytes = FIRST


@dataclass(frozen=True)
class Fault:
    """number: of the first entry that is not as it was written; at: what it says of its time, where it is there."""

    number: int
    what: str
    at: str | None = None


@dataclass(frozen=True)
class Verdict:
    """checked: the last entry that is right. whole: from the first entry on. entries: how many were looked at."""

    chain: UUID
    whole: bool
    entries: int
    checked: Checked
    fault: Fault | None = None

    @property
    def is_intact(self) -> bool:
        return self.fault is None


async def list_chains(house: House) -> list[UUID]:
    """Every chain there is, or ever was anchored."""
    async with house.sessions() as session:
        chains = await walking.list_chains(session)
    return sorted({*chains, *await list_anchored_chains(house.store)}, key=str)


async def verify(house: House, chain: UUID, since: Checked | None = None) -> Verdict:
    """since: prove only what came after; None for all of it. The first fault ends it. Holds one page of entries."""
    start = since or Checked()
    # Anchors before the head: one that is made meanwhile would lie ahead of it.
    anchors = {number: name for number, name in await list_anchors(house.store, chain) if number > start.number}
    async with house.sessions() as session:
        ends = await walking.ends_of(session, chain)
    proof = _Proof(house.store, start, anchors)
    fault = await proof.walk(house, chain, ends) or proof.fault_of_end(ends)
    return Verdict(chain, since is None, proof.entries, proof.checked, fault)


@dataclass
class _Proof:
    """One walk along one chain. checked: as far as it has come. anchors: name by number, those that lie ahead."""

    store: ObjectStore
    checked: Checked
    anchors: dict[int, str]
    entries: int = 0

    async def walk(self, house: House, chain: UUID, ends: Ends) -> Fault | None:
        if ends.first is not None and ends.first < 1:
            return Fault(ends.first, "It was inserted: numbers begin with 1.")
        last = max(ends.head_number or 0, ends.last or 0)
        start = self.checked
        # The entry that was proved last is read again: whether it is still the same.
        async with aclosing(walking.walk(house.sessions, chain, start.number - 1, last)) as rows:
            async for row in rows:
                self.entries += 1
                is_known = self.entries == 1 and start.number > 0
                fault = _fault_of_known(row, start) if is_known else await self._fault_of(row)
                if fault is not None:
                    return fault
        return None if self.entries or start.number == 0 else _missing(start.number, start.number)

    async def _fault_of(self, row: RawEntry) -> Fault | None:
        due = self.checked.number + 1
        if row.number != due:
            return _missing(due, row.number - 1)
        if entry_hash(self.checked.hash, row.fields) != row.hash:
            return Fault(row.number, "It was changed, or another was put in its place.", row.at)
        name = self.anchors.pop(row.number, None)
        if name is not None and await anchored_hash(self.store, name) != row.hash:
            return Fault(row.number, "The chain up to here is not what its anchor in the object store says.", row.at)
        self.checked = Checked(row.number, row.hash)
        return None

    def fault_of_end(self, ends: Ends) -> Fault | None:
        """What only shows when every entry that there is has been looked at."""
        number = self.checked.number
        if ends.head_number is None and number > 0:
            return Fault(number, "The head of the chain was removed.")
        if (ends.head_number or 0) < number:
            return Fault((ends.head_number or 0) + 1, "It was inserted: the head of the chain does not know it.")
        if (ends.head_number or 0) > number:
            return _missing(number + 1, ends.head_number or 0)
        if ends.head is not None and ends.head != self.checked.hash:
            return Fault(number, "The head of the chain was changed: it is not the hash of this entry.")
        if self.anchors:
            return _missing(number + 1, max(self.anchors))  # the head was set back with it
        return None


def _fault_of_known(row: RawEntry, known: Checked) -> Fault | None:
    if row.number != known.number:
        return _missing(known.number, row.number - 1)
    return None if row.hash == known.hash else Fault(row.number, "It is not what it was at the last check.", row.at)


def _missing(first: int, last: int) -> Fault:
    return Fault(first, "It was removed." if first >= last else f"It was removed, and all up to entry {last}.")
