"""A burst of frame requests is one entry a series and viewer a minute, in however many processes."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.errors import NotFound
from api.oversight import frame_reads
from api.oversight.frame_reads import FrameReads
from api.permissions import Actor
from api.persistence.columns import now
from api.persistence.tables import Series
from api.unit_of_work import House
from tests.audit import entries_of
from tests.deliveries import take_in
from tests.holdings import stacks_of
from tests.people import SHARED, People
from tests.synthetic_ct import ct_files

pytestmark = SHARED


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test comes upon the end of one."""
    at = now()
    monkeypatch.setattr(frame_reads, "now", lambda: at)


async def reads_of(house: House, actor: Actor) -> list[UUID | None]:
    entries = await entries_of(house, actor.organization_key)
    return [
        entry.subject_key
        for entry in entries
        if (entry.action, entry.actor_key) == (frame_reads.ACTION, actor.user_key)
    ]


async def test_a_burst_is_one_entry_though_two_processes_serve_it(house: House, people: People) -> None:
    series = uuid4()

    processes = [FrameReads(house) for _ in range(2)]
    await asyncio.gather(
        *(reads.record_series(people.clinician, series, "192.0.2.1") for reads in processes for _ in range(20))
    )

    assert await reads_of(house, people.clinician) == [series]


async def test_each_series_and_each_viewer_has_an_entry(house: House, people: People) -> None:
    reads, first, second = FrameReads(house), uuid4(), uuid4()

    for actor, series in ((people.clinician, first), (people.clinician, second), (people.colleague, first)):
        await reads.record_series(actor, series)

    assert await reads_of(house, people.clinician) == [first, second]
    assert await reads_of(house, people.colleague) == [first]


async def test_the_next_minute_has_an_entry_of_its_own(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, series = FrameReads(house), uuid4()
    await reads.record_series(people.clinician, series)

    later: datetime = now() + timedelta(minutes=1)
    monkeypatch.setattr(frame_reads, "now", lambda: later)
    await reads.record_series(people.clinician, series)

    assert await reads_of(house, people.clinician) == [series, series]


async def test_a_stack_counts_as_its_series(house: House, people: People) -> None:
    case = (await take_in(house, people.clinician, ct_files(2))).case
    (stack,) = await stacks_of(house, case.key)
    reads = FrameReads(house)

    for _ in range(3):
        await reads.record_stack(people.clinician, stack.key)

    assert await reads_of(house, people.clinician) == [stack.series_key]
    (entry,) = [e for e in await entries_of(house, people.clinician.organization_key) if e.action == frame_reads.ACTION]
    assert entry.subject_kind == Series.__name__


async def test_a_stack_that_is_none_is_not_found(house: House, people: People) -> None:
    with pytest.raises(NotFound):
        await FrameReads(house).record_stack(people.clinician, uuid4())


async def test_what_could_not_be_recorded_is_tried_again(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*arguments: object) -> bool:
        raise ConnectionError

    reads, series = FrameReads(house), uuid4()
    with monkeypatch.context() as broken:
        broken.setattr(frame_reads, "is_first_of_burst", fails)
        with pytest.raises(ConnectionError):
            await reads.record_series(people.clinician, series)

    await reads.record_series(people.clinician, series)

    assert await reads_of(house, people.clinician) == [series]
