"""docs/adding-a-model.md to the letter: its folder and its module beside the product's own, and an MR through both."""

import base64
import importlib.util
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.analyses import running
from api.backends import open_backends
from api.inference.interpretations import INTERPRETATIONS
from api.permissions import Actor
from api.persistence.tables import Analysis
from api.unit_of_work import House
from tests.api.analyses.runs import analyse, findings_of, get, latest_of
from tests.conftest import quick_settings
from tests.deliveries import take_in
from tests.people import make_people
from tests.running import ROOT
from tests.synthetic_ct import ct_files

PAGE = ROOT / "docs/adding-a-model.md"
BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The mean over both axes of (slice, 16, 16), as float32 (slice, 1): what the page calls its network.
NETWORK = base64.b64decode(
    "CAgSADrDAQobCgVzbGljZRIBZiIEQ2FzdCoJCgJ0bxgBoAECCjIKAWYSAW0iClJlZHVjZU1lYW4qDQoEYXhlc0ABQAKgAQcqDwoI"
    "a2VlcGRpbXMYAKABAgoeCgFtCgJheBIKYnJpZ2h0bmVzcyIJVW5zcXVlZXplEgZicmlnaHQqCwgBEAc6AQFCAmF4WhwKBXNsaWNl"
    "EhMKEQgFEg0KAxIBbgoCCBAKAggQYh0KCmJyaWdodG5lc3MSDwoNCAESCQoDEgFuCgIIAUIECgAQDQ=="
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The page's blocks where it says that they belong, beside the models that there are."""
    shutil.copytree(ROOT / "triton_models", tmp_path / "triton_models", ignore=shutil.ignore_patterns("training"))
    for name, content in BLOCK.findall(PAGE.read_text("utf-8")):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    version = tmp_path / "triton_models/bright_slices/1"
    version.mkdir()
    (version / "model.onnx").write_bytes(NETWORK)
    return tmp_path


@pytest.fixture
def _is_known(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("bright_slices", files / "api/inference/bright_slices.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bright_slices", module)  # dataclasses look there for themselves
    spec.loader.exec_module(module)
    monkeypatch.setitem(INTERPRETATIONS, "bright_slices", module)


@pytest.fixture
async def house(files: Path, tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    chosen = quick_settings(tmp_path / "data").model_copy(update={"models_dir": files / "triton_models"})
    async with open_backends(chosen, database_url) as backends:
        yield backends.house


def mr_files(brightest: int, series: str = "2.25.77", **attributes: Any) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number in range(1, 11):
        pixels = np.full((40, 30), 900 if number == brightest else 100 + number, "<u2")
        given = {"Modality": "MR", "BodyPartExamined": "BRAIN", **attributes}
        found |= ct_files(1, first=number, series=series, pixels=pixels, **given)
    return {f"{series}-{name}": content for name, content in found.items()}


async def read(house: House, actor: Actor, files: dict[str, bytes]) -> Analysis:
    """Received, and analysed as every new case is."""
    received = await take_in(house, actor, files, analyze=True)
    key = (await latest_of(house, received.case.key)).key
    await running.run(house, key)
    return await get(house, key)


@pytest.mark.usefixtures("_is_known")
async def test_the_toy_reads_an_mr_and_a_ct_is_left_to_its_own_model(house: House) -> None:
    actor = (await make_people(house)).clinician

    of_mr = await read(house, actor, mr_files(brightest=7))
    of_ct = await read(house, actor, ct_files(20, series="2.25.78", StudyInstanceUID="2.25.5"))

    (finding,) = await findings_of(house, actor, of_mr)
    assert (of_mr.model_name, of_mr.status) == ("bright_slices", "SUCCEEDED")
    assert (finding.label, finding.frame_index, finding.diameter_mm) == ("bright", 6, None)
    assert of_mr.scores == [{"label": "bright", "probability": 0.5}]
    assert of_ct.model_name == "lung_nodule"


@pytest.mark.usefixtures("_is_known")
async def test_the_series_is_chosen_by_the_pages_rules_and_the_reason_is_told(house: House) -> None:
    actor = (await make_people(house)).clinician
    survey = mr_files(brightest=2, series="2.25.80", SeriesDescription="Survey", SeriesNumber=1)
    weighted = mr_files(brightest=4, series="2.25.81", SeriesDescription="AX T2", SeriesNumber=2)

    analysis = await read(house, actor, survey | weighted)

    (finding,) = await findings_of(house, actor, analysis)
    assert finding.frame_index == 3
    (told,) = [warning for warning in analysis.warnings if warning["code"] == "SERIES_CHOSEN"]
    assert told["message"] == (
        "Of 2 series number 2 of 10 slices was chosen, because it is weighted in a usual way. "
        "Left out: number 1 of 10 slices (it is a localizer)."
    )


async def test_a_model_without_its_module_reads_nothing_by_itself_and_fails_in_words(house: House) -> None:
    actor = (await make_people(house)).clinician

    analysis = await read(house, actor, mr_files(brightest=7))
    received = await take_in(house, actor, mr_files(brightest=3, series="2.25.79", StudyInstanceUID="2.25.5"))
    asked = await analyse(house, actor, received.case.key, ("bright_slices", "1"))

    assert (analysis.model_name, analysis.status) == ("lung_nodule", "UNSUITABLE"), "who can read at all says why not"
    assert asked.status == "FAILED"
    assert asked.failure == "This version of Hilum does not know how to read for the model bright_slices."
