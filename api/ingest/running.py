"""The ingest job: a completed upload becomes studies, series, instances, frames, stacks and cases.

May run twice, or be killed and begin again: candidates that have their row are passed over, objects have names
derived from where they came from, and the end is one transaction.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from api.imaging.window import VoiWindow
from api.ingest.candidates import Candidate
from api.ingest.caution import TRIES, forget, leave, note, too_dangerous
from api.ingest.contents import Found, waves
from api.ingest.ending import finish, release_parts
from api.ingest.filing import file_batch
from api.ingest.placing import Places
from api.ingest.storing import REJECTED, Claims, Opened, Outcome, open_candidate, store
from api.permissions import Actor, Role, Scope
from api.persistence.sealing.index_columns import is_any_blind
from api.persistence.tables import Instance, Upload, UploadFile, UploadInstance, User
from api.telemetry import span
from api.unit_of_work import House, UnitOfWork

T = TypeVar("T")
UPLOADING = frozenset({Scope.CASES_READ, Scope.CASES_WRITE})


async def run(house: House, upload_key: UUID) -> None:
    """Ingest one upload; does nothing where it is not waiting for that."""
    with span("ingest"):
        async with house.unit_of_work() as uow:
            upload = await uow.session.get(Upload, upload_key, with_for_update=True)
            if upload is None or upload.status != "INGESTING":
                if upload is not None and upload.status == "COMPLETE":
                    await release_parts(house, upload_key)  # a run that died before it could
                return
            statement = select(UploadFile).where(col(UploadFile.upload_key) == upload_key)
            files = (await uow.session.execute(statement.order_by(col(UploadFile.index)))).scalars().all()
            ingest = Ingest(house, upload_key, await _uploader(uow, upload), upload.organization_key)
            ingest.is_careful = upload.deaths > 0
            upload.deaths += 1
        try:
            await ingest.take_in(files)
            await finish(house, upload_key)
        except (Exception, asyncio.CancelledError):
            await leave(house, upload_key)
            raise


@dataclass
class Ingest:
    """One run of the job for one upload."""

    house: House
    upload_key: UUID
    actor: Actor
    organization_key: UUID
    claims: Claims = field(default_factory=Claims)
    windows: dict[str, VoiWindow] = field(default_factory=dict)
    is_careful: bool = False  # an earlier run died: candidates are worked on alone
    unsettled: set[UUID] = field(default_factory=set)  # files with candidates that are to be worked on again

    async def take_in(self, files: Sequence[UploadFile]) -> None:
        while True:
            self.unsettled.clear()
            await self._pass(files)
            if not self.unsettled:
                return

    async def _pass(self, files: Sequence[UploadFile]) -> None:
        total = max(1, sum(file.size for file in files))
        settings = self.house.settings.model_copy(update={"ingest_batch": 1} if self.is_careful else {})
        writing: asyncio.Task[None] | None = None  # what was worked on last, while the next is worked on
        try:
            async for wave in waves(self.house.store, files, await self._done(), settings):
                outcomes = await (self._work_alone(wave.found) if self.is_careful else self._work(wave.found))
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._write(outcomes, wave.ended, wave.consumed / total))
                if self.is_careful:
                    await writing
        finally:
            if writing is not None:
                await writing

    async def _done(self) -> set[tuple[UUID, str]]:
        statement = select(col(UploadInstance.file_key), col(UploadInstance.path))
        async with self.house.sessions() as session:
            rows = await session.execute(statement.where(col(UploadInstance.upload_key) == self.upload_key))
            return {(row[0], row[1]) for row in rows}

    async def _work_alone(self, wave: Sequence[Found]) -> list[Outcome]:
        """Note each candidate before it is touched; one that killed its workers is passed over."""
        outcomes: list[Outcome] = []
        for found in wave:
            if not isinstance(found, Candidate):
                outcomes += await self._work([found])
            elif await note(self.house, found) > TRIES:
                found.close()
                outcomes.append(Outcome(found.file_key, found.path, REJECTED, too_dangerous()))
            else:
                try:
                    outcomes += await self._work([found])
                except (Exception, asyncio.CancelledError):
                    await forget(self.house, found)
                    raise
                await forget(self.house, found)
        return outcomes

    async def _work(self, wave: Sequence[Found]) -> list[Outcome]:
        """Read, compare and store the candidates of a wave, several at once; in their order."""
        slots = asyncio.Semaphore(self.house.settings.ingest_threads)

        async def opened(found: Found) -> Opened | Outcome:
            if not isinstance(found, Candidate):
                return Outcome(found.file_key, found.path, REJECTED, found.reason)
            async with slots:
                owner = str(self.actor.user_key)
                return await open_candidate(found, owner, str(self.upload_key), self.house.settings)

        async def stored(found: Opened | Outcome) -> Outcome:
            if isinstance(found, Outcome):
                return found
            async with slots:
                return await store(found, self._instance_key(found), self.house.store, self.claims, self.windows)

        try:
            headers = await _all(opened(found) for found in wave)
            await self._learn(headers)
            return await _all(stored(found) for found in headers)
        finally:
            for found in wave:
                if isinstance(found, Candidate):
                    found.close()

    def _instance_key(self, found: Opened) -> UUID:
        """The same candidate gives the same one, so that a job run twice writes the same objects.

        Blind, since whoever knows the upload's keys could try names of files until one gives this key.
        """
        candidate = found.candidate
        digest = self.house.keyring.blind("instances.key", self.upload_key, str(candidate.file_key), candidate.path)
        return UUID(bytes=digest, version=4)  # nobody can tell it from a random one

    async def _learn(self, headers: Sequence[Opened | Outcome]) -> None:
        """Which of these SOP Instance UIDs the organization has already."""
        uids = {found.source.instance.sop_instance_uid for found in headers if isinstance(found, Opened)}
        statement = select(col(Instance.sop_instance_uid), col(Instance.pixel_digest)).where(
            is_any_blind(Instance, "uid_blind", self.organization_key, uids - self.claims.digests.keys())
        )
        async with self.house.sessions() as session:
            for uid, digest in await session.execute(statement):
                self.claims.know(uid, digest)

    async def _write(self, outcomes: Sequence[Outcome], ended: Sequence[UUID], progress: float) -> None:
        # As a worker: the uploader may not see every study that theirs is compared with.
        async with self.house.unit_of_work(self.actor, as_worker=True) as uow:
            upload = await uow.session.get_one(Upload, self.upload_key, with_for_update=True)
            filed = await file_batch(uow, upload, Places(uow.session, upload, self.actor), outcomes, progress)
            self.unsettled |= {outcome.file_key for outcome in filed.unsettled}
            whole = [key for key in ended if key not in self.unsettled]
            await uow.session.execute(update(UploadFile).where(col(UploadFile.key).in_(whole)).values(taken_in=True))
        for outcome in (*filed.orphans, *filed.unsettled):
            if outcome.instance is not None:
                self.claims.drop(outcome.instance.sop_instance_uid)
        for outcome in filed.orphans:
            for kind in ("frames", "previews", "instances"):
                await self.house.store.delete_prefix(f"{kind}/{outcome.instance_key}")


async def _all(works: Iterable[Awaitable[T]]) -> list[T]:
    """Their results; the first failure is raised only when all have ended, since they share files."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


async def _uploader(uow: UnitOfWork, upload: Upload) -> Actor:
    """An application's key let the upload in when it began; which cases are its to add to is asked by its role."""
    user = await uow.session.get_one(User, upload.user_key)
    scopes = UPLOADING if user.role == Role.PARTNER else None
    return Actor(user.key, user.organization_key, Role(user.role), scopes=scopes)
