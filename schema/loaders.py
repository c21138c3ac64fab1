"""Batched reading for one operation: what a list asks of each of its rows is asked once for all.

Keys are of rows that the viewer sees already, or the feature that answers checks them.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from strawberry.dataloader import DataLoader

from api import analyses, annotations, cases, comments, feedback, images, notifications, partners, reviews, uploads
from api.inference.predictor import ModelDescription
from api.permissions import Action, CaseSubject, is_allowed, is_conceivable
from api.persistence import tables
from api.unit_of_work import UnitOfWork
from schema.reads import Reads

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Reading = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
Fetch = Callable[[UnitOfWork, list[K]], Awaitable[Mapping[K, V]]]


class Loaders:
    """Made anew for each operation, and for each event of a subscription: nothing read here outlives them."""

    def __init__(self, reading: Reading, fetch_cases: Fetch[UUID, tables.Case], reads: Reads) -> None:
        self._reading = reading
        self._fetch_cases = fetch_cases
        self._reads = reads

    def _one(
        self, fetch: Fetch[K, V], before: Callable[[list[K]], Awaitable[object]] | None = None
    ) -> DataLoader[K, V | None]:
        """before: what `fetch` needs of another loader, which opens a transaction of its own."""

        async def load(keys: list[K]) -> Sequence[V | None]:
            if before is not None:
                await before(keys)
            async with self._reading() as uow:
                found = await fetch(uow, keys)
            return [found.get(key) for key in keys]

        return DataLoader(load)

    def _seen(self, fetch: Fetch[UUID, tables.Analysis]) -> Fetch[UUID, tables.Analysis]:
        """What a model said of a case is more than the case: it is noted for the audit."""

        async def fetch_and_note(uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, tables.Analysis]:
            found = await fetch(uow, keys)
            self._reads.see(Action.CASE_SEE_ANALYSES, "Analysis", (row.key for row in found.values()))
            return found

        return fetch_and_note

    async def _latest_analyses(self, uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, tables.Analysis]:
        subjects = await self.subjects.load_many(keys)  # loaded before
        known = {subject.case_key: subject for subject in subjects if subject is not None}
        return await analyses.latest_of_cases(uow, keys, known)

    def _many(self, fetch: Fetch[K, list[V]]) -> DataLoader[K, list[V]]:
        async def load(keys: list[K]) -> Sequence[list[V]]:
            async with self._reading() as uow:
                found = await fetch(uow, keys)
            return [found.get(key, []) for key in keys]

        return DataLoader(load)

    @cached_property
    def cases(self) -> DataLoader[UUID, tables.Case | None]:
        return self._one(self._fetch_cases)

    @cached_property
    def subjects(self) -> DataLoader[UUID, CaseSubject | None]:
        return self._one(cases.subjects)

    @cached_property
    def participants(self) -> DataLoader[UUID, list[tuple[tables.Participant, tables.User | None]]]:
        return self._many(_participants)

    @cached_property
    def users(self) -> DataLoader[UUID, tables.User | None]:
        return self._one(_users)

    @cached_property
    def api_keys(self) -> DataLoader[UUID, tables.ApiKey | None]:
        return self._one(partners.find_keys)

    @cached_property
    def organizations(self) -> DataLoader[UUID, tables.Organization | None]:
        return self._one(_organizations)

    @cached_property
    def patients(self) -> DataLoader[UUID, tables.Patient | None]:
        return self._one(images.find_patients)

    @cached_property
    def studies(self) -> DataLoader[UUID, tables.Study | None]:
        return self._one(images.find_studies)

    @cached_property
    def series(self) -> DataLoader[UUID, tables.Series | None]:
        return self._one(images.find_series)

    @cached_property
    def stacks(self) -> DataLoader[UUID, tables.Stack | None]:
        return self._one(images.find_stacks)

    @cached_property
    def studies_of_case(self) -> DataLoader[UUID, list[tables.Study]]:
        return self._many(images.studies_of_cases)

    @cached_property
    def priors_of_case(self) -> DataLoader[UUID, list[tables.Study]]:
        return self._many(images.priors_of_cases)

    @cached_property
    def series_of_study(self) -> DataLoader[UUID, list[tables.Series]]:
        return self._many(images.series_of_studies)

    @cached_property
    def stacks_of_series(self) -> DataLoader[UUID, list[tables.Stack]]:
        return self._many(images.stacks_of_series)

    @cached_property
    def identity_of_study(self) -> DataLoader[UUID, bool | None]:
        """Whether the viewer may see whose study it is."""
        return self._one(_identities)

    @cached_property
    def identity_of_patient(self) -> DataLoader[UUID, bool | None]:
        return self._one(_patient_identities)

    @cached_property
    def analyses(self) -> DataLoader[UUID, tables.Analysis | None]:
        return self._one(self._seen(analyses.find_many))

    @cached_property
    def latest_analysis(self) -> DataLoader[UUID, tables.Analysis | None]:
        return self._one(self._seen(self._latest_analyses), before=self.subjects.load_many)

    @cached_property
    def comments(self) -> DataLoader[UUID, tables.Comment | None]:
        return self._one(comments.find_many)

    @cached_property
    def annotations(self) -> DataLoader[UUID, tables.Annotation | None]:
        return self._one(annotations.find_many)

    @cached_property
    def reviews(self) -> DataLoader[UUID, tables.Review | None]:
        return self._one(reviews.find_many)

    @cached_property
    def reviews_of_case(self) -> DataLoader[UUID, list[tables.Review]]:
        return self._many(reviews.reviews_of)

    @cached_property
    def releases_of_case(self) -> DataLoader[UUID, list[tables.Release]]:
        return self._many(reviews.releases_of)

    @cached_property
    def released_urgency(self) -> DataLoader[UUID, str | None]:
        return self._one(reviews.released_urgency)

    @cached_property
    def unread_comments(self) -> DataLoader[UUID, int | None]:
        return self._one(notifications.unread_comments)

    @cached_property
    def notifications(self) -> DataLoader[UUID, tables.Notification | None]:
        return self._one(notifications.find_many)

    @cached_property
    def finding(self) -> DataLoader[UUID, tables.Finding | None]:
        return self._one(analyses.find_findings)

    @cached_property
    def findings(self) -> DataLoader[UUID, list[tables.Finding]]:
        return self._many(analyses.findings_of)

    @cached_property
    def feedback_of_analysis(self) -> DataLoader[UUID, list[tables.Feedback]]:
        return self._many(feedback.feedback_of)

    @cached_property
    def models(self) -> DataLoader[tuple[str, str], tuple[ModelDescription, bool] | None]:
        """Of a name and version, the model and whether new analyses take it."""
        return self._one(_models)

    @cached_property
    def model_readiness(self) -> DataLoader[tuple[str, str], bool | None]:
        return self._one(_readiness)

    @cached_property
    def upload_counts(self) -> DataLoader[UUID, uploads.Counts | None]:
        return self._one(uploads.counts)

    @cached_property
    def upload_files(self) -> DataLoader[UUID, tables.UploadFile | None]:
        return self._one(_upload_files)

    @cached_property
    def received(self) -> DataLoader[tables.UploadFile, uploads.Received]:
        """What is there of a file; the store is asked once for all."""

        async def load(files: list[tables.UploadFile]) -> Sequence[uploads.Received]:
            async with self._reading() as uow:
                there = await uploads.received(uow, files)
            return [there[file.key] for file in files]

        return DataLoader(load, cache_key_fn=lambda file: file.key)


async def _participants(
    uow: UnitOfWork, keys: list[UUID]
) -> Mapping[UUID, list[tuple[tables.Participant, tables.User | None]]]:
    found: dict[UUID, list[tuple[tables.Participant, tables.User | None]]] = defaultdict(list)
    for participant, user in await cases.participants_of(uow, keys):
        found[participant.case_key].append((participant, user))
    return found


async def _users(uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, tables.User]:
    rows = await uow.session.execute(select(tables.User).where(col(tables.User.key).in_(keys)))
    return {row.key: row for row in rows.scalars()}


async def _organizations(uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, tables.Organization]:
    rows = await uow.session.execute(select(tables.Organization).where(col(tables.Organization.key).in_(keys)))
    return {row.key: row for row in rows.scalars()}


async def _upload_files(uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, tables.UploadFile]:
    rows = await uow.session.execute(select(tables.UploadFile).where(col(tables.UploadFile.key).in_(keys)))
    return {row.key: row for row in rows.scalars()}


async def _identities(uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, bool]:
    """Of any case that holds the study and shows it: the strongest right counts."""
    if uow.actor is None or not is_conceivable(uow.actor, Action.CASE_SEE_IDENTITY):
        return {}
    actor = uow.actor
    return {
        key: any(is_allowed(actor, Action.CASE_SEE_IDENTITY, subject) for subject in subjects)
        for key, subjects in (await images.subjects_of_studies(uow, keys)).items()
    }


async def _patient_identities(uow: UnitOfWork, keys: list[UUID]) -> Mapping[UUID, bool]:
    statement = select(col(tables.Study.patient_key), col(tables.Study.key)).where(
        col(tables.Study.patient_key).in_(keys)
    )
    of_patients = [(row[0], row[1]) for row in await uow.session.execute(statement)]
    shown = await _identities(uow, [study_key for _, study_key in of_patients])
    return {key: any(shown.get(study_key) for of, study_key in of_patients if of == key) for key in keys}


async def _models(
    uow: UnitOfWork, keys: list[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[ModelDescription, bool]]:
    models = await analyses.list_models(uow)
    active = await analyses.list_active(uow)
    return {(model.name, model.version): (model, model in active) for model in models}


async def _readiness(uow: UnitOfWork, keys: list[tuple[str, str]]) -> Mapping[tuple[str, str], bool]:
    return {key: await uow.house.predictor.is_ready(*key) for key in keys}
