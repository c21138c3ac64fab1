"""Objects on a disk: which file a name has. Blocking: call from threads.

    <first segment>/<fan>/<other segments>~    fan: 2 hex digits of the second segment's SHA-256

The `~` keeps a file apart from a folder of the same name; no name holds it.
"""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from api.storage.encryption import content_size
from api.storage.object_store import ObjectMissing, ObjectRetained
from api.storage.sealed_files import is_retained


class ObjectFolders:
    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, name: str) -> Path:
        first, *others = name.split("/")
        if not others:
            return self._root / f"{first}~"
        return self._root.joinpath(first, fan(others[0]), *others[:-1], f"{others[-1]}~")

    def read(self, name: str) -> bytes:
        """The sealed file. Raises: ObjectMissing."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise ObjectMissing(name) from None

    def size(self, name: str) -> int:
        """Bytes of content. Raises: ObjectMissing, ObjectDamaged."""
        try:
            return content_size(self.path(name).stat().st_size)
        except FileNotFoundError:
            raise ObjectMissing(name) from None

    def list(self, prefix: str) -> "list[str]":
        first, *others = prefix.split("/")[:-1] or [""]
        top = self._root / first
        if others:
            top = top.joinpath(fan(others[0]), *others)
        names = []
        for folder, _, files in os.walk(top):
            parts = Path(folder).relative_to(self._root).parts
            stem = "".join(f"{part}/" for part in (*parts[:1], *parts[2:]))
            names += [stem + file.removesuffix("~") for file in files]
        return sorted(name for name in names if name.startswith(prefix))

    def delete(self, names: Iterable[str]) -> None:
        """Raises: ObjectRetained, and then none is deleted."""
        paths = [self.path(name) for name in names]
        for path in paths:
            if is_retained(path):
                raise ObjectRetained(path.name)
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in paths}:
            with suppress(OSError):  # not empty, or in use again
                folder.rmdir()


def fan(segment: str) -> str:
    """Spreads many folders over 256, so that none grows long."""
    return hashlib.sha256(segment.encode()).hexdigest()[:2]
