"""Chooses the parts of the house. The only place that knows which profile runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from api.budgets.buckets import Budgets
from api.events.hub import Hub
from api.identity.local import LocalDirectory
from api.identity.tokens import AccessTokens
from api.inference.embedded import EmbeddedPredictor
from api.persistence.engine import open_engine, session_maker
from api.persistence.jobs import open_jobs
from api.settings import Settings
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys, secret_key
from api.unit_of_work import House


@dataclass(frozen=True)
class Keys:
    """Files of secrets in the data folder, each made when absent."""

    folder: Path

    @property
    def master(self) -> Path:
        return self.folder / "master.key"

    @property
    def addresses(self) -> bytes:
        return secret_key(self.folder / "addresses.key")

    @property
    def tokens(self) -> bytes:
        return secret_key(self.folder / "tokens.key")


@dataclass(frozen=True)
class Backends:
    """A house that runs, and the embedded parts that take bytes themselves."""

    house: House
    store: FilesystemStore
    addresses: SignedAddresses


@asynccontextmanager
async def open_backends(settings: Settings, database_url: str) -> AsyncIterator[Backends]:
    """database_url: of a migrated database. Everything is closed on leaving."""
    keys = Keys(settings.data / "keys")
    addresses = SignedAddresses(keys.addresses, settings.url)
    store = FilesystemStore(settings.data / "objects", LocalKeys(keys.master), addresses, fsync=settings.fsync)
    engine = open_engine(database_url, settings)
    hub = Hub(database_url)
    sessions = session_maker(engine)
    house = House(
        settings=settings,
        sessions=sessions,
        jobs=open_jobs(database_url),
        hub=hub,
        store=store,
        directory=LocalDirectory(),
        predictor=EmbeddedPredictor(settings.models, settings.inference_threads, deadline=settings.prediction_seconds),
        tokens=AccessTokens(keys.tokens, settings.access_token_seconds),
        budgets=Budgets(sessions),
    )
    try:
        async with house.jobs.open_async():
            await hub.start()
            yield Backends(house, store, addresses)
    finally:
        await hub.stop()
        await house.predictor.close()
        await engine.dispose()
        store.close()
