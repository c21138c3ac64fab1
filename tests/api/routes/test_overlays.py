"""GET of what an analysis draws over a stack: what is kept, blank pictures, and nothing without its address."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from api.analyses.overlays import Overlay, keep_attention
from api.routes import overlays
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys
from api.storage.object_store import OverlayFrames
from tests.people import Everybody, person

BASE = "http://hilum.example"
ANALYSIS = uuid4()
HEAT = np.arange(12, dtype=np.uint8).reshape(3, 4)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.addresses = SignedAddresses(b"k" * 32, lambda: BASE)
        self.store = FilesystemStore(folder / "store", LocalKeys(folder / "master.key"), self.addresses)
        app = Starlette(routes=overlays.routes(self.store, self.addresses, Everybody()))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)
        self.overlay: Overlay | None = None

    async def get(self, index: object, **headers: str) -> httpx.Response:
        return await self.client.get(await self.address(index), headers=headers)

    async def address(self, index: object, life: timedelta = timedelta(minutes=5)) -> str:
        assert self.overlay is not None
        one = self.overlay
        frames = OverlayFrames(ANALYSIS, one.rows, one.columns, one.frame_count, one.frames)
        template = await self.store.sign_overlay(frames, datetime.now(UTC) + life, person())
        return template.replace("{index}", str(index))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    (told,) = await keep_attention(made.store, ANALYSIS, 5, {3: HEAT})
    made.overlay = Overlay.of(told)
    async with made.client:
        yield made
    made.store.close()


async def test_frames_with_something_are_served_as_they_were_kept_and_the_others_blank(bench: Bench) -> None:
    answers = [await bench.get(index) for index in range(5)]

    pictures = [np.asarray(Image.open(BytesIO(answer.content))) for answer in answers]
    assert {answer.headers["content-type"] for answer in answers} == {"image/png"}
    assert [int(picture.max()) for picture in pictures] == [0, 0, 0, 11, 0]
    assert (pictures[3] == HEAT).all()
    assert {picture.shape for picture in pictures} == {(3, 4)}


@pytest.mark.parametrize("index", [5, 999_999_999_999, "-1", "x", "%F0%9F%98%80"])
async def test_a_frame_that_the_stack_lacks_is_missing(bench: Bench, index: object) -> None:
    assert (await bench.get(index)).status_code == 404


async def test_what_a_browser_kept_is_not_sent_again(bench: Bench) -> None:
    first = await bench.get(3)
    again = await bench.get(3, **{"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["etag"] != (await bench.get(2)).headers["etag"]
    assert first.headers["x-content-type-options"] == "nosniff"


async def test_altered_and_exchanged_addresses_open_nothing(bench: Bench) -> None:
    address = await bench.address(3)
    until = datetime.now(UTC) + timedelta(minutes=5)
    of_frames = await bench.store.sign_frames("frames", uuid4(), until, person())
    wrong = [
        address.replace("/overlays/", "/overlays/A"),
        address.removesuffix("/3") + "A/3",
        of_frames.replace("/frames/", "/overlays/").replace("{index}", "3"),
    ]

    answers = [await bench.client.get(url) for url in wrong]

    assert {answer.status_code for answer in answers} == {403}


async def test_nothing_is_kept_of_an_analysis_that_marked_nothing(bench: Bench) -> None:
    assert await keep_attention(bench.store, uuid4(), 5, {}) == []
