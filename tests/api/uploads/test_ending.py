"""Completing, aborting and expiring an upload; what is still to be sent; who sees it."""

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from api import uploads
from api.errors import Conflict, Expired, Invalid, NotFound, Unauthenticated
from api.events.append import EventKind
from api.permissions import Actor
from api.persistence.columns import now
from api.persistence.paging import PageRequest
from api.persistence.tables import Event, Upload, UploadFile
from api.storage.filesystem import FilesystemStore
from api.storage.parts import PART_BYTES
from api.unit_of_work import House
from tests.deliveries import EVERYTHING, announce, complete, files_of, send, send_part
from tests.people import SHARED, People, limited

pytestmark = SHARED
LARGE = random.Random(1).randbytes(2 * PART_BYTES + 5)


async def pending(house: House, actor: Actor, upload: Upload) -> dict[str, list[int]]:
    """Numbers of the parts that are still to be sent, by the file's name."""
    async with house.unit_of_work(actor) as uow:
        upload = await uow.session.get_one(Upload, upload.key)
        files = (await uploads.list_files(uow, upload, EVERYTHING, pending=True)).rows
        return {
            file.name: [part.number for part in (await uploads.parts_of(uow, file, EVERYTHING, pending=True)).rows]
            for file in files
        }


async def queued_ingests(house: House, upload: Upload) -> int:
    async with house.sessions() as session:
        counted = text(
            "select count(*) from procrastinate_jobs where task_name = 'ingest' and args->>'upload_key' = :k"
        )
        return int(await session.scalar(counted, {"k": str(upload.key)}) or 0)


async def events_of(house: House, actor: Actor) -> int:
    async with house.sessions() as session:
        statement = select(func.count()).where(
            col(Event.stream_key) == actor.user_key, col(Event.kind) == EventKind.UPLOAD_PROGRESSED.value
        )
        return int(await session.scalar(statement) or 0)


async def make_overdue(house: House, upload: Upload) -> None:
    async with house.sessions() as session, session.begin():
        (await session.get_one(Upload, upload.key)).expires_at = now() - timedelta(seconds=1)


async def test_only_what_has_not_arrived_is_still_to_be_sent(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": LARGE, "b": b"1", "c": b"2"})
    first, second, _ = await files_of(house, upload.key)

    await send_part(house, first, 2, LARGE)
    await send_part(house, second, 1, b"1")

    assert await pending(house, people.clinician, upload) == {"a": [1, 3], "c": [1]}


async def test_every_part_is_listed_with_its_place_and_whether_it_is_there(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": LARGE})
    (file,) = await files_of(house, upload.key)
    await send_part(house, file, 3, LARGE)

    async with house.unit_of_work(people.clinician) as uow:
        parts = (await uploads.parts_of(uow, file, EVERYTHING, pending=False)).rows

    assert [(part.number, part.offset, part.size, part.received) for part in parts] == [
        (1, 0, PART_BYTES, False),
        (2, PART_BYTES, PART_BYTES, False),
        (3, 2 * PART_BYTES, 5, True),
    ]
    assert len({part.request.url for part in parts}) == 3
    assert all(part.request.expires_at > now() for part in parts)


async def test_pending_parts_are_paged_completely_while_parts_arrive(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": LARGE})
    (file,) = await files_of(house, upload.key)

    async with house.unit_of_work(people.clinician) as uow:
        first = await uploads.parts_of(uow, file, PageRequest(1), pending=True)
        await send_part(house, file, 1, LARGE)
        rest = await uploads.parts_of(uow, file, PageRequest(10, after=first.cursors[-1]), pending=True)

    assert [part.number for part in [*first.rows, *rest.rows]] == [1, 2, 3]


async def test_completing_names_the_files_that_are_not_whole(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": LARGE, "b": b"1", "c": b"2", "d": b"3", "e": b"4"})
    files = await files_of(house, upload.key)
    await send_part(house, files[0], 1, LARGE)
    await send_part(house, files[2], 1, b"2")

    with pytest.raises(Conflict, match="file 0, 1, 3 and 1 more") as refused:
        await complete(house, people.clinician, upload.key)

    assert refused.value.field == ["uploadId"]
    assert await queued_ingests(house, upload) == 0


async def test_completed_twice_it_is_ingested_once(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})

    ended = await asyncio.gather(*(complete(house, people.clinician, upload.key) for _ in range(3)))
    again = await complete(house, people.clinician, upload.key)

    assert [row.status for row in [*ended, again]] == ["INGESTING"] * 4
    assert await queued_ingests(house, upload) == 1
    assert await events_of(house, people.clinician) == 1


async def test_a_completed_upload_takes_no_more_parts(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})
    await complete(house, people.clinician, upload.key)

    with pytest.raises(Conflict):
        await send(house, upload.key, {"a": b"2"})
    with pytest.raises(Conflict, match="complete"):
        async with house.unit_of_work(people.clinician) as uow:
            await uploads.abort(uow, upload.key)


async def test_a_part_may_be_sent_again(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})

    await send(house, upload.key, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})

    assert (await complete(house, people.clinician, upload.key)).status == "INGESTING"


