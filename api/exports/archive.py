"""A zip that is written while it is read away: nothing of it ever lies on a disk in clear."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from api.imaging.deidentification import CannotDeidentify, Pseudonyms, deidentify_file

PIECE_BYTES = 1 << 20
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of day would tell when it was made, and of whom it is
LEFT_OUT = "LEFT-OUT.txt"
READ_ME = "READ-ME.txt"
WORDS = {
    True: "Instances as they were received, with identity. Treat them as the patient's record.\n",
    False: "De-identified by DICOM PS3.15 Annex E, Basic Application Level Confidentiality Profile.\n"
    "Pixels were not cleaned, and a face in a head CT was not removed.\n",
}


class Open(Protocol):
    """Opens one instance as it was received, for reading in a thread."""

    def __call__(self) -> BinaryIO: ...


@dataclass
class Written:
    instances: int = 0
    left_out: int = 0
    size: int = 0  # bytes of the archive


class _Pipe(io.RawIOBase):
    """What zipfile writes to; it cannot seek, so that sizes follow their content (APPNOTE 4.3.9)."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: bytes | bytearray | memoryview) -> int:  # type: ignore[override] # of any buffer
        self._pieces.append(bytes(content))
        return len(content)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def pieces(instances: Iterator[tuple[str, Open]], with_identity: bool, written: Written) -> Iterator[bytes]:
    """The archive's bytes, in pieces. instances: (folder, how it is opened), in order. Blocking: for a thread.

    written: told as it goes. DICOM compresses little, so it is stored as it is.
    """
    pipe, pseudonyms, reasons = _Pipe(), Pseudonyms(), list[str]()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for number, (folder, open_instance) in enumerate(instances, start=1):
            name = f"{folder}/{number:06d}.dcm"
            with open_instance() as source:
                try:
                    content = source if with_identity else io.BytesIO(deidentify_file(source, pseudonyms))
                except CannotDeidentify as reason:
                    reasons.append(f"instance {number}: {reason}")
                    continue
                with archive.open(zipfile.ZipInfo(name, EARLIEST), "w", force_zip64=True) as member:
                    while piece := content.read(PIECE_BYTES):
                        member.write(piece)
                        yield _told(pipe, written)
            written.instances += 1
        written.left_out = len(reasons)
        archive.writestr(zipfile.ZipInfo(READ_ME, EARLIEST), WORDS[with_identity])
        if reasons:
            archive.writestr(zipfile.ZipInfo(LEFT_OUT, EARLIEST), "\n".join(reasons) + "\n")
    yield _told(pipe, written)


def _told(pipe: _Pipe, written: Written) -> bytes:
    piece = pipe.take()
    written.size += len(piece)
    return piece
