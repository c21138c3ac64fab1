"""Chooses the parts of the house. The only place that knows which profile runs."""

from collections.abc import AsyncIterator
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
from api.mail.mailbox import MailboxMailer
from api.mail.mailer import Mail, Mailer
from api.mail.smtp import SmtpMailer, SmtpServer
from api.persistence.audit.entries import Service
from api.persistence.engine import open_engine, session_maker
from api.persistence.jobs import open_jobs
from api.settings import Settings
from api.storage.addresses import SignedAddresses
from api.storage.filesystem import FilesystemStore
from api.storage.local_keys import LocalKeys, secret_key
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
    def tokens(self) -> bytes:
        return secret_key(self.folder / "tokens.key")

    @property
    def codes(self) -> bytes:
        return secret_key(self.folder / "codes.key")


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


@asynccontextmanager
async def open_backends(
    settings: Settings, database_url: str, service: Service = Service.ANONYMOUS
) -> AsyncIterator[Backends]:
    """database_url: of a migrated database. service: see `House`. Everything is closed on leaving."""
    keys = Keys(settings.data / "keys")
    addresses = SignedAddresses(keys.addresses, settings.url)
    data_keys = LocalKeys(keys.master)
    store = FilesystemStore(settings.data / "objects", data_keys, addresses, fsync=settings.fsync)
    engine = open_engine(database_url, settings)
    sessions, seals, mailer = session_maker(engine), SealedTexts(data_keys), choose_mailer(settings)
    directory = choose_directory(settings, sessions, seals, mailer, keys.codes)
    hub = Hub(database_url)
    house = House(
        settings=settings,
        sessions=sessions,
        journal=engine.execution_options(isolation_level="AUTOCOMMIT"),
        jobs=open_jobs(database_url),
        hub=hub,
        store=store,
        directory=directory,
        predictor=EmbeddedPredictor(settings.models, settings.inference_threads, deadline=settings.prediction_seconds),
        tokens=AccessTokens(keys.tokens, settings.access_token_seconds),
        budgets=Budgets(sessions),
        mailer=mailer,
        seals=seals,
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
