"""The local directory for its contract: a database of its own, an authenticator, and the mail it sent."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.backends import Keys
from api.identity import totp
from api.identity.letters import Letter
from api.identity.local import LocalDirectory, LocalParts
from api.identity.mailed_codes import MailedCodes
from api.identity.passwords import HashCost
from api.persistence.engine import open_engine, session_maker
from api.persistence.sealing.keyring import Keyring
from api.settings import Settings
from api.storage.local_keys import LocalKeys
from api.storage.sealed_texts import SealedTexts

CODE = re.compile(r"\b(\d{6})\b")
CHEAP = HashCost(memory_kib=1024, iterations=1, lanes=1, concurrent=4, waiting=64)


@dataclass
class LocalHarness:
    """seconds: what the directory's clock shows; it stands still unless it is moved."""

    directory: LocalDirectory = field(init=False)
    sessions: async_sessionmaker[AsyncSession] = field(init=False)
    letters: dict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 1_800_000_000.0

    async def deliver(self, letter: Letter) -> None:
        self.letters[letter.to].append(letter)

    async def mailed_code(self, email: str) -> str:
        await self.directory.close()
        found = CODE.search(self.letters[email][-1].text)
        assert found is not None
        return found.group(1)

    async def count_mails(self, email: str) -> int:
        await self.directory.close()
        return len(self.letters[email])

    async def totp(self, secret: str) -> str:
        await asyncio.sleep(0)
        self.seconds += totp.STEP_SECONDS
        return totp.code_at(secret, totp.step_at(self.seconds))


@asynccontextmanager
async def local_directory(request: pytest.FixtureRequest) -> AsyncIterator[LocalHarness]:
    """One with cheap hashes: what they cost is measured elsewhere."""
    harness = LocalHarness()
    folder = request.getfixturevalue("tmp_path")
    keyring = Keyring()
    keyring.turn({1: bytes(32)}, 1)
    keyring.take_secret(bytes(32))
    engine = open_engine(request.getfixturevalue("database_url"), Settings(data_dir=folder), keyring)
    keys = Keys(folder / "keys")
    harness.sessions = session_maker(engine)
    harness.directory = LocalDirectory(
        LocalParts(
            harness.sessions,
            SealedTexts(LocalKeys(keys.master)),
            harness.deliver,
            CHEAP,
            MailedCodes(keys.codes, seconds=600, tries=5),
            lambda: harness.seconds,
        )
    )
    try:
        yield harness
    finally:
        await harness.directory.close()
        await engine.dispose()
