"""How a file is cut: parts of 8 MiB, the last one what is left."""

from dataclasses import dataclass

from api.persistence.tables import UploadFile
from api.storage.object_store import PartedFile

PART_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class PartRange:
    number: int  # from 1
    offset: int
    size: int


def part_ranges(size: int) -> list[PartRange]:
    count = -(-size // PART_BYTES)
    return [PartRange(i + 1, i * PART_BYTES, min(PART_BYTES, size - i * PART_BYTES)) for i in range(count)]


def part_count(size: int) -> int:
    return -(-size // PART_BYTES)


def parted(file: UploadFile) -> PartedFile:
    return PartedFile(str(file.key), part_count(file.size))


def part_sizes(size: int) -> list[int]:
    """Of part 1, 2, …, as `ObjectStore.open_parts` wants them."""
    return [part.size for part in part_ranges(size)]
