"""Chooses the parts of the house. The only place that knows which profile runs."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.budgets.buckets import Budgets
from api.events.hub import Hub
from api.identity.directory import UserDirectory
from api.identity.letters import Letter
from api.identity.local import LocalDirectory, LocalParts
from api.identity.mailed_codes import MailedCodes
from api.identity.passwords import HashCost
from api.identity.tokens import AccessTokens
from api.inference.embedded import EmbeddedPredictor
from api.inference.predictor import Predictor
from api.keys.opening import KeysUnusable, make_first, open_keyring
from api.mail.mailbox import MailboxMailer
from api.mail.mailer import Mail, Mailer
from api.mail.smtp import SmtpMailer, SmtpServer
from api.persistence import logins
from api.persistence.audit.entries import Service
from api.persistence.engine import open_engine, session_maker
from api.persistence.jobs import open_jobs
from api.persistence.logins import Login
from api.persistence.sealing.keyring import FirstKeys, Keyring
from api.push.sender import PushSender
from api.push.vapid import Vapid, key_of_secret, parse_private_key
from api.settings import Settings
from api.storage.addresses import SignedAddresses
from api.storage.data_keys import DataKeys
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys, MasterKeyUnusable, add_master, secret_key
from api.storage.sealed_texts import SealedTexts
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

    @property
    def codes(self) -> bytes:
        return secret_key(self.folder / "codes.key")

    @property
    def vapid(self) -> bytes:
        return secret_key(self.folder / "vapid.key")


class ManagedDirectory(UserDirectory, Protocol):
    """A directory and what whoever runs the server does with it."""

    async def set_password(self, subject: str, password: str) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Backends:
    """A house that runs, and the embedded parts that do more than their interfaces: take bytes, set passwords."""

    house: House
    directory: ManagedDirectory
    store: FilesystemStore
    addresses: SignedAddresses


def open_data_keys(settings: Settings) -> DataKeys:
    """Raises KeysUnusable."""
    try:
        return LocalKeys(_keys(settings).master)
    except MasterKeyUnusable as error:
        raise KeysUnusable(str(error)) from error


def new_master_key(settings: Settings) -> DataKeys:
    """Keys under a new master key, which wraps from now on; what those before it wrapped still unwraps."""
    add_master(_keys(settings).master)
    return open_data_keys(settings)


def first_keys(settings: Settings) -> FirstKeys:
    """For the migration that seals what lies in the clear. Blocking; in a thread, for the caller may have a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(make_first(open_data_keys(settings)))).result()


def check_keys(settings: Settings, database_url: str) -> None:
    """Whether the keys open what a migrated database holds. Blocking, without a loop. Raises KeysUnusable."""

    async def open_once() -> None:
        address = database_address(
            settings, database_url, Login.WORKER
        )  # who makes the first keys, where there are none
        async with open_keyring(address, open_data_keys(settings), settings.key_spread_seconds):
            pass

    asyncio.run(open_once())


def _keys(settings: Settings) -> Keys:
    return Keys(settings.data / "keys")


def database_address(settings: Settings, database_url: str, login: Login) -> str:
    """How `login` reaches the database. database_url: the owner's, or what stands for it where logins are named."""
    if (named := _named_address(settings, login)) is not None:
        return named
    if logins.is_trusted(database_url):
        return logins.trusted_address(database_url, login)
    return logins.address(database_url, logins.login_role(login, _keys(settings).database))


def make_logins(settings: Settings, owner_url: str) -> None:
    """Login roles in a migrated database, as far as they are Hilum's to make. Blocking. Raises UnfitRole."""
    if logins.is_trusted(owner_url):
        return
    for login in Login:
        if _named_address(settings, login) is None:
            logins.make_login(owner_url, login, logins.login_role(login, _keys(settings).database))


def _named_address(settings: Settings, login: Login) -> str | None:
    return settings.database_app_url if login is Login.API else settings.database_worker_url


@asynccontextmanager
async def open_backends(
    settings: Settings, database_url: str, service: Service = Service.ANONYMOUS, *, login: Login = Login.WORKER
) -> AsyncIterator[Backends]:
    """database_url: of a migrated database. service: see `House`. Everything is closed on leaving.

    login: whose rows a unit of work without an actor sees. The API's for serving; a worker's, which sees all, for jobs
    and for commands of the operator. With an actor it sees the actor's, whatever the login.
    Raises UnfitRole, KeysUnusable.
    """
    address = database_address(settings, database_url, login)
    await asyncio.to_thread(logins.check_login, address, login)
    data_keys = open_data_keys(settings)
    async with (
        open_keyring(address, data_keys, settings.key_spread_seconds) as keyring,
        _open_house(settings, address, service, data_keys, keyring) as backends,
    ):
        yield backends


