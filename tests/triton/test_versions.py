"""A new version loads beside the old one and takes over, while both are asked without a pause."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from api import analyses
from api.inference.repository import read_repository
from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from api.unit_of_work import House
from tests.api.analyses.runs import analyse, findings_of
from tests.deliveries import take_in
from tests.people import make_people
from tests.phantoms import small_phantom
from tests.triton.server import ROOT, TritonServer

pytestmark = pytest.mark.triton
WAIT_SECONDS = 60.0


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(
        ROOT / "triton_models", tmp_path / "models", ignore=shutil.ignore_patterns("training", "__pycache__")
    )
    return copied


@pytest.fixture
def polling_triton(repository: Path, tmp_path: Path) -> Iterator[TritonServer]:
    """As `docs/using.md` has it started: it looks for new versions by itself."""
    options = ["--model-control-mode=poll", "--repository-poll-secs=1"]
    server = TritonServer(tmp_path / "triton", [repository], options=options)
    server.start()
    yield server
    server.stop()


def add_version(repository: Path) -> None:
    """Version 2: the same network, of which nothing is marked any more. Moved to its place when it is whole."""
    folder = repository / "lung_nodule"
    made = repository.parent / "made"
    shutil.copytree(folder / "1", made)
    card = json.loads((folder / "card.json").read_text())
    card["operatingPoint"]["threshold"] = 2.0
    (made / "card.json").write_text(json.dumps(card))
    made.rename(folder / "2")


async def test_a_new_version_takes_over_without_a_failed_request(
    house: House, polling_triton: TritonServer, repository: Path
) -> None:
    people = await make_people(house)
    case_key = (await take_in(house, people.clinician, small_phantom())).case.key
    triton = TritonPredictor(repository, Asked(polling_triton.address, retries=0))
    housed = replace(house, predictor=triton)
    (spec,) = read_repository(repository)["lung_nodule"].inputs
    answered: Counter[str] = Counter()
    is_over = asyncio.Event()

    async def keep_asking() -> None:
        while not is_over.is_set():
            for model in await triton.models():
                if model.version == "1" or await triton.is_ready(model.name, model.version):
                    await triton.predict(model.name, model.version, {spec.name: np.zeros((4, *spec.dims), np.int16)})
                    answered[model.version] += 1

    asking = asyncio.create_task(keep_asking())
    before = await analyse(housed, people.clinician, case_key)
    running = asyncio.create_task(analyse(housed, people.clinician, case_key))
    await asyncio.sleep(0.5)
    add_version(repository)
    async with asyncio.timeout(WAIT_SECONDS):
        while not asking.done() and not await triton.is_ready("lung_nodule", "2"):  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.2)
    meanwhile = await running
    after = await analyse(housed, people.clinician, case_key)
    async with housed.unit_of_work(people.administrator) as uow:
        await analyses.activate(uow, "lung_nodule", "1")
    back = await analyse(housed, people.clinician, case_key)
    is_over.set()
    await asking  # raises where one of its requests failed

    ended = [before, meanwhile, after, back]
    assert [(row.status, row.model_version) for row in ended] == [
        ("SUCCEEDED", "1"),
        ("SUCCEEDED", "1"),
        ("SUCCEEDED", "2"),
        ("SUCCEEDED", "1"),
    ]
    assert answered["1"] > 10
    assert answered["2"] > 0
    marked = [sum(each.above_threshold for each in await findings_of(housed, people.clinician, row)) for row in ended]
    assert marked[0] == marked[1] == marked[3] > 0
    assert marked[2] == 0  # by the new version's own card
    await triton.close()
