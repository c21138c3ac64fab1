"""Uploads: announce files, send their parts to signed addresses, resume, complete, abort, expire."""

from api.uploads.beginning import NewFile, begin
from api.uploads.ending import abort, complete, expire
from api.uploads.reading import (
    Counts,
    Part,
    Received,
    counts,
    find,
    find_file,
    list_cases,
    list_files,
    list_rejections,
    list_uploads,
    parts_of,
    received,
    received_files,
)

__all__ = [
    "Counts",
    "NewFile",
    "Part",
    "Received",
    "abort",
    "begin",
    "complete",
    "counts",
    "expire",
    "find",
    "find_file",
    "list_cases",
    "list_files",
    "list_rejections",
    "list_uploads",
    "parts_of",
    "received",
    "received_files",
]
