"""One CT series that can be sent again and again, each time as another patient's examination."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydicom import dcmread

from api.imaging.phantom_dicom import write_phantom_dicom

SLICES = 133
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
CHANGED = 12  # characters at the end of each UID


@dataclass(frozen=True)
class BenchmarkSeries:
    """files: Part 10, in order."""

    name: str
    files: tuple[bytes, ...]

    @property
    def size(self) -> int:
        return sum(map(len, self.files))

    def fresh(self, number: int) -> list[bytes]:
        """The same pixels under other UIDs of the same length: nobody has these instances yet."""
        renewed = []
        for file, uids in zip(self.files, self._uids, strict=True):
            for uid in uids:
                file = file.replace(uid.encode(), _other(uid, number).encode())
            renewed.append(file)
        return renewed

    @cached_property
    def _uids(self) -> list[tuple[str, ...]]:
        headers = (dcmread(io.BytesIO(file), stop_before_pixels=True, specific_tags=list(UIDS)) for file in self.files)
        return [tuple({str(header[name].value) for name in UIDS if name in header}) for header in headers]


def phantom_series(slices: int = SLICES) -> BenchmarkSeries:
    return BenchmarkSeries(
        f"phantom, {slices} slices, 512 × 512", tuple(file for _, file in write_phantom_dicom(slices))
    )


def series_in(folder: Path) -> BenchmarkSeries:
    """The DICOM files below `folder`; of several series the largest."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    for content in _dicom_files(folder):
        header = dcmread(io.BytesIO(content), stop_before_pixels=True)
        number = int(header.get("InstanceNumber") or 0)
        found.setdefault(str(header.get("SeriesInstanceUID")), []).append((number, content))
    if not found:
        raise SystemExit(f"There are no DICOM files below {folder}.")
    largest = max(found.values(), key=len)
    return BenchmarkSeries(f"own files, {len(largest)} slices", tuple(file for _, file in sorted(largest)))


def _dicom_files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(132)[128:] == b"DICM":
                    yield path.read_bytes()


def _other(uid: str, number: int) -> str:
    digest = hashlib.sha256(f"{uid}/{number}".encode()).digest()
    tail = [str(1 + byte % 9) if old.isdigit() else old for byte, old in zip(digest, uid[-CHANGED:], strict=False)]
    return uid[:-CHANGED] + "".join(tail)
