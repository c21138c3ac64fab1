"""GET of frames and objects: one signature a stack or object, nothing without it."""

import base64
import hashlib
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.applications import Starlette

from api.images import FrameObject
from api.permissions import Actor
from api.routes import frames
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.leaves import FrameLeave
from api.storage.local_keys import LocalKeys
from api.storage.object_store import FrameKind, PartedFile
from tests.people import Everybody, person

BASE = "http://hilum.example"
LATER = timedelta(minutes=10)
LARGE = random.Random(4).randbytes(2_500_000)


S1, S2 = uuid4(), uuid4()
NAMES = {S1: "s1", S2: "s2"}
SOMEBODY = person()


async def find_frame_object(leave: FrameLeave, index: int) -> FrameObject | None:
    name = NAMES[leave.stack_key]
    digest = hashlib.sha256(content_of(name, index)).digest() if leave.kind == "frames" else None
    return FrameObject(f"{leave.kind}/{name}/{index}", digest) if index < 4 else None


def content_of(stack: str, index: int) -> bytes:
    return f"frame {index} of {stack}".encode() + (LARGE if index == 2 else b"")


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.addresses = SignedAddresses(b"k" * 32, lambda: BASE)
        self.store = FilesystemStore(folder / "store", LocalKeys(folder / "master.key"), self.addresses)
        self.read: list[tuple[Actor, UUID]] = []
        app = Starlette(
            routes=frames.routes(self.store, self.addresses, find_frame_object, Everybody(), self.record_read)
        )
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)

    async def record_read(self, leave: FrameLeave, address: str | None) -> None:
        self.read.append((leave.actor, leave.stack_key))

    async def frame(self, index: object, *, kind: str = "frames", life: timedelta = LATER) -> str:
        chosen: FrameKind = "previews" if kind == "previews" else "frames"
        template = await self.store.sign_frames(chosen, S1, datetime.now(UTC) + life, SOMEBODY)
        return template.replace("{index}", str(index))

    async def object(self, name: str, media_type: str, *, life: timedelta = LATER) -> str:
        return await self.store.sign_read(name, media_type, datetime.now(UTC) + life, SOMEBODY)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    for stack in ("s1", "s2"):
        for index in range(3):
            await made.store.put(f"frames/{stack}/{index}", content_of(stack, index))
            await made.store.put(f"previews/{stack}/{index}", f"preview {index} of {stack}".encode())
    await made.store.put("reports/r1.pdf", b"%PDF")
    await made.store.put("originals/i1.dcm", LARGE)
    async with made.client:
        yield made
    made.store.close()


async def test_one_signature_serves_every_frame_of_its_stack(bench: Bench) -> None:
    template = await bench.frame("{index}")

    answers = [await bench.client.get(template.replace("{index}", str(index))) for index in range(3)]

    assert [answer.content for answer in answers] == [content_of("s1", index) for index in range(3)]
    assert answers[0].headers["content-type"] == "image/jphc"


async def test_each_frame_is_told_as_read_before_it_is_served(bench: Bench) -> None:
    await bench.client.get(await bench.frame(1))
    await bench.client.get(await bench.frame(999))

    assert bench.read == [(SOMEBODY, S1)]


async def test_preview_is_a_webp(bench: Bench) -> None:
    answer = await bench.client.get(await bench.frame(1, kind="previews"))

    assert answer.text == "preview 1 of s1"
    assert answer.headers["content-type"] == "image/webp"


