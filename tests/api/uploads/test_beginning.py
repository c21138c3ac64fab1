"""Announcing an upload: every limit is checked before a byte is sent, and a key makes it happen once."""

import asyncio
import base64
import hashlib
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from api import uploads
from api.errors import Conflict, Invalid, NotFound, NotPermitted, TooLarge, Unauthenticated
from api.permissions import Actor
from api.persistence.tables import Upload
from api.settings import MIB
from api.storage.parts import PART_BYTES
from api.unit_of_work import House
from api.uploads import NewFile
from tests.deliveries import EVERYTHING, announce, files_of, take_in
from tests.people import SHARED, People, limited
from tests.synthetic_ct import ct_files

SHA256 = hashlib.sha256(b"x").hexdigest()
PART_SHA256 = base64.b64encode(hashlib.sha256(b"x").digest()).decode()


pytestmark = SHARED


@pytest_asyncio.fixture(loop_scope="module")
async def small(house: House) -> House:
    """Takes little, so that its limits are soon reached."""
    return limited(house, upload_files=3, upload_bytes=100 * MIB, upload_file_bytes=50 * MIB, open_uploads=2)


async def begin(house: House, actor: Actor | None, *files: NewFile, title: str | None = None) -> Upload:
    async with house.unit_of_work(actor) as uow:
        return await uploads.begin(uow, files, None, title, None)


async def count_of_uploads(house: House, actor: Actor) -> int:
    async with house.unit_of_work(actor) as uow:
        return len((await uploads.list_uploads(uow, EVERYTHING)).rows)


