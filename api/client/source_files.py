"""Which files of the user's disk are sent, and under which names."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.client.errors import NothingToSend


@dataclass(frozen=True)
class SourceFile:
    """name: what the server is told. size: bytes. modified: nanoseconds."""

    path: Path
    name: str
    size: int
    modified: int


def list_source_files(paths: Sequence[Path]) -> list[SourceFile]:
    """Folders are walked, in order of name, without hidden and empty files; a file is taken as it is.

    Raises NothingToSend.
    """
    found: list[SourceFile] = []
    for path in paths:
        if not path.exists():
            raise NothingToSend(f"There is no {path}.")
        if path.is_dir():
            prefix = f"{path.resolve().name}/" if len(paths) > 1 else ""
            found.extend(_in_folder(path, prefix))
        else:
            found.append(_source_file(path, path.name))
    sendable = [file for file in found if file.size > 0]
    if not sendable:
        where = ", ".join(str(path) for path in paths)
        raise NothingToSend(f"There is nothing to send in {where}: hidden and empty files are left out.")
    return sendable


def idempotency_key(files: Sequence[SourceFile], title: str | None) -> str:
    """The same files, unchanged, give the same key: that is how a second run finds the first one's upload."""
    digest = hashlib.sha256(repr(title).encode())
    for file in files:
        line = (str(file.path.resolve()), file.name, file.size, file.modified)
        digest.update(repr(line).encode("utf-8", "surrogateescape"))
    return f"analyze-{digest.hexdigest()[:40]}"


def _in_folder(folder: Path, prefix: str) -> Iterator[SourceFile]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(where, name)
            if not name.startswith(".") and path.is_file():
                yield _source_file(path, prefix + path.relative_to(folder).as_posix())


def _source_file(path: Path, name: str) -> SourceFile:
    try:
        with path.open("rb"):
            found = path.stat()
    except OSError as error:
        raise NothingToSend(f"{path} cannot be read: {error.strerror}.") from error
    # A name that is no UTF-8 on this disk still has to be told as text.
    return SourceFile(path, name.encode("utf-8", "replace").decode(), found.st_size, found.st_mtime_ns)