async def test_frame_is_kept_by_the_browser_as_long_as_its_address_lives(bench: Bench) -> None:
    answer = await bench.client.get(await bench.frame(1))

    private, max_age, immutable = answer.headers["cache-control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert 595 <= int(max_age.removeprefix("max-age=")) <= 600

    again = await bench.client.get(await bench.frame(1), headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["etag"] != (await bench.client.get(await bench.frame(2))).headers["etag"]


async def test_head_tells_the_size_and_sends_nothing(bench: Bench) -> None:
    for url in (await bench.frame(1), await bench.object("reports/r1.pdf", "application/pdf")):
        whole, head = await bench.client.get(url), await bench.client.head(url)

        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == str(len(whole.content))


def altered(url: str, path: str) -> list[str]:
    """The address with another token: a sign changed at each end and within, cut short, made longer, none."""
    before, _, rest = url.partition(path)
    token, slash, index = rest.partition("/")
    middle = len(token) // 2
    tokens = [
        ("B" if token[0] == "A" else "A") + token[1:],
        token[:middle] + ("B" if token[middle] == "A" else "A") + token[middle + 1 :],
        token[:-1] + ("B" if token[-1] == "A" else "A"),
        token[:-1],
        token[1:],
        token + "A",
        token + "=",
        token.swapcase(),
        "A",
        "A" * 5000,
        "%F0%9F%98%80" * 20,
    ]
    return [f"{before}{path}{other}{slash}{index}" for other in tokens]


async def test_altered_address_is_forbidden_whatever_was_altered(bench: Bench) -> None:
    refused = [
        *altered(await bench.frame(1), "/frames/"),
        *altered(await bench.object("reports/r1.pdf", "application/pdf"), "/objects/"),
    ]

    answers = [await bench.client.get(url) for url in refused]

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["code"] == "FORBIDDEN"


async def test_address_of_one_kind_is_none_of_another(bench: Bench) -> None:
    frame, thing = await bench.frame(1), await bench.object("reports/r1.pdf", "application/pdf")
    part = (await bench.store.sign_part(PartedFile("f", 1), 1, 10, None, datetime.now(UTC) + LATER, SOMEBODY)).url

    exchanged = [
        frame.replace("/frames/", "/objects/").removesuffix("/1"),
        thing.replace("/objects/", "/frames/") + "/1",
        part.replace("/parts/", "/frames/") + "/1",
        part.replace("/parts/", "/objects/"),
    ]

    assert [(await bench.client.get(url)).status_code for url in exchanged] == [403] * 4


async def test_address_sealed_with_another_key_is_forbidden(bench: Bench) -> None:
    other = SignedAddresses(b"x" * 32, BASE).frames(SOMEBODY, "frames", S1, datetime.now(UTC) + LATER)

    assert (await bench.client.get(other.replace("{index}", "1"))).status_code == 403


async def test_address_names_nobody_and_nothing(bench: Bench) -> None:
    named = "originals/patient-4711.dcm"
    urls = [await bench.frame(1), await bench.object(named, "application/dicom")]
    keys = (SOMEBODY.user_key, SOMEBODY.organization_key, SOMEBODY.session_key, S1)

    for url in urls:
        token = url.removeprefix(BASE).split("/")[2]
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

        assert "?" not in url
        for key in keys:
            assert key is not None
            assert key.bytes not in plain
            assert str(key) not in url
            assert key.hex not in url
        assert b"4711" not in plain
        assert b"frames" not in plain


async def test_same_leave_has_the_same_address_and_another_viewer_another(bench: Bench) -> None:
    end = datetime.now(UTC) + LATER

    urls = [await bench.store.sign_frames("frames", S1, end, who) for who in (SOMEBODY, SOMEBODY, person())]

    assert urls[0] == urls[1] != urls[2]


async def test_address_that_is_too_old_has_expired(bench: Bench) -> None:
    for url in (
        await bench.frame(1, life=timedelta(seconds=-1)),
        await bench.object("reports/r1.pdf", "application/pdf", life=timedelta(seconds=-1)),
    ):
        answer = await bench.client.get(url)

        assert (answer.status_code, answer.json()["code"]) == (410, "EXPIRED")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("index", [3, 4, -1, "x", "1e3", "٣", "9" * 40, "{index}"])
async def test_frame_that_is_not_there_is_not_found(bench: Bench, index: object) -> None:
    answer = await bench.client.get(await bench.frame(index))

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_other_method_is_not_allowed(bench: Bench) -> None:
    for method in ("PUT", "POST", "DELETE"):
        assert (await bench.client.request(method, await bench.frame(1))).status_code == 405


async def test_object_is_served_as_the_type_that_was_signed(bench: Bench) -> None:
    answer = await bench.client.get(await bench.object("reports/r1.pdf", "application/pdf"))

    assert answer.content == b"%PDF"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="r1.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_large_object_is_streamed_and_offered_as_a_file(bench: Bench) -> None:
    answer = await bench.client.get(await bench.object("originals/i1.dcm", "application/dicom"))

    assert answer.content == LARGE
    assert answer.headers["content-length"] == str(len(LARGE))
    assert answer.headers["content-disposition"] == 'attachment; filename="i1.dcm"'


async def test_object_that_is_gone_is_not_found(bench: Bench) -> None:
    url = await bench.object("reports/r1.pdf", "application/pdf")
    await bench.store.delete("reports/r1.pdf")

    assert (await bench.client.get(url)).status_code == 404


async def test_damaged_frame_is_told_and_not_served(bench: Bench) -> None:
    (path,) = (bench.folder / "store").rglob("frames/*/s1/1~")
    sealed = bytearray(path.read_bytes())
    sealed[-20] ^= 1
    path.write_bytes(sealed)

    answer = await bench.client.get(await bench.frame(1))

    assert (answer.status_code, answer.json()["code"]) == (500, "UNAVAILABLE")
    assert b"frame" not in answer.content


@pytest.mark.parametrize("index", [1, 2])  # served at one go, and in pieces
async def test_frame_with_another_digest_than_at_ingest_is_not_served(bench: Bench, index: int) -> None:
    await bench.store.put(f"frames/s1/{index}", content_of("s1", index)[:-1] + b"?")  # sealed as well as any

    answer = await bench.client.get(await bench.frame(index))

    assert (answer.status_code, answer.json()["code"]) == (500, "UNAVAILABLE")
    assert b"frame" not in answer.content
