"""Taking a case's images out: who may, what is in the archive, how long it is kept."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydicom import dcmread
from sqlalchemy import text

from api import cases, exports
from api.errors import Conflict, NotFound, NotPermitted, Unauthenticated
from api.exports import running
from api.permissions import Actor, Scope
from api.persistence.columns import now
from api.persistence.tables import Export, Participant
from api.unit_of_work import House
from tests.deliveries import take_in
from tests.holdings import instances_of
from tests.people import SHARED, People, limited
from tests.synthetic_ct import ct_file, ct_files

pytestmark = SHARED


async def asked(
    house: House, actor: Actor | None, case_key: UUID, with_identity: bool = False, key: str | None = None
) -> Export:
    async with house.unit_of_work(actor) as uow:
        return await exports.request(uow, case_key, with_identity, key)


async def made(house: House, actor: Actor, case_key: UUID, with_identity: bool = False) -> Export:
    export = await asked(house, actor, case_key, with_identity)
    await running.run(house, export.key)
    found = await seen(house, actor, export.key)
    assert found is not None
    return found


async def seen(house: House, actor: Actor, export_key: UUID) -> Export | None:
    async with house.unit_of_work(actor) as uow:
        return await exports.find(uow, export_key)


async def archive_of(house: House, export: Export) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(await house.store.read(f"exports/{export.key}"))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def received(house: House, actor: Actor, **attributes: Any) -> UUID:
    return (await take_in(house, actor, ct_files(3, **attributes))).case.key


async def test_an_export_with_identity_holds_the_instances_as_they_were_received(house: House, people: People) -> None:
    files = ct_files(3, series="2.25.71")
    case_key = (await take_in(house, people.clinician, files)).case.key

    export = await made(house, people.clinician, case_key, with_identity=True)

    held = await archive_of(house, export)
    assert [content for name, content in held.items() if name.endswith(".dcm")] == list(files.values())
    assert b"with identity" in held["READ-ME.txt"]
    assert export.status == "READY"
    assert export.size == await house.store.size(f"exports/{export.key}")


async def test_an_export_without_identity_names_nobody(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.72", AccessionNumber="ACC-77", StudyDate="20260301")

    export = await made(house, people.clinician, case_key)

    held = await archive_of(house, export)
    data_sets = [dcmread(io.BytesIO(content)) for name, content in held.items() if name.endswith(".dcm")]
    assert len(data_sets) == 3
    assert len({data_set.StudyInstanceUID for data_set in data_sets}) == 1
    assert [data_set.InstanceNumber for data_set in data_sets] == [1, 2, 3]
    assert all(data_set.PatientIdentityRemoved == "YES" for data_set in data_sets)
    whole = b"".join([*held.values(), *(name.encode() for name in held)])
    for mark in (b"Doe", b"P1", b"ACC-77", b"20260301", b"2.25.72"):
        assert mark not in whole


async def test_images_whose_pixels_may_show_text_are_left_out_and_counted(house: House, people: People) -> None:
    files = {"a.dcm": ct_file(1, series="2.25.73"), "b.dcm": ct_file(2, series="2.25.73", BurnedInAnnotation="YES")}
    case_key = (await take_in(house, people.clinician, files)).case.key

    export = await made(house, people.clinician, case_key)

    held = await archive_of(house, export)
    assert export.left_out == 1
    assert len([name for name in held if name.endswith(".dcm")]) == 1
    assert b"instance 2: Its header says that text is burned" in held["LEFT-OUT.txt"]


async def test_an_export_of_which_nothing_is_left_fails_with_words(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.74", BurnedInAnnotation="YES")

    export = await made(house, people.clinician, case_key)

    assert export.status == "FAILED"
    assert export.failure is not None
    assert "may show text" in export.failure
    assert not await house.store.exists(f"exports/{export.key}")


async def test_an_export_beyond_the_limit_fails_with_words(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.75")
    export = await asked(house, people.clinician, case_key)

    await running.run(limited(house, export_bytes=100), export.key)

    found = await seen(house, people.clinician, export.key)
    assert found is not None
    assert found.failure is not None
    assert "100 bytes" in found.failure


async def test_an_export_that_is_made_twice_is_made_once(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.76")
    export = await made(house, people.clinician, case_key)
    before = await house.store.read(f"exports/{export.key}")

    await running.run(house, export.key)

    assert await house.store.read(f"exports/{export.key}") == before


async def test_an_export_asked_for_twice_with_one_key_is_one(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.77")

    first = await asked(house, people.clinician, case_key, key="once")
    second = await asked(house, people.clinician, case_key, key="once")

    assert first.key == second.key
    async with house.sessions() as session:
        counted = text("select count(*) from procrastinate_jobs where args->>'export_key' = :key")
        assert await session.scalar(counted, {"key": str(first.key)}) == 1


async def test_only_who_may_take_images_out_may_ask(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.78")
    reader = replace(people.partner, scopes=frozenset({Scope.CASES_READ}))

    await asked(house, reader, case_key)
    with pytest.raises(NotPermitted):
        await asked(house, reader, case_key, with_identity=True)
    for outsider in (people.patient, people.stranger, people.administrator):
        with pytest.raises(NotFound):
            await asked(house, outsider, case_key)
    with pytest.raises(NotFound):
        await asked(house, people.clinician, uuid4())
    with pytest.raises(Unauthenticated):
        await asked(house, None, case_key)


async def test_an_export_is_seen_by_whoever_asked_alone(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.79")
    export = await made(house, people.clinician, case_key)

    assert await seen(house, people.colleague, export.key) is None
    assert await seen(house, people.stranger, export.key) is None


async def test_an_export_is_gone_for_whom_the_case_is_shared_with_no_longer(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.80")
    async with house.unit_of_work() as uow:
        participant = Participant(case_key=case_key, user_key=people.stranger.user_key, access="READER")
        uow.session.add(participant)
    export = await made(house, people.stranger, case_key)

    async with house.unit_of_work() as uow:
        await uow.session.delete(await uow.session.get_one(Participant, participant.key))

    assert await seen(house, people.stranger, export.key) is None


async def test_an_export_of_a_deleted_case_is_gone(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.81")
    export = await made(house, people.clinician, case_key)

    async with house.unit_of_work(people.clinician) as uow:
        await cases.delete(uow, case_key, "sent by mistake")

    assert await seen(house, people.clinician, export.key) is None


async def test_an_archive_has_an_address_while_it_is_kept(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.82")
    export = await made(house, people.clinician, case_key)
    async with house.unit_of_work(people.clinician) as uow:
        given = await exports.address(uow, export)
    assert given is not None
    assert given.media_type == "application/zip"
    assert given.expires_at <= now() + timedelta(seconds=house.settings.frame_url_seconds)

    async with house.unit_of_work() as uow:
        (await uow.session.get_one(Export, export.key)).expires_at = now() - timedelta(seconds=1)
    await exports.expire(house)

    found = await seen(house, people.clinician, export.key)
    assert found is not None
    assert found.status == "EXPIRED"
    assert not await house.store.exists(f"exports/{export.key}")
    async with house.unit_of_work(people.clinician) as uow:
        assert await exports.address(uow, found) is None


async def test_nobody_has_more_exports_than_the_limit(house: House, people: People) -> None:
    case_key = await received(house, people.clinician, series="2.25.83")
    few = limited(house, open_exports=2)
    await asked(few, people.clinician, case_key)
    await asked(few, people.clinician, case_key)

    with pytest.raises(Conflict, match="2 exports"):
        await asked(few, people.clinician, case_key)


async def test_a_damaged_image_ends_the_export_with_words(house: House, people: People) -> None:
    delivery = await take_in(house, people.clinician, ct_files(2, series="2.25.84"))
    export = await asked(house, people.clinician, delivery.case.key)
    instance = (await instances_of(house, people.clinician))[0]
    await house.store.delete(f"instances/{instance.key}")

    await running.run(house, export.key)

    found = await seen(house, people.clinician, export.key)
    assert found is not None
    assert found.status == "FAILED"
    assert found.failure is not None
    assert "Send the images again" in found.failure
