"""Parts on a disk: a folder for each file. Blocking: call from threads.

That the folder is there *is* the leave to send parts: a part is renamed into it, and where the folder was renamed
(closed) or taken away (discarded) meanwhile, that fails. So a late part cannot bring a file back, and nobody asks the
database for each part.
"""

import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from api.storage.encryption import content_size
from api.storage.object_folders import fan
from api.storage.object_store import ObjectMissing, ReceivedPart, check_file_id


class PartFolders:
    def __init__(self, root: Path, temporary: Path) -> None:
        self._root = root
        self._temporary = temporary

    def begin(self, file_ids: Sequence[str]) -> None:
        for file_id in file_ids:
            if not self._closed(file_id).is_dir():
                self._open(file_id).mkdir(parents=True, exist_ok=True)

    def is_open(self, file_id: str) -> bool:
        return self._open(file_id).is_dir()

    def target(self, file_id: str, number: int) -> Path:
        """Where a part that arrives is put."""
        return self._open(file_id) / _file_name(number)

    def find(self, file_id: str, number: int) -> Path:
        """Where a part is. Raises: ObjectMissing."""
        # In this order, since a folder is closed but never opened again.
        for folder in (self._open(file_id), self._closed(file_id)):
            path = folder / _file_name(number)
            if path.is_file():
                return path
        raise ObjectMissing(part_name(file_id, number))

    def received(self, file_id: str) -> dict[int, ReceivedPart]:
        for folder in (self._open(file_id), self._closed(file_id)):
            try:
                with os.scandir(folder) as entries:
                    parts = [(int(entry.name), received_part(entry.stat())) for entry in entries]
            except FileNotFoundError:
                continue
            return dict(sorted(parts))
        return {}

    def close(self, file_ids: Sequence[str]) -> None:
        for file_id in file_ids:
            try:
                self._open(file_id).rename(self._closed(file_id))
            except FileNotFoundError:
                continue
            except OSError:  # not empty: it was begun again while it was being closed
                if not self._closed(file_id).is_dir():
                    raise
                self._remove(self._open(file_id))

    def discard(self, file_id: str) -> None:
        self._remove(self._open(file_id))
        self._remove(self._closed(file_id))

    def _remove(self, folder: Path) -> None:
        """First out of the way in one step, then file by file."""
        doomed = self._temporary / secrets.token_hex(16)
        with suppress(FileNotFoundError):
            folder.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)

    def _open(self, file_id: str) -> Path:
        return self._root / fan(check_file_id(file_id)) / file_id

    def _closed(self, file_id: str) -> Path:
        folder = self._open(file_id)
        return folder.with_name(f"{folder.name}.closed")


def part_name(file_id: str, number: int) -> str:
    """The name that a part is sealed under."""
    return f"parts/{file_id}/{number}"


def _file_name(number: int) -> str:
    return f"{number:05d}"


def received_part(status: os.stat_result) -> ReceivedPart:
    """The entity tag tells two sendings of a part apart: the later file has another inode or another time."""
    return ReceivedPart(content_size(status.st_size), f"{status.st_mtime_ns:x}-{status.st_ino:x}")
