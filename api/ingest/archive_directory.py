"""The directory of a zip archive, read and judged before anything is unpacked.

Its promises are believed only as limits: `archive_content` unpacks no byte more than an entry said it has.
Source: PKWARE APPNOTE 6.3.10. Attacks: Fifield 2019 (overlapping entries), and the usual ones on paths and links.
"""

import re
import stat
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from api.errors import Rejected, RejectionCode

MIB = 1 << 20
LOCAL_HEADER_BYTES = 30
DIRECTORY_BYTES_PER_FILE = 512
ENCRYPTED = 0x1 | 0x40
UTF8_NAME = 0x800
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
# What operating systems leave in archives. DICOMDIR stays: ingest tells it by its content.
LITTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._[^/]*$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """max_files, max_total_bytes and the ratio count archives within the archive too, all together."""

    max_files: int = 20_000
    max_member_bytes: int = 2048 * MIB
    max_total_bytes: int = 16 * 1024 * MIB
    max_ratio: int = 200
    ratio_free_bytes: int = 128 * MIB  # blank slices pack 1000 to 1: the ratio matters only beyond this
    max_depth: int = 2  # archives within the archive; 0 allows none
    max_path_length: int = 1024
    memory_bytes: int = 4 * MIB  # a member above this waits in a sealed temporary file


@dataclass(frozen=True, slots=True)
class Entry:
    """path: sanitised, to be shown, never to be opened. end: offset where its packed bytes end at the latest."""

    info: zipfile.ZipInfo
    raw_name: bytes
    path: str
    end: int


def read_directory(file: BinaryIO, max_files: int) -> list[Entry]:
    """Entries as the directory orders them, without folders and litter. Raises: Rejected, for the whole archive."""
    try:
        with zipfile.ZipFile(_DirectoryFile(file, max_files)) as archive:
            infos, end = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError, EOFError) as error:
        raise Rejected(RejectionCode.CORRUPT, "The archive is cut short or damaged; pack and send it again.") from error
    ends: dict[int, int] = {}
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        least = info.header_offset + LOCAL_HEADER_BYTES + len(_raw_name(info)) + info.compress_size
        if info.header_offset < 0 or info.header_offset in ends or least > end:
            raise Rejected(
                RejectionCode.UNSAFE_ARCHIVE, "The archive's entries lie over one another; nothing was read."
            )
        ends[info.header_offset] = end
        end = info.header_offset
    entries = [Entry(info, _raw_name(info), shown_path(_name(info)), ends[info.header_offset]) for info in infos]
    entries = [entry for entry in entries if not _is_folder(entry.info) and not LITTER.search(entry.path)]
    if len(entries) > max_files:
        raise _too_many(max_files)
    return entries


def check_entry(entry: Entry, limits: ArchiveLimits) -> None:
    """Raises: Rejected, when this entry may not be unpacked; the others may."""
    info, unsafe = entry.info, RejectionCode.UNSAFE_ARCHIVE
    name = _name(info).replace("\\", "/")
    if "\0" in info.orig_filename or len(name) > limits.max_path_length:
        raise Rejected(unsafe, "The file's path in the archive is too long or holds a NUL.")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        raise Rejected(unsafe, "The file's path in the archive leads out of it.")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Rejected(unsafe, "The archive holds a link or a device here, no file; pack the file itself.")
    if info.flag_bits & ENCRYPTED:
        raise Rejected(unsafe, "The file is protected by a password; pack it without one.")
    if info.compress_type not in METHODS:
        raise Rejected(
            RejectionCode.CORRUPT, f"Packed by method {info.compress_type}, which cannot be read; use deflate."
        )
    if info.file_size > limits.max_member_bytes:
        raise Rejected(RejectionCode.TOO_LARGE, f"The file has more than {limits.max_member_bytes} bytes.")
    if info.file_size > max(limits.ratio_free_bytes, limits.max_ratio * info.compress_size):
        raise Rejected(unsafe, f"The file unpacks to more than {limits.max_ratio} times its packed size.")


def shown_path(name: str) -> str:
    """Without control and direction characters, empty and `.` segments; at most 1,024 characters."""
    visible = "".join(sign for sign in name.replace("\\", "/") if unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    return "/".join(part for part in visible.split("/") if part not in ("", "."))[:1024] or "?"


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.orig_filename.endswith(("/", "\\")) and info.file_size == 0


def _name(info: zipfile.ZipInfo) -> str:
    """Some packers write UTF-8 and do not say so; cp437 takes any byte, and hardly any such name is UTF-8 by chance."""
    name = info.orig_filename
    if info.flag_bits & UTF8_NAME or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & UTF8_NAME else "cp437")


def _too_many(max_files: int) -> Rejected:
    return Rejected(RejectionCode.TOO_LARGE, f"The archive holds more files than the {max_files} that are allowed.")


class _DirectoryFile:
    """Shows `zipfile` the archive, but lets it take no directory into memory that is larger than so many files need."""

    def __init__(self, file: BinaryIO, max_files: int) -> None:
        self._file = file
        self._max_files = max_files
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        small = 2 * 65_557  # the end of an archive with its longest comment
        if size <= small:
            return self._file.read(size if size >= 0 else small)
        if size > small + self._max_files * DIRECTORY_BYTES_PER_FILE:
            raise _too_many(self._max_files)
        directory = self._file.read(size)
        if directory.count(b"PK\x01\x02") > 2 * self._max_files + 100:  # folders and litter are not counted yet
            raise _too_many(self._max_files)
        return directory
