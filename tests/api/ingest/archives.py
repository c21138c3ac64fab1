"""Zip archives, good and bad, and what is read of them."""

import io
import random
import zipfile
from collections.abc import Callable

from api.errors import RejectionCode
from api.ingest.archive import ArchiveLimits, Member, Refusal, iter_members

SLICE = random.Random(1).randbytes(3000)
UNSAFE, CORRUPT, TOO_LARGE = RejectionCode.UNSAFE_ARCHIVE, RejectionCode.CORRUPT, RejectionCode.TOO_LARGE
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980: the time of day would change how far an inner archive deflates
            entry.compress_type = method
            archive.writestr(entry, content)
    return packed.getvalue()


def with_entry(change: Callable[[zipfile.ZipInfo], object], content: bytes = b"x") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("bad.dcm")
        change(entry)
        archive.writestr(entry, content)
        archive.writestr("good.dcm", SLICE)
    return packed.getvalue()


def named(name: str) -> bytes:
    """An archive whose first entry has exactly this name, which `zipfile` would tidy."""
    plain = "n" * len(name.encode())
    return zipped({plain: b"x", "good.dcm": SLICE}).replace(plain.encode(), name.encode())


def read_all(packed: bytes, limits: ArchiveLimits | None = None) -> tuple[dict[str, bytes], list[Refusal]]:
    files, refusals = {}, []
    for found in iter_members(io.BytesIO(packed), limits):
        if isinstance(found, Member):
            with found, found.open() as file:
                files[found.path] = file.read()
                assert len(files[found.path]) == found.size
        else:
            refusals.append(found)
    return files, refusals
