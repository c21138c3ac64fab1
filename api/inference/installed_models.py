"""The models of a repository as they are now: a version that is put there comes without a restart."""

import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from api.errors import Unavailable
from api.inference.repository import ModelFolder, read_repository

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0

Trace = tuple[tuple[str, int, int], ...]


class InstalledModels:
    """Raises Unavailable when it is made of a repository that cannot be read. One that cannot be read later, since
    somebody is at work in it, stays as it was."""

    def __init__(self, path: Path, look_seconds: float = LOOK_SECONDS) -> None:
        self._path = path
        self._look_seconds = look_seconds
        self._trace = self._look()
        self._looked = time.monotonic()
        self._folders = read_repository(path)

    @property
    def folders(self) -> Mapping[str, ModelFolder]:
        """By name."""
        if time.monotonic() - self._looked >= self._look_seconds:
            self._looked = time.monotonic()
            trace = self._look()
            if trace != self._trace:
                self._read(trace)
        return self._folders

    def _read(self, trace: Trace) -> None:
        try:
            self._folders = read_repository(self._path)
        except Unavailable as error:
            log.warning("the model repository is as it was: %s", error.message)
            return
        self._trace = trace
        log.info("the model repository was read again")

    def _look(self) -> Trace:
        """Of everything that is read: its name, size and time of its last change."""
        return tuple(sorted(self._files()))

    def _files(self) -> Iterator[tuple[str, int, int]]:
        for pattern in ("*/config.pbtxt", "*/*.json", "*/[0-9]*", "*/[0-9]*/*"):
            for path in self._path.glob(pattern):
                try:
                    found = path.stat()
                except OSError:  # gone meanwhile
                    continue
                yield str(path), found.st_size, found.st_mtime_ns