@asynccontextmanager
async def _open_house(
    settings: Settings, address: str, service: Service, data_keys: DataKeys, keyring: Keyring
) -> AsyncIterator[Backends]:
    """address: of whom the house logs in as."""
    keys = _keys(settings)
    addresses = SignedAddresses(keys.addresses, settings.url)
    store = FilesystemStore(settings.data / "objects", data_keys, addresses, fsync=settings.fsync)
    engine = open_engine(address, settings, keyring)
    sessions, seals, mailer = session_maker(engine), SealedTexts(data_keys), choose_mailer(settings)
    directory = choose_directory(settings, sessions, seals, mailer, keys.codes)
    hub = Hub(address)
    house = House(
        settings=settings,
        sessions=sessions,
        journal=engine.execution_options(isolation_level="AUTOCOMMIT"),
        jobs=open_jobs(address),
        hub=hub,
        store=store,
        addresses=addresses,
        directory=directory,
        predictor=choose_predictor(settings),
        tokens=AccessTokens(keys.tokens, settings.access_token_seconds),
        budgets=Budgets(sessions),
        mailer=mailer,
        seals=seals,
        keyring=keyring,
        push=choose_push(settings, keys),
        service=service,
    )
    try:
        async with house.jobs.open_async():
            await hub.start()
            yield Backends(house, directory, store, addresses)
    finally:
        await directory.close()
        await hub.stop()
        await house.predictor.close()
        await engine.dispose()
        store.close()


def choose_predictor(settings: Settings) -> Predictor:
    """Raises: Unavailable where the model repository, or a file for TLS, cannot be read."""
    if settings.predictor == "embedded":
        return EmbeddedPredictor(settings.models, settings.inference_threads, deadline=settings.prediction_seconds)
    from api.inference.triton import TlsFiles, TritonPredictor, TritonServer  # gRPC is for this predictor only

    return TritonPredictor(
        settings.models,
        TritonServer(
            address=settings.triton_address,
            tls=TlsFiles(settings.triton_ca, settings.triton_cert, settings.triton_key)
            if settings.triton_is_encrypted
            else None,
            deadline=settings.prediction_seconds,
            ready=settings.triton_ready_seconds,
            retries=settings.triton_retries,
            pause=settings.triton_retry_seconds,
            breaker_failures=settings.triton_breaker_failures,
            breaker_pause=settings.triton_breaker_seconds,
            calls=settings.triton_calls,
            waiting_calls=settings.triton_waiting_calls,
        ),
    )


def choose_push(settings: Settings, keys: Keys) -> PushSender | None:
    """Raises: ValueError for a private key that is none."""
    if settings.push == "off":
        return None
    given = settings.vapid_private_key
    key = parse_private_key(given.get_secret_value()) if given is not None else key_of_secret(keys.vapid)
    public = settings.url if settings.url.startswith("https://") else "mailto:hilum@localhost"
    vapid = Vapid(key, settings.push_contact or public)
    return PushSender(vapid, settings.push_allowed, settings.push_seconds, settings.push_ttl_seconds)


def choose_mailer(settings: Settings) -> Mailer:
    if settings.smtp_host is None:
        return MailboxMailer(settings.data)
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return SmtpMailer(
        SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.smtp_user,
            password,
            settings.mail_from,
            settings.smtp_seconds,
        )
    )


def choose_directory(
    settings: Settings, sessions: async_sessionmaker[AsyncSession], seals: SealedTexts, mailer: Mailer, pepper: bytes
) -> ManagedDirectory:
    """Raises: ValueError where the settings name no user pool."""
    if settings.user_directory == "cognito":
        from api.identity.cognito import CognitoDirectory  # boto3 takes half a second to import

        return CognitoDirectory.open(settings)
    return local_directory(settings, sessions, seals, mailer, pepper)


def local_directory(
    settings: Settings, sessions: async_sessionmaker[AsyncSession], seals: SealedTexts, mailer: Mailer, pepper: bytes
) -> LocalDirectory:
    async def deliver(letter: Letter) -> None:
        await mailer.send(Mail(letter.to, letter.subject, letter.text))

    cost = HashCost(
        settings.hash_memory_kib,
        settings.hash_iterations,
        settings.hash_lanes,
        settings.concurrent_hashes,
        settings.waiting_hashes,
    )
    codes = MailedCodes(pepper, settings.mailed_code_seconds, settings.code_tries)
    return LocalDirectory(LocalParts(sessions, seals, deliver, cost, codes))
