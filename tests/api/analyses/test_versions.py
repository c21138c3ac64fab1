"""Versions of a model side by side, and which of them new analyses take."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from api import analyses
from api.errors import NotFound, NotPermitted, Unavailable
from api.inference.embedded import EmbeddedPredictor
from api.permissions import Actor
from api.persistence.tables import Analysis, AuditEntry
from api.unit_of_work import House
from tests.deliveries import take_in
from tests.people import SHARED, People
from tests.synthetic_ct import ct_files

pytestmark = SHARED


@dataclass
class Loading(EmbeddedPredictor):
    """As a server that has loaded some versions only."""

    def __init__(self, repository: Path, *ready: str) -> None:
        super().__init__(repository, 1)
        self.ready = {*ready}

    async def is_ready(self, name: str, version: str) -> bool:
        return version in self.ready and await super().is_ready(name, version)


@pytest.fixture
async def loading(house: House, tmp_path: Path) -> AsyncIterator[Loading]:
    """With versions 1 and 2, both loaded."""
    repository = tmp_path / "models"
    shutil.copytree("triton_models", repository, ignore=shutil.ignore_patterns("training", "__pycache__"))
    shutil.copytree(repository / "lung_nodule/1", repository / "lung_nodule/2")
    opened = Loading(repository, "1", "2")
    yield opened
    await opened.close()


@pytest.fixture
def housed(house: House, loading: Loading) -> House:
    return replace(house, predictor=loading)


async def version_of_a_new_analysis(house: House, actor: Actor) -> tuple[str, UUID]:
    case_key = (await take_in(house, actor, ct_files(2))).case.key
    async with house.unit_of_work(actor) as uow:
        analysis = await analyses.request(uow, case_key, None, None, None)
        return analysis.model_version, analysis.key


async def activate(house: House, actor: Actor | None, version: str, name: str = "lung_nodule") -> None:
    async with house.unit_of_work(actor) as uow:
        await analyses.activate(uow, name, version)


async def test_the_newest_takes_over_by_itself_once_it_is_loaded(
    housed: House, loading: Loading, people: People
) -> None:
    loading.ready = {"1"}
    before, _ = await version_of_a_new_analysis(housed, people.clinician)
    loading.ready = {"1", "2"}
    after, _ = await version_of_a_new_analysis(housed, people.clinician)

    assert (before, after) == ("1", "2")


async def test_what_an_administrator_chose_is_taken_and_what_began_keeps_its_version(
    housed: House, people: People
) -> None:
    _, begun = await version_of_a_new_analysis(housed, people.clinician)
    await activate(housed, people.administrator, "1")
    chosen, _ = await version_of_a_new_analysis(housed, people.clinician)
    elsewhere, _ = await version_of_a_new_analysis(housed, people.stranger)
    async with housed.unit_of_work(people.clinician) as uow:
        active = [model.version for model in await analyses.list_active(uow)]
        kept = (await uow.session.get_one(Analysis, begun)).model_version
    await activate(housed, people.administrator, "2")
    back, _ = await version_of_a_new_analysis(housed, people.clinician)

    assert (chosen, elsewhere, kept, back) == ("1", "2", "2", "2")
    assert active == ["1"]


async def test_choosing_is_recorded_once(housed: House, people: People) -> None:
    await activate(housed, people.administrator, "1")
    await activate(housed, people.administrator, "1")

    async with housed.sessions() as session:
        statement = select(AuditEntry).where(
            col(AuditEntry.actor_key) == people.administrator.user_key, col(AuditEntry.action) == "model:activate"
        )
        entries = (await session.execute(statement)).scalars().all()
    assert [(entry.subject_kind, entry.subject_key) for entry in entries] == [
        ("Organization", people.administrator.organization_key)
    ]


async def test_a_choice_that_is_not_installed_any_more_is_passed_over(
    house: House, housed: House, people: People
) -> None:
    await activate(housed, people.administrator, "2")

    version, _ = await version_of_a_new_analysis(house, people.clinician)

    assert version == "1"


async def test_only_administrators_choose_and_only_what_would_answer(
    housed: House, loading: Loading, people: People
) -> None:
    loading.ready = {"1"}

    with pytest.raises(NotPermitted):
        await activate(housed, people.clinician, "2")
    with pytest.raises(NotFound):
        await activate(housed, people.administrator, "3")
    with pytest.raises(NotFound):
        await activate(housed, people.administrator, "1", "heart")
    with pytest.raises(Unavailable, match="Version 2 of lung_nodule does not answer yet"):
        await activate(housed, people.administrator, "2")
