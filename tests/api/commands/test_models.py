"""`hilum models`, as an operator sees it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from api import analyses
from api.commands.models import list_installed
from api.inference.embedded import EmbeddedPredictor
from api.unit_of_work import House
from tests.people import SHARED, People

pytestmark = SHARED


async def test_it_lists_versions_and_who_takes_them(
    house: House, people: People, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = tmp_path / "models"
    shutil.copytree("triton_models", repository, ignore=shutil.ignore_patterns("training", "__pycache__"))
    shutil.copytree(repository / "lung_nodule/1", repository / "lung_nodule/2")
    predictor = EmbeddedPredictor(repository, 1)
    housed = replace(house, predictor=predictor)
    async with housed.unit_of_work(people.administrator) as uow:
        await analyses.activate(uow, "lung_nodule", "1")

    await list_installed(housed)
    await predictor.close()

    _, first, second = (" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[:3])
    assert first.startswith("lung_nodule 1 yes chosen by 1 organization")
    assert second.startswith("lung_nodule 2 yes by default")


async def test_without_a_model_it_says_where_models_are_looked_for(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await list_installed(replace(house, predictor=EmbeddedPredictor(tmp_path)))

    assert "HILUM_MODELS_DIR" in capsys.readouterr().out
