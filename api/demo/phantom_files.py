"""The chest phantom's DICOM files in a folder, drawn one after the other."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

from api.client.display import Bar

SLICES = 133
SEED = 1


async def write_phantom_files(folder: Path, bar: Bar, slices: int = SLICES, seed: int = SEED) -> int:
    """Into an existing folder; gives how many. Can be cancelled between two slices."""
    bar.move(0.0, "drawing")
    files = await asyncio.to_thread(_files, slices, seed)
    written = 0
    while await asyncio.to_thread(_write_next, files, folder):
        written += 1
        bar.move(written / slices, "drawing")
    return written


async def ensure_phantom_folder(folder: Path, bar: Bar) -> None:
    """The folder is there only when it is whole."""
    draft = await asyncio.to_thread(_begin_draft, folder)
    if draft is not None:
        await write_phantom_files(draft, bar)
        draft.replace(folder)


def _begin_draft(folder: Path) -> Path | None:
    if folder.exists():
        return None
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    return draft


def _files(slices: int, seed: int) -> Iterator[tuple[str, bytes]]:
    from api.imaging.phantom_dicom import write_phantom_dicom

    return write_phantom_dicom(slices=slices, seed=seed)


def _write_next(files: Iterator[tuple[str, bytes]], folder: Path) -> bool:
    found = next(files, None)
    if found is None:
        return False
    name, content = found
    (folder / name).write_bytes(content)
    return True
