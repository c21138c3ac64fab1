"""`demo-credentials.json` in the data folder: the demo's address and accounts, readable by its owner alone."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

FILE_NAME = "demo-credentials.json"


@dataclass(frozen=True)
class Account:
    email: str
    password: str
    role: str
    displayName: str  # noqa: N815 - as the file spells it


@dataclass(frozen=True)
class Credentials:
    url: str
    accounts: Sequence[Account]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """None where there is no file, or one that is not ours."""
        try:
            found = json.loads((folder / FILE_NAME).read_bytes())
            return cls(str(found["url"]), [Account(**account) for account in found["accounts"]])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, folder: Path) -> Path:
        """Whole or not at all, and never readable by others, not even for a moment."""
        target, draft = folder / FILE_NAME, folder / f"{FILE_NAME}.new"
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"url": self.url, "accounts": [asdict(account) for account in self.accounts]}, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        return target

    def account(self, role: str) -> Account | None:
        """The first of that role."""
        return next((account for account in self.accounts if account.role == role), None)

    def password_of(self, url: str, email: str) -> str | None:
        """Never for another server than the one they are of."""
        if url.rstrip("/") != self.url:
            return None
        return next((account.password for account in self.accounts if account.email == email), None)
