"""`hilum phantom`: DICOM files to try things with that are nobody's."""

import argparse
import asyncio
import sys
from pathlib import Path

from api.commands.parsing import Commands, add_command
from api.settings import Settings


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "phantom",
        phantom,
        "write the chest phantom's DICOM files to a folder",
        "A drawn chest with nodules of known place and size, labelled a phantom in its headers and its pixels. "
        "The same seed draws the same phantom.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="made if it is not there")
    parser.add_argument("--slices", type=_count, default=133, help="how many, 2.5 mm apart (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="draws another phantom (default: %(default)s)")


def phantom(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.client.display import open_display
    from api.demo.phantom_files import write_phantom_files

    try:
        chosen.folder.mkdir(parents=True, exist_ok=True)
        with open_display() as display:
            bar = display.bar("Phantom", 1.0)
            written = asyncio.run(write_phantom_files(chosen.folder, bar, chosen.slices, chosen.seed))
            bar.end(f"{written} files in {chosen.folder}")
    except OSError as error:
        print(f"hilum: {chosen.folder}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 2000:
        raise argparse.ArgumentTypeError("a number from 1 to 2000")
    return int(text)