@pytest.mark.parametrize(
    ("files", "error", "field", "words"),
    [
        ([], Invalid, ["files"], "at least one file"),
        ([NewFile("a", 1)] * 4, TooLarge, ["files"], "at most 3 files"),
        ([NewFile("a", 40 * MIB)] * 3, TooLarge, ["files"], "at most 100 MiB"),
        ([NewFile("a", 1), NewFile("b", 50 * MIB + 1)], TooLarge, ["files", "1", "size"], "at most 50 MiB"),
        ([NewFile("a", 0)], Invalid, ["files", "0", "size"], "empty"),
        ([NewFile("", 1)], Invalid, ["files", "0", "name"], "1 to 1024"),
        ([NewFile("a" * 1025, 1)], Invalid, ["files", "0", "name"], "1 to 1024"),
        ([NewFile("a\0b", 1)], Invalid, ["files", "0", "name"], "1 to 1024"),
        ([NewFile("a", 1, sha256=SHA256.upper())], Invalid, ["files", "0", "sha256"], "lower-case"),
        ([NewFile("a", 1, sha256=SHA256[:-1])], Invalid, ["files", "0", "sha256"], "64"),
        ([NewFile("a", 1, part_sha256=[])], Invalid, ["files", "0", "partSha256"], "1 parts"),
        ([NewFile("a", PART_BYTES + 1, part_sha256=[PART_SHA256])], Invalid, ["files", "0", "partSha256"], "2 parts"),
        ([NewFile("a", 1, part_sha256=["not base64!"])], Invalid, ["files", "0", "partSha256"], "base64"),
        ([NewFile("a", 1, part_sha256=["é"])], Invalid, ["files", "0", "partSha256"], "base64"),
        ([NewFile("a", 1, part_sha256=[PART_SHA256[:-8]])], Invalid, ["files", "0", "partSha256"], "32 bytes"),
    ],
)
async def test_what_passes_a_limit_is_refused_with_its_place(
    small: House, people: People, files: list[NewFile], error: type[Invalid], field: list[str], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        await begin(small, people.clinician, *files)

    assert refused.value.field == field
    assert await count_of_uploads(small, people.clinician) == 0


async def test_an_upload_at_its_limits_is_taken(small: House, people: People) -> None:
    largest = NewFile("a" * 1024, 50 * MIB, SHA256, [PART_SHA256] * 7)

    upload = await begin(small, people.clinician, largest, NewFile("b", 50 * MIB), title="T" * 200)

    assert upload.status == "OPEN"
    assert [(file.index, file.size) for file in await files_of(small, upload.key)] == [(0, 50 * MIB), (1, 50 * MIB)]


@pytest.mark.parametrize("title", ["T" * 201, "a\0b"])
async def test_a_title_that_cannot_be_kept_is_refused(small: House, people: People, title: str) -> None:
    with pytest.raises(Invalid) as refused:
        await begin(small, people.clinician, NewFile("a", 1), title=title)

    assert refused.value.field == ["title"]


async def test_a_name_that_cannot_be_kept_is_refused(small: House, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        await begin(small, people.clinician, NewFile("lone \ud800 surrogate", 1))

    assert refused.value.field == ["files", "0", "name"]


async def test_one_person_has_only_so_many_unfinished_uploads(small: House, people: People) -> None:
    first = await begin(small, people.clinician, NewFile("a", 1))
    await begin(small, people.clinician, NewFile("a", 1))

    with pytest.raises(Conflict, match="2 unfinished uploads"):
        await begin(small, people.clinician, NewFile("a", 1))

    await begin(small, people.colleague, NewFile("a", 1))
    async with small.unit_of_work(people.clinician) as uow:
        await uploads.abort(uow, first.key)
    await begin(small, people.clinician, NewFile("a", 1))


async def test_the_same_key_and_input_give_the_same_upload(small: House, people: People) -> None:
    first = await announce(small, people.clinician, {"a": b"12"}, idempotency_key="k")
    again = await announce(small, people.clinician, {"a": b"12"}, idempotency_key="k")

    assert again.key == first.key
    assert await count_of_uploads(small, people.clinician) == 1


async def test_the_same_key_with_another_input_is_a_conflict(small: House, people: People) -> None:
    await announce(small, people.clinician, {"a": b"12"}, idempotency_key="k")

    with pytest.raises(Conflict, match="another input") as refused:
        await announce(small, people.clinician, {"a": b"123"}, idempotency_key="k")

    assert refused.value.field == ["idempotencyKey"]
    assert await count_of_uploads(small, people.clinician) == 1


async def test_a_key_belongs_to_one_person(small: House, people: People) -> None:
    own = await announce(small, people.clinician, {"a": b"12"}, idempotency_key="k")
    other = await announce(small, people.colleague, {"a": b"12"}, idempotency_key="k")

    assert own.key != other.key


async def test_two_at_once_with_one_key_make_one_upload(small: House, people: People) -> None:
    made = await asyncio.gather(
        *(announce(small, people.clinician, {"a": b"12"}, idempotency_key="k") for _ in range(4))
    )

    assert len({upload.key for upload in made}) == 1
    assert await count_of_uploads(small, people.clinician) == 1


async def test_a_refused_upload_does_not_use_up_its_key(small: House, people: People) -> None:
    opened = [await begin(small, people.clinician, NewFile("a", 1)) for _ in range(2)]
    with pytest.raises(Conflict):
        await announce(small, people.clinician, {"a": b"12"}, idempotency_key="k")

    async with small.unit_of_work(people.clinician) as uow:
        await uploads.abort(uow, opened[0].key)

    assert (await announce(small, people.clinician, {"a": b"12"}, idempotency_key="k")).status == "OPEN"


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_of_no_sensible_length_is_refused(small: House, people: People, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        await announce(small, people.clinician, {"a": b"12"}, idempotency_key=key)

    assert refused.value.field == ["idempotencyKey"]


async def test_an_administrator_may_not_upload_and_nobody_not_at_all(small: House, people: People) -> None:
    with pytest.raises(NotPermitted):
        await begin(small, people.administrator, NewFile("a", 1))
    with pytest.raises(Unauthenticated):
        await begin(small, None, NewFile("a", 1))


async def test_images_go_only_to_a_case_one_may_add_to(small: House, people: People) -> None:
    case_key = (await take_in(small, people.clinician, ct_files(1))).case.key

    for actor, key in [(people.stranger, case_key), (people.patient, case_key), (people.clinician, uuid4())]:
        with pytest.raises(NotFound):
            await announce(small, actor, {"a": b"1"}, case_key=key)
    added = await announce(small, people.colleague, {"a": b"1"}, case_key=case_key)

    assert added.case_key == case_key
    assert isinstance(added.key, UUID)
