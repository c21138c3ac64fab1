"""One candidate that fails, or kills its worker, costs itself alone; trouble that passes costs nothing."""

import asyncio
import errno
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import ingest
from api.errors import RejectionCode
from api.ingest import ending
from api.ingest.encoding import Encoder
from api.persistence.columns import now
from api.persistence.tables import Upload
from api.unit_of_work import House
from tests.deliveries import deliver, files_of, outcome, take_in, zipped
from tests.people import SHARED, People, limited
from tests.synthetic_ct import ct_file, ct_files

pytestmark = SHARED
POISON = "3"
WAIT_SECONDS = 15.0
DEADLY_RUN = """
import asyncio, os, sys
from pathlib import Path
from uuid import UUID
from api import ingest
from api.backends import open_backends
from api.ingest.encoding import Encoder
from api.settings import Settings

encode = Encoder.encode_next

def encode_next(self):
    if self._source.instance.instance_number == 3:
        os._exit(9)
    return encode(self)

async def run():
    folder, url, upload_key = sys.argv[1:]
    async with open_backends(Settings(data_dir=Path(folder)), url) as backends:
        await ingest.run(backends.house, UUID(upload_key))

Encoder.encode_next = encode_next
asyncio.run(run())
"""


class Killed(BaseException):
    """As if the process had ended here."""


def poisoned(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The third instance cannot be encoded."""
    encode = Encoder.encode_next

    def encode_next(self: Encoder) -> Any:
        if self._source.instance.instance_number == int(POISON):
            raise error
        return encode(self)

    monkeypatch.setattr(Encoder, "encode_next", encode_next)


def named(count: int) -> dict[str, bytes]:
    return {str(number): ct_file(number) for number in range(1, count + 1)}


async def test_an_unforeseen_failure_costs_its_candidate_alone(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch, KeyError("what nobody foresaw"))

    delivery = await take_in(house, people.clinician, {"a.zip": zipped(named(6))})

    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 5)
    assert delivery.rejections == {POISON: RejectionCode.CORRUPT.value}
    assert "id" in delivery.messages[POISON]


async def test_a_candidate_that_kills_its_workers_is_passed_over_in_the_end(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch, Killed())
    small = limited(house, ingest_batch=2)
    upload_key = await deliver(house, people.clinician, {"a.zip": zipped(named(6))})

    for _ in range(3):
        with pytest.raises(Killed):
            await ingest.run(small, upload_key)
    await ingest.run(small, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 5)
    assert delivery.rejections == {POISON: RejectionCode.CORRUPT.value}


async def test_a_candidate_that_really_ends_its_process_is_passed_over_in_the_end(
    house: House, people: People, shared_folder: Path, shared_database_url: str
) -> None:
    upload_key = await deliver(house, people.clinician, {"a.zip": zipped(named(5))})

    codes = []
    for _ in range(4):
        arguments = (str(shared_folder), shared_database_url, str(upload_key))
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", DEADLY_RUN, *arguments)
        codes.append(await asyncio.wait_for(process.wait(), WAIT_SECONDS))

    delivery = await outcome(house, people.clinician, upload_key)
    assert codes == [9, 9, 9, 0]
    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 4)
    assert delivery.rejections == {POISON: RejectionCode.CORRUPT.value}


async def test_trouble_that_passes_fails_the_job_and_costs_nothing(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_key = await deliver(house, people.clinician, {"a.zip": zipped(named(6))})
    with monkeypatch.context() as patch:
        poisoned(patch, OSError(errno.ENOSPC, "no space left"))
        for _ in range(3):
            with pytest.raises(OSError, match="no space left"):
                await ingest.run(house, upload_key)

    await ingest.run(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.accepted, delivery.rejections) == ("COMPLETE", 6, {})


async def test_giving_up_says_what_is_missing_and_keeps_what_was_sent(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = limited(house, ingest_batch=2)
    files = {"a.zip": zipped(named(6)), "b.zip": zipped({"later": ct_file(9)})}
    upload_key = await deliver(house, people.clinician, files)
    keys = [str(file.key) for file in await files_of(house, upload_key)]
    poisoned(monkeypatch, Killed())
    with pytest.raises(Killed):
        await ingest.run(small, upload_key)

    await ingest.give_up(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.accepted) == ("COMPLETE", 2)
    assert set(delivery.rejections) == {"a.zip", "b.zip"}
    assert "rest" in delivery.messages["a.zip"]
    assert delivery.upload.failure is not None
    await ingest.release_kept(house)
    assert all((await house.store.received_parts_of(keys)).values())
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(Upload, upload_key)).parts_kept_until = now() - timedelta(seconds=1)
    await ingest.release_kept(house)
    assert not any((await house.store.received_parts_of(keys)).values())


async def test_an_upload_ends_even_where_giving_up_fails(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*arguments: Any) -> None:
        raise KeyError("again")

    upload_key = await deliver(house, people.clinician, named(2))
    monkeypatch.setattr(ending, "stack_series", failing)
    monkeypatch.setattr(ending, "_say_what_is_missing", failing)

    await ingest.abandon(house, upload_key)

    delivery = await outcome(house, people.clinician, upload_key)
    assert (delivery.upload.status, delivery.upload.failure) == ("COMPLETE", ending.GIVEN_UP)


async def test_what_was_refused_at_filing_does_not_stand_in_the_way_of_the_right_one(
    house: House, people: People
) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(1))).case.key
    wrong, right = ct_file(5, PatientID="P2", StudyInstanceUID="2.25.9", series="2.25.8"), ct_file(5)
    for batch in (1, 2):
        small = limited(house, ingest_batch=batch)
        upload_key = await deliver(house, people.clinician, {"wrong": wrong, "right": right}, case_key=case_key)

        await ingest.run(small, upload_key)

        delivery = await outcome(house, people.clinician, upload_key)
        assert delivery.rejections == {"wrong": RejectionCode.PATIENT_MISMATCH.value}
        assert delivery.accepted + delivery.duplicates == 1
