"""Chooses the parts of the house. The only place that knows which profile runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from api.events.hub import Hub
from api.identity.local import LocalDirectory
from api.identity.tokens import AccessTokens
from api.inference.embedded import EmbeddedPredictor
from api.persistence import logins
from api.persistence.engine import open_engine, session_maker
from api.persistence.jobs import open_jobs
from api.persistence.logins import Login
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
    def database(self) -> bytes:
        return secret_key(self.folder / "database.key")

    @property
    def tokens(self) -> bytes:
        return secret_key(self.folder / "tokens.key")


@dataclass(frozen=True)
class Backends:
    """A house that runs, and the embedded parts that take bytes themselves."""

    house: House
    store: FilesystemStore
    addresses: SignedAddresses


def database_address(settings: Settings, database_url: str, login: Login) -> str:
    """How `login` reaches the database. database_url: the owner's, or what stands for it where logins are named."""
    if (named := _named_address(settings, login)) is not None:
        return named
    if logins.is_trusted(database_url):
        return logins.trusted_address(database_url, login)
    return logins.address(database_url, logins.login_role(login, Keys(settings.data / "keys").database))


def make_logins(settings: Settings, owner_url: str) -> None:
    """Login roles in a migrated database, as far as they are Hilum's to make. Blocking. Raises UnfitRole."""
    if logins.is_trusted(owner_url):
        return
    for login in Login:
        if _named_address(settings, login) is None:
            logins.make_login(owner_url, login, logins.login_role(login, Keys(settings.data / "keys").database))


def _named_address(settings: Settings, login: Login) -> str | None:
    return settings.database_app_url if login is Login.API else settings.database_worker_url


@asynccontextmanager
async def open_backends(settings: Settings, database_url: str, login: Login = Login.WORKER) -> AsyncIterator[Backends]:
    """database_url: of a migrated database. Everything is closed on leaving.

    login: whose rows a unit of work without an actor sees. The API's for serving; a worker's, which sees all, for jobs
    and for commands of the operator. With an actor it sees the actor's, whatever the login. Raises UnfitRole.
    """
    address = database_address(settings, database_url, login)
    keys = Keys(settings.data / "keys")
    addresses = SignedAddresses(keys.addresses, settings.url)
    store = FilesystemStore(settings.data / "objects", LocalKeys(keys.master), addresses, fsync=settings.fsync)
    engine = open_engine(address, settings)
    hub = Hub(address)
    house = House(
        settings=settings,
        sessions=session_maker(engine),
        jobs=open_jobs(address),
        hub=hub,
        store=store,
        directory=LocalDirectory(),
        predictor=EmbeddedPredictor(settings.models, settings.inference_threads, deadline=settings.prediction_seconds),
        tokens=AccessTokens(keys.tokens, settings.access_token_seconds),
    )
    try:
        await _check(engine, login)
        async with house.jobs.open_async():
            await hub.start()
            yield Backends(house, store, addresses)
    finally:
        await hub.stop()
        await house.predictor.close()
        await engine.dispose()
        store.close()


async def _check(engine: AsyncEngine, login: Login) -> None:
    async with engine.connect() as connection:
        logins.check(tuple((await connection.exec_driver_sql(logins.FACTS)).one()), login)
