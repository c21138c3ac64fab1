"""Ingest never holds up the event loop, and takes little memory for a large archive."""

import asyncio
import hashlib
import time
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from api import ingest, uploads
from api.ingest.encoding import open_source
from api.settings import Settings
from api.storage.filesystem import FilesystemStore
from api.storage.parts import part_ranges
from api.unit_of_work import House
from tests.deliveries import complete, deliver, files_of, outcome
from tests.people import SHARED, People
from tests.synthetic_ct import ct_files

pytestmark = SHARED
LONGEST_GAP = 0.050  # seconds
TRIES = 4  # of a machine that others use too, the best run counts
GROWTH_BYTES = 64 << 20


async def longest_gap(stop: asyncio.Event) -> float:
    """Seconds that the loop was away at most, beyond the millisecond it was asked for."""
    longest = 0.0
    while not stop.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before - 0.001)
    return longest


async def test_the_event_loop_is_never_held_up(house: House, people: People) -> None:
    gaps = []
    for attempt in range(TRIES):
        pixels = np.random.default_rng(attempt).integers(0, 4096, (512, 512)).astype("<u2")
        files = ct_files(60, series=f"2.25.{100 + attempt}", StudyInstanceUID=f"2.25.{200 + attempt}", pixels=pixels)
        upload_key = await deliver(house, people.clinician, files)
        stop = asyncio.Event()
        ticker = asyncio.create_task(longest_gap(stop))

        await ingest.run(house, upload_key)

        stop.set()
        gaps.append(await ticker)
        assert (await outcome(house, people.clinician, upload_key)).accepted == 60
        if gaps[-1] < LONGEST_GAP:
            return

    pytest.fail(f"the loop was away for {', '.join(f'{1000 * gap:.0f}' for gap in gaps)} ms")


async def test_a_large_archive_costs_little_memory(house: House, people: People, tmp_path: Path) -> None:
    assert isinstance(house.store, FilesystemStore)
    block = np.random.default_rng(1).bytes(1 << 20)
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(3):
            with archive.open(f"{number}.raw", "w") as member:
                for _ in range(50):
                    member.write(block)
    size = path.stat().st_size
    async with house.unit_of_work(people.clinician) as uow:
        upload = await uploads.begin(uow, [uploads.NewFile("large.zip", size, sha256_of(path))], None, None, None)
    before = memory()

    (file,) = await files_of(house, upload.key)
    for part in part_ranges(size):
        await house.store.receive_part(str(file.key), part.number, part.size, None, read(path, part.offset, part.size))
    received = peak_memory()
    await complete(house, people.clinician, upload.key)
    await ingest.run(house, upload.key)

    assert (await outcome(house, people.clinician, upload.key)).rejections == dict.fromkeys(
        ["0.raw", "1.raw", "2.raw"], "NOT_AN_IMAGE"
    )
    assert received - before < GROWTH_BYTES
    assert peak_memory() - before < 2 * GROWTH_BYTES


async def test_a_picture_whose_header_is_read_holds_no_pixels(tmp_path: Path) -> None:
    packed = BytesIO()
    Image.fromarray(np.zeros((2000, 2000, 3), np.uint8)).save(packed, "PNG")

    packed.seek(0)
    tracemalloc.start()
    source = open_source(packed, "owner", "scope", Settings(data_dir=tmp_path))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 1 << 20
    assert next(source.frames).shape == (2000, 2000, 3)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def read(path: Path, offset: int, size: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while size > 0:
            piece = file.read(min(size, 1 << 16))
            size -= len(piece)
            yield piece


def memory() -> int:
    """Resident bytes now; the peak counts from here on."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def peak_memory() -> int:
    return status("VmHWM")


def status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(value) * 1024
