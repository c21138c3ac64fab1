"""The analysis itself, on a phantom: what it finds, how it shows, how it ends when it cannot go on."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from api import analyses
from api.analyses import running, writing
from api.analyses.overlays import object_name, overlays_of
from api.analyses.timing import Timing
from api.analyses.writing import Result
from api.errors import Conflict, Unavailable
from api.images import FrameObjects
from api.imaging.phantom import plan_phantom
from api.inference.findings import Box, DetectedFinding, Position
from api.inference.lung_nodule import MOST_ATTENDED
from api.inference.predictor import ModelDescription, Predictor, Spent, Tensors
from api.permissions import Actor
from api.persistence.tables import Analysis, Finding
from api.storage.leaves import FrameLeave
from api.unit_of_work import House
from tests.api.analyses.runs import (
    analyse,
    analyse_files,
    findings_of,
    get,
    get_case,
    progress_events,
    request,
)
from tests.deliveries import take_in
from tests.disk import alter, files_under
from tests.holdings import stacks_of
from tests.people import SHARED, People, limited, make_people
from tests.phantoms import small_phantom
from tests.synthetic_ct import ct_files
from tests.waiting import busyness

pytestmark = SHARED
LONGEST_PAUSE = 2.0  # seconds without news; 0.5 is due, on a machine of our own


@dataclass(frozen=True)
class Chest:
    """A case that holds the phantom."""

    owner: Actor
    case_key: UUID


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chest(house: House) -> Chest:
    people = await make_people(house)
    return Chest(people.clinician, (await take_in(house, people.clinician, small_phantom())).case.key)


@dataclass(frozen=True)
class Observed:
    """A run that began, died, and ran again to its end. seen: stage and progress; pauses: seconds between changes."""

    analysis: Analysis
    crashed: Analysis
    seen: list[tuple[str, float]]
    pauses: list[float]


class Killed(BaseException):
    """As if the process had ended here."""


async def dying(*arguments: Any) -> None:
    raise Killed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def observed(house: House, chest: Chest) -> Observed:
    key = await request(house, chest.owner, chest.case_key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_analyse", dying)
        with pytest.raises(Killed):
            await running.run(house, key)
    crashed = await get(house, key)
    task = asyncio.create_task(running.run(house, key))
    changes: dict[tuple[str, float], float] = {}
    while not task.done():
        row = await get(house, key)
        changes.setdefault((row.stage, row.progress), time.perf_counter())
        await asyncio.sleep(0.02)
    await task
    analysis = await get(house, key)
    return Observed(
        analysis, crashed, [*changes, (analysis.stage, analysis.progress)], np.diff([*changes.values()]).tolist()
    )


@pytest.fixture
def succeeded(observed: Observed) -> Analysis:
    return observed.analysis


# what is found


async def test_a_chest_is_read_and_ends_with_scores(house: House, chest: Chest, succeeded: Analysis) -> None:
    findings = await findings_of(house, chest.owner, succeeded)

    assert (succeeded.status, succeeded.stage, succeeded.progress) == ("SUCCEEDED", "DONE", 1.0)
    assert succeeded.failure is None
    assert succeeded.scores == [{"label": "nodule", "probability": findings[0].probability}]
    assert succeeded.uncertainty is not None
    assert 0 <= succeeded.uncertainty <= 1
    assert succeeded.started_at is not None
    assert succeeded.finished_at is not None


async def test_a_nodule_of_known_place_and_size_is_found(house: House, chest: Chest, succeeded: Analysis) -> None:
    plan = plan_phantom(40, 1, 256, (6.0, 1.4, 1.4))
    largest = max(plan.nodules, key=lambda nodule: nodule.diameter_mm)

    def apart(finding: Finding) -> float:
        return float(np.linalg.norm(np.array([finding.x, finding.y, finding.z]) - largest.centre_mm))

    nearest = min(await findings_of(house, chest.owner, succeeded), key=apart)

    assert apart(nearest) < largest.diameter_mm / 2
    assert nearest.above_threshold
    assert nearest.diameter_mm == pytest.approx(largest.diameter_mm, rel=0.35)
    assert nearest.frame_index == pytest.approx((largest.centre_mm[2] - plan.origin[2]) / 6.0, abs=1)
    row, column = ((largest.centre_mm[axis] - plan.origin[axis]) / 1.4 + 0.5 for axis in (1, 0))
    assert nearest.top is not None
    assert nearest.left is not None
    assert nearest.top < row < nearest.top + (nearest.height or 0)
    assert nearest.left < column < nearest.left + (nearest.width or 0)


async def test_what_the_model_went_by_is_kept_where_the_marked_findings_are(
    house: House, chest: Chest, succeeded: Analysis
) -> None:
    found_ones = await findings_of(house, chest.owner, succeeded)
    marked = [found for found in found_ones if found.above_threshold][:MOST_ATTENDED]
    (overlay,) = overlays_of(succeeded)

    assert (overlay.kind, overlay.rows, overlay.columns, overlay.frame_count) == ("ATTENTION", 256, 256, 40)
    assert set(overlay.frames) == {found.frame_index for found in marked}
    for found in marked:
        content = await house.store.read(object_name(succeeded.key, found.frame_index))
        heat = np.asarray(Image.open(BytesIO(content)))
        assert heat.dtype == np.uint8
        assert heat.shape == (256, 256)
        assert found.left is not None
        assert found.top is not None
        row, column = found.top + (found.height or 0) / 2, found.left + (found.width or 0) / 2
        around = heat[max(0, int(row) - 12) : int(row) + 12, max(0, int(column) - 12) : int(column) + 12]
        assert around.max() > 60


async def test_findings_are_listed_from_the_most_probable(house: House, chest: Chest, succeeded: Analysis) -> None:
    findings = await findings_of(house, chest.owner, succeeded)

    assert [finding.ordinal for finding in findings] == list(range(len(findings)))
    assert [f.probability for f in findings] == sorted((f.probability for f in findings), reverse=True)


async def test_the_case_takes_its_urgency_from_the_findings(house: House, chest: Chest, succeeded: Analysis) -> None:
    case = await get_case(house, chest.case_key)

    findings = [finding for finding in await findings_of(house, chest.owner, succeeded) if finding.above_threshold]
    largest = max(finding.diameter_mm or 0 for finding in findings)
    assert case.urgency == ("URGENT" if largest >= 15 else "PRIORITY")
    assert case.urgency_by is None


async def test_the_stack_that_was_read_and_its_limits_are_told(house: House, chest: Chest, succeeded: Analysis) -> None:
    (stack,) = await stacks_of(house, chest.case_key)

    assert succeeded.stack_key == stack.key
    assert "THICK_SLICES" in [warning["code"] for warning in succeeded.warnings]


# how it shows


async def test_progress_and_stages_move_while_it_works(house: House, observed: Observed) -> None:
    progress = [fraction for stage, fraction in observed.seen if stage != "DONE"]
    stages = list(dict.fromkeys(stage for stage, _ in observed.seen))

    order = ["PREPARING", "INFERRING", "REPORTING", "DONE"]
    assert progress == sorted(progress)
    assert len(set(progress)) >= 5
    assert stages == sorted(stages, key=order.index)
    assert {"PREPARING", "INFERRING"} <= set(stages)
    assert await progress_events(house, observed.analysis) >= len(set(progress))
    assert max(observed.pauses) < LONGEST_PAUSE * busyness()


async def test_a_run_after_a_crash_goes_on_as_the_same_one(observed: Observed) -> None:
    assert observed.crashed.status == "RUNNING"
    assert observed.analysis.started_at == observed.crashed.started_at
    assert observed.analysis.status == "SUCCEEDED"


# how it ends


async def test_a_running_analysis_lets_go_within_a_second(house: House, chest: Chest) -> None:
    key = await request(house, chest.owner, chest.case_key)
    task = asyncio.create_task(running.run(house, key))
    while (await get(house, key)).progress < 0.1:  # noqa: ASYNC110 - the row tells, nobody rings
        await asyncio.sleep(0.02)

    async with house.unit_of_work(chest.owner) as uow:
        assert (await analyses.cancel(uow, key)).status == "CANCELLED"
    begun = time.perf_counter()
    await task

    assert time.perf_counter() - begun < 1.0
    ended = await get(house, key)
    assert ended.status == "CANCELLED"
    assert await findings_of(house, chest.owner, ended) == []


async def test_what_has_ended_is_not_called_off_nor_run_again(house: House, chest: Chest, succeeded: Analysis) -> None:
    async with house.unit_of_work(chest.owner) as uow:
        with pytest.raises(Conflict, match="ended"):
            await analyses.cancel(uow, succeeded.key)

    await running.run(house, succeeded.key)
    await running.give_up(house, succeeded.key)

    assert await get(house, succeeded.key) == succeeded


async def test_a_run_that_died_while_writing_writes_its_findings_once(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(2))).case.key
    (stack,) = await stacks_of(house, case_key)
    found = DetectedFinding("nodule", 0.9, True, 1, Box(1, 2, 3, 4), 9.0, Position(1, 2, 3))
    result = Result("SUCCEEDED", stack.key, [found, found], [("nodule", 0.9)], 0.1)

    async def found_at_once(*arguments: Any) -> Result:
        return result

    monkeypatch.setattr(running, "_analyse", found_at_once)
    key = await request(house, people.clinician, case_key)
    with monkeypatch.context() as patch:
        patch.setattr(running, "end", dying)
        with pytest.raises(Killed):
            await running.run(house, key)

    await running.run(house, key)
    await writing.end(house, key, result)

    ended = await get(house, key)
    assert ended.status == "SUCCEEDED"
    assert [row.ordinal for row in await findings_of(house, people.clinician, ended)] == [0, 1]


async def test_one_that_takes_too_long_fails_and_says_so(house: House, chest: Chest) -> None:
    ended = await analyse(limited(house, analysis_seconds=0.3), chest.owner, chest.case_key)

    assert (ended.status, ended.stage) == ("FAILED", "DONE")
    assert ended.failure is not None
    assert "longer than it may" in ended.failure
    assert (await get_case(house, chest.case_key)).status == "FAILED"


class Silent:
    """A predictor whose model does not answer."""

    def __init__(self, asked: Predictor, error: Exception) -> None:
        self._asked = asked
        self._error = error

    async def models(self) -> Sequence[ModelDescription]:
        return await self._asked.models()

    async def is_ready(self, name: str, version: str) -> bool:
        return False

    async def is_away(self) -> bool:
        return False

    async def predict(self, name: str, version: str, inputs: Tensors) -> dict[str, Any]:
        raise self._error

    async def spent(self, name: str, version: str) -> Spent | None:
        return None

    async def close(self) -> None:
        return None


async def test_a_model_that_does_not_answer_fails_it_in_its_own_words(house: House, chest: Chest) -> None:
    silent = Silent(house.predictor, Unavailable("The model server is away."))

    ended = await analyse(replace(house, predictor=silent), chest.owner, chest.case_key)

    assert (ended.status, ended.failure) == ("FAILED", "The model server is away.")


async def test_a_fault_nobody_foresaw_fails_it_without_its_inner_words(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(running, "choose_stack", broken)

    ended = await analyse_files(house, people.clinician, ct_files(2))

    assert ended.status == "FAILED"
    assert ended.failure is not None
    assert "secret" not in ended.failure
    assert "id" in ended.failure


async def test_damaged_images_fail_it_and_are_told(house: House, people: People, shared_folder: Path) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(24))).case.key
    (stack,) = await stacks_of(house, case_key)
    frame = await FrameObjects(house).find(FrameLeave(people.clinician, 0, "frames", stack.key), 12)
    assert frame is not None
    _, instance_key, number = frame.name.split("/")
    (path,) = [
        p for p in files_under(shared_folder / "objects" / "objects" / "frames") if f"{instance_key}/{number}" in str(p)
    ]
    alter(path)

    ended = await analyse(house, people.clinician, case_key)

    assert (ended.status, ended.failure) == ("FAILED", running.DAMAGED)


async def test_images_that_are_not_those_of_the_ingest_fail_it(house: House, people: People) -> None:
    case_key = (await take_in(house, people.clinician, ct_files(24))).case.key
    (stack,) = await stacks_of(house, case_key)
    objects = FrameObjects(house)
    one, other = [await objects.find(FrameLeave(people.clinician, 0, "frames", stack.key), at) for at in (3, 4)]
    assert one is not None
    assert other is not None
    await house.store.put(one.name, await house.store.read(other.name))  # sealed as well as any

    ended = await analyse(house, people.clinician, case_key)

    assert (ended.status, ended.failure) == ("FAILED", running.DAMAGED)


# where the time went


async def test_its_time_is_told_step_by_step(succeeded: Analysis) -> None:
    timing = Timing.of(succeeded.timing)
    assert timing is not None
    assert succeeded.started_at is not None
    assert succeeded.finished_at is not None
    whole = (succeeded.finished_at - succeeded.started_at).total_seconds()

    steps = timing.reading, timing.preparing, timing.asking, timing.interpreting
    assert all(step > 0 for step in steps)
    assert sum(steps) < whole
    assert timing.inferences is not None
    assert timing.inferences > 100  # candidates, most of them looked at twice
    assert timing.queue is not None
    assert timing.compute is not None
    assert 0 < timing.queue + timing.compute <= timing.asking
