"""`hilum deidentify`: DICOM files without identity, on this machine alone."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from api.commands.parsing import Commands, add_command
from api.settings import Settings

if TYPE_CHECKING:
    from api.imaging.deidentification import Option, Pseudonyms

OPTIONS = ("patient-characteristics", "device-identity", "modified-dates")


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "deidentify",
        deidentify,
        "write DICOM files without identity (PS3.15 Annex E) to a new folder",
        "Basic Application Level Confidentiality Profile. UIDs are replaced consistently within one run; private and "
        "unknown attributes go; images whose pixels may show text are left out and named. Pixels are not cleaned, and "
        "a head CT still shows a face. Exit code: 0 all written, 1 some left out or none written, 2 wrong usage.",
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a folder, or DICOM files")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where they are written; must be new")
    parser.add_argument("--keep", choices=OPTIONS, action="append", default=[], help="an option of the profile")
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="secret that makes the same stand-ins in another run; made if it is not there, readable by you alone",
    )


def deidentify(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.client.errors import NothingToSend
    from api.client.source_files import list_source_files
    from api.imaging.deidentification import Option

    try:
        files = [file.path for file in list_source_files(chosen.paths)]
        chosen.to.mkdir(parents=True, exist_ok=False)
    except FileExistsError:
        print(f"hilum: {chosen.to} is there already; name a new folder.", file=sys.stderr)
        return 2
    except NothingToSend as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 2
    try:
        pseudonyms = _pseudonyms(chosen.key)
        written, left_out = _write(files, chosen.to, pseudonyms, frozenset(Option(name) for name in chosen.keep))
    except (OSError, ValueError) as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    for path, reason in left_out:
        print(f"hilum: left out: {path}: {reason}", file=sys.stderr)
    print(f"{written} files without identity in {chosen.to}; {len(left_out)} left out.")
    return 0 if written and not left_out else 1


def _write(
    files: list[Path], target: Path, pseudonyms: "Pseudonyms", options: "frozenset[Option]"
) -> tuple[int, list[tuple[Path, str]]]:
    """How many were written, and which were left out for which reason. Old names may tell who it is: they go too."""
    from api.imaging.deidentification import CannotDeidentify, deidentify_file

    written, left_out = 0, []
    for path in files:
        try:
            with path.open("rb") as source:
                content = deidentify_file(source, pseudonyms, options)
        except CannotDeidentify as reason:
            left_out.append((path, str(reason)))
            continue
        written += 1
        (target / f"{written:06d}.dcm").write_bytes(content)
    return written, left_out


def _pseudonyms(path: Path | None) -> "Pseudonyms":
    from api.imaging.deidentification import Pseudonyms

    if path is None:
        return Pseudonyms()
    if not path.exists():
        made = os.urandom(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made.hex() + "\n")
        return Pseudonyms(made)
    return Pseudonyms(bytes.fromhex(path.read_text().strip()))
