import shutil
from pathlib import Path

import pytest

from api.errors import Unavailable
from api.inference.installed_models import InstalledModels


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(
        "triton_models", tmp_path / "models", ignore=shutil.ignore_patterns("training", "__pycache__")
    )
    return copied


def test_a_version_that_is_put_there_comes_without_a_restart(repository: Path) -> None:
    installed = InstalledModels(repository, look_seconds=0.0)
    before = installed.folders["lung_nodule"].versions

    shutil.copytree(repository / "lung_nodule/1", repository / "lung_nodule/2")

    assert before == ("1",)
    assert installed.folders["lung_nodule"].versions == ("1", "2")


def test_a_version_that_is_taken_away_goes(repository: Path) -> None:
    shutil.copytree(repository / "lung_nodule/1", repository / "lung_nodule/2")
    installed = InstalledModels(repository, look_seconds=0.0)

    shutil.rmtree(repository / "lung_nodule/1")

    assert installed.folders["lung_nodule"].versions == ("2",)


def test_a_repository_that_somebody_is_at_work_in_stays_as_it_was(repository: Path) -> None:
    card = repository / "lung_nodule/card.json"
    whole = card.read_text()
    installed = InstalledModels(repository, look_seconds=0.0)

    card.write_text(whole[:100])
    meanwhile = installed.folders["lung_nodule"].describe("1").title
    card.write_text(whole.replace("Lung nodules", "Nodules"))

    assert meanwhile.startswith("Lung nodules")
    assert installed.folders["lung_nodule"].describe("1").title.startswith("Nodules")


def test_it_is_looked_at_now_and_then_only(repository: Path) -> None:
    installed = InstalledModels(repository, look_seconds=3600.0)

    shutil.copytree(repository / "lung_nodule/1", repository / "lung_nodule/2")

    assert installed.folders["lung_nodule"].versions == ("1",)


def test_one_that_cannot_be_read_at_first_is_unavailable(repository: Path) -> None:
    (repository / "lung_nodule/card.json").unlink()

    with pytest.raises(Unavailable, match="lung_nodule cannot be read"):
        InstalledModels(repository)
