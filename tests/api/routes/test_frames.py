"""GET of frames and objects: one signature a stack or object, nothing without it."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.routes import frames
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys

BASE = "http://hilum.example"
LATER = timedelta(minutes=10)
LARGE = random.Random(4).randbytes(2_500_000)


async def find_frame_object(stack_id: str, kind: str, index: int) -> str | None:
    return f"{kind}/{stack_id}/{index}" if index < 4 else None


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        addresses = SignedAddresses(b"k" * 32, lambda: BASE)
        self.store = FilesystemStore(folder / "store", LocalKeys(folder / "master.key"), addresses)
        app = Starlette(routes=frames.routes(self.store, addresses, find_frame_object))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)

    async def frame(self, index: object, *, kind: str = "frames", life: timedelta = LATER) -> str:
        template = await self.store.sign_frames(
            "previews" if kind == "previews" else "frames", "s1", datetime.now(UTC) + life
        )
        return template.replace("{index}", str(index))

    async def object(self, name: str, media_type: str, *, life: timedelta = LATER) -> str:
        return await self.store.sign_read(name, media_type, datetime.now(UTC) + life)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    for stack in ("s1", "s2"):
        for index in range(3):
            await made.store.put(f"frames/{stack}/{index}", f"frame {index} of {stack}".encode())
            await made.store.put(f"previews/{stack}/{index}", f"preview {index} of {stack}".encode())
    await made.store.put("reports/r1.pdf", b"%PDF")
    await made.store.put("originals/i1.dcm", LARGE)
    async with made.client:
        yield made
    made.store.close()


async def test_one_signature_serves_every_frame_of_its_stack(bench: Bench) -> None:
    template = await bench.frame("{index}")

    answers = [await bench.client.get(template.replace("{index}", str(index))) for index in range(3)]

    assert [answer.text for answer in answers] == [f"frame {index} of s1" for index in range(3)]
    assert answers[0].headers["content-type"] == "image/jphc"


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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/stacks/s1/", "/stacks/s2/"),
        ("/frames/", "/previews/"),
        ("/frames/", "/originals/"),
        ("expires=", "expires=9"),
        ("signature=", "signature=A"),
        ("signature=", "other="),
    ],
)
async def test_altered_address_is_forbidden(bench: Bench, old: str, new: str) -> None:
    answer = await bench.client.get((await bench.frame(1)).replace(old, new))

    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


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


@pytest.mark.parametrize(
    ("old", "new"), [("reports/r1.pdf", "originals/i1.dcm"), ("application%2Fpdf", "text%2Fhtml"), ("type=", "kind=")]
)
async def test_altered_object_address_is_forbidden(bench: Bench, old: str, new: str) -> None:
    url = (await bench.object("reports/r1.pdf", "application/pdf")).replace(old, new)

    assert (await bench.client.get(url)).status_code == 403


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
