"""The ingest job dies, runs twice, runs beside others: nothing is lost, nothing is doubled."""

import asyncio
from typing import Any

import pytest

from api import ingest
from api.errors import RejectionCode
from api.ingest import ending, running
from api.ingest.filing import file_batch
from api.storage.filesystem import FilesystemStore
from api.unit_of_work import House
from tests.deliveries import deliver, files_of, outcome, take_in, zipped
from tests.holdings import instances_of, objects_of, stacks_of
from tests.people import SHARED, People, limited
from tests.synthetic_ct import ct_file, ct_files, ct_pixels

pytestmark = SHARED
FILES = {**ct_files(9), "text": b"no image", "again.dcm": ct_file(1)}


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.mark.parametrize("waves", [0, 1, 2])
async def test_a_run_that_died_between_batches_is_gone_on_with(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch, waves: int
) -> None:
    small, left = limited(house, ingest_batch=4), waves
    upload_key = await deliver(house, people.clinician, {"a.zip": zipped(FILES)})

    async def dying(*arguments: Any) -> Any:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        return await file_batch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "file_batch", dying)
        with pytest.raises(Killed):
            await ingest.run(small, upload_key)
    half = await outcome(house, people.clinician, upload_key)
    await ingest.run(small, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    instances = await instances_of(house, people.clinician)
    assert half.upload.status == "INGESTING"
    assert half.accepted == 4 * waves
    assert (delivery.upload.status, delivery.accepted, delivery.duplicates) == ("COMPLETE", 9, 1)
    assert delivery.rejections == {"text": RejectionCode.NOT_AN_IMAGE.value}
    assert len(instances) == 9
    assert len(await objects_of(house, instances)) == 9 * 3
    assert len((await stacks_of(house, delivery.case.key))[0].frame_keys) == 9


async def test_a_run_that_died_before_the_end_is_finished(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_key = await deliver(house, people.clinician, ct_files(3), analyze=True)

    async def dying(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, "finish", dying)
        with pytest.raises(Killed):
            await ingest.run(house, upload_key)
    await ingest.run(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.accepted, delivery.duplicates, delivery.upload.status) == (3, 0, "COMPLETE")
    assert delivery.case.status == "ANALYZING"


async def test_parts_are_let_go_even_if_the_run_died_just_before(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_key = await deliver(house, people.clinician, ct_files(2))
    keys = [str(file.key) for file in await files_of(house, upload_key)]

    async def dying(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ending, "release_parts", dying)
        with pytest.raises(Killed):
            await ingest.run(house, upload_key)
    kept = await house.store.received_parts_of(keys)
    await ingest.run(house, upload_key)

    assert all(kept.values())
    assert not any((await house.store.received_parts_of(keys)).values())


async def test_an_ingest_run_twice_changes_nothing(house: House, people: People) -> None:
    upload_key = await deliver(house, people.clinician, FILES)
    await ingest.run(house, upload_key)
    before = await outcome(house, people.clinician, upload_key)

    await ingest.run(house, upload_key)

    assert await outcome(house, people.clinician, upload_key) == before


async def test_an_ingest_given_up_keeps_what_was_filed(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, left = limited(house, ingest_batch=2), 1
    upload_key = await deliver(house, people.clinician, ct_files(6))

    async def dying(*arguments: Any) -> Any:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        return await file_batch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "file_batch", dying)
        with pytest.raises(Killed):
            await ingest.run(small, upload_key)
    await ingest.give_up(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 2)
    assert delivery.case.status == "READY"


async def test_two_uploads_of_one_series_at_once_store_it_once(house: House, people: People) -> None:
    small = limited(house, ingest_batch=3)
    keys = [await deliver(house, actor, ct_files(12)) for actor in (people.clinician, people.colleague)]

    await asyncio.gather(*(ingest.run(small, key) for key in keys))

    first = await outcome(house, people.clinician, keys[0])
    second = await outcome(house, people.colleague, keys[1])
    instances = await instances_of(house, people.clinician)
    assert first.accepted + second.accepted == 12
    assert first.duplicates + second.duplicates == 12
    assert first.case.key == second.case.key
    assert len(instances) == 12
    objects = {name.split("/")[1] for name in await house.store.list()}
    assert len(await objects_of(house, instances)) == 12 * 3
    assert {str(row.key) for row in instances} <= objects
    current = [stack for stack in await stacks_of(house, first.case.key) if not stack.superseded]
    assert [len(stack.frame_keys) for stack in current] == [12]


async def test_two_uploads_that_meet_in_one_series_make_one_stack(house: House, people: People) -> None:
    small = limited(house, ingest_batch=2)
    halves = [ct_files(8), ct_files(8, first=9)]
    keys = [await deliver(house, people.clinician, half) for half in halves]

    await asyncio.gather(*(ingest.run(small, key) for key in keys))

    done = [await outcome(house, people.clinician, key) for key in keys]
    assert [delivery.accepted for delivery in done] == [8, 8]
    current = [stack for stack in await stacks_of(house, done[0].case.key) if not stack.superseded]
    assert [len(stack.frame_keys) for stack in current] == [16]


async def test_an_upload_to_a_second_organization_is_its_own(house: House, people: People) -> None:
    ours = await take_in(house, people.clinician, ct_files(3))
    theirs = await take_in(house, people.stranger, {**ct_files(2), "c": ct_file(3, pixels=ct_pixels(7))})

    assert (theirs.accepted, theirs.duplicates, theirs.rejections) == (3, 0, {})
    assert ours.case.key != theirs.case.key
    assert isinstance(house.store, FilesystemStore)
    for row in await instances_of(house, people.stranger):
        assert await house.store.exists(f"instances/{row.key}")