async def test_an_aborted_upload_is_forgotten(house: House, people: People) -> None:
    assert isinstance(house.store, FilesystemStore)
    upload = await announce(house, people.clinician, {"a": LARGE})
    (file,) = await files_of(house, upload.key)
    await send_part(house, file, 1, LARGE)

    for _ in range(2):
        async with house.unit_of_work(people.clinician) as uow:
            assert (await uploads.abort(uow, upload.key)).status == "ABORTED"

    assert await house.store.received_parts(str(file.key)) == {}
    with pytest.raises(Conflict):
        await send_part(house, file, 1, LARGE)
    with pytest.raises(Conflict, match="aborted"):
        await complete(house, people.clinician, upload.key)
    assert await pending(house, people.clinician, upload) == {}
    async with house.unit_of_work(people.clinician) as uow:
        assert (await uploads.parts_of(uow, file, EVERYTHING, pending=True)).rows == []


async def test_where_aborting_is_rolled_back_the_upload_still_takes_parts(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})

    async def abort_and_fail() -> None:
        async with house.unit_of_work(people.clinician) as uow:
            await uploads.abort(uow, upload.key)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await abort_and_fail()

    await send(house, upload.key, {"a": b"1"})
    assert (await complete(house, people.clinician, upload.key)).status == "INGESTING"


async def test_parts_that_an_ended_upload_left_are_swept(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})
    async with house.unit_of_work() as uow:  # the process died after the commit
        (await uow.session.get_one(Upload, upload.key)).status = "ABORTED"
    (file,) = await files_of(house, upload.key)

    await uploads.expire(house)

    assert await house.store.received_parts(str(file.key)) == {}


async def test_an_overdue_upload_expires(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    kept = await announce(house, people.clinician, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})
    await make_overdue(house, upload)

    with pytest.raises(Expired):
        await complete(house, people.clinician, upload.key)
    assert await uploads.expire(house) == 1
    assert await uploads.expire(house) == 0

    async with house.unit_of_work(people.clinician) as uow:
        rows = (await uploads.list_uploads(uow, EVERYTHING)).rows
    assert {row.key: row.status for row in rows} == {upload.key: "EXPIRED", kept.key: "OPEN"}
    with pytest.raises(Expired):
        await complete(house, people.clinician, upload.key)
    assert await house.store.received_parts(str((await files_of(house, upload.key))[0].key)) == {}


async def test_an_upload_expires_after_the_hours_of_its_setting(house: House, people: People) -> None:
    upload = await announce(limited(house, upload_hours=2.0), people.clinician, {"a": b"1"})

    assert upload.expires_at - upload.created_at == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=5))


async def test_an_upload_is_seen_by_whoever_made_it_and_nobody_else(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    (file,) = await files_of(house, upload.key)

    async with house.unit_of_work(people.clinician) as uow:
        assert await uploads.find(uow, upload.key) is not None
        assert await uploads.find_file(uow, file.key) is not None
    for actor in (people.colleague, people.administrator, people.patient, people.stranger):
        async with house.unit_of_work(actor) as uow:
            assert await uploads.find(uow, upload.key) is None
            assert await uploads.find_file(uow, file.key) is None
            assert (await uploads.list_uploads(uow, EVERYTHING)).rows == []
    async with house.unit_of_work(None) as uow:
        with pytest.raises(Unauthenticated):
            await uploads.find(uow, upload.key)


async def test_nobody_else_completes_or_aborts_an_upload(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})
    await send(house, upload.key, {"a": b"1"})

    for actor in (people.colleague, people.stranger):
        with pytest.raises(NotFound):
            await complete(house, actor, upload.key)
        with pytest.raises(NotFound):
            async with house.unit_of_work(actor) as uow:
                await uploads.abort(uow, upload.key)


async def test_uploads_are_listed_newest_first(house: House, people: People) -> None:
    made = [await announce(house, people.clinician, {"a": b"1"}) for _ in range(5)]

    async with house.unit_of_work(people.clinician) as uow:
        first = await uploads.list_uploads(uow, PageRequest(3))
        rest = await uploads.list_uploads(uow, PageRequest(3, after=first.cursors[-1]))
        total = await first.total()

    assert [row.key for row in [*first.rows, *rest.rows]] == [upload.key for upload in reversed(made)]
    assert (first.has_next, rest.has_next, total) == (True, False, 5)


async def test_a_cursor_of_another_list_is_refused(house: House, people: People) -> None:
    upload = await announce(house, people.clinician, {"a": b"1"})

    async with house.unit_of_work(people.clinician) as uow:
        cursor = (await uploads.list_uploads(uow, EVERYTHING)).cursors[0]
        with pytest.raises(Invalid):
            await uploads.list_files(uow, upload, PageRequest(3, after=cursor), pending=False)
        (file,) = (await uploads.list_files(uow, upload, EVERYTHING, pending=False)).rows
        assert isinstance(file, UploadFile)
        for wrong in (cursor, "no cursor", "é"):
            with pytest.raises(Invalid):
                await uploads.parts_of(uow, file, PageRequest(3, after=wrong), pending=False)
