"""The analysis job: open the stack, make the volume, ask the model, write down the findings.

May run twice: a run that finds the analysis ended does nothing, and its findings are written in one transaction
with the state that says so.
"""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from api.analyses.asking import Asking
from api.analyses.volumes import OpenedStack, choose_stack, facts_of, open_stack, read_volume
from api.analyses.waiting import put_back
from api.analyses.watch import Watch
from api.analyses.writing import Result, end, start
from api.errors import ApiError, PredictorAway, Unavailable
from api.imaging.volume import Volume
from api.inference import lung_nodule
from api.persistence.tables import Analysis
from api.storage.object_store import ObjectDamaged, ObjectMissing
from api.telemetry import span
from api.unit_of_work import House

log = logging.getLogger(__name__)

NO_IMAGES = "The case holds no images that could be analysed."
DAMAGED = "The stored images cannot be read. Send them again."
TOO_SLOW = "The analysis took longer than it may and was stopped. Start it again, or ask the operator."
INTERNAL = (
    "Something went wrong inside Hilum. Start the analysis again; if it fails again, give the operator this id: {}."
)
DIED = "The machine stopped working on this analysis more than once. Start it again, or ask the operator."

# Shares of the whole: reading the frames, looking whether they suit, finding places, asking the model.
READ, SUIT, LOOK, ASK = 0.25, 0.35, 0.6, 0.95


async def run(house: House, analysis_key: UUID) -> None:
    """Analyse; ends SUCCEEDED, UNSUITABLE or FAILED with words for the user, unless it was cancelled meanwhile.

    Raises PredictorAway, to be run again later, where the model's server is away.
    """
    if await house.predictor.is_away():
        await put_back(house, analysis_key)
        return
    analysis = await start(house, analysis_key)
    if analysis is None:
        return
    with span("analysis:run") as trace_id:
        watch = Watch(house, analysis)
        try:
            async with asyncio.timeout(house.settings.analysis_seconds) as clock, watch:
                result = await _analyse(house, analysis, watch, Asking(house, analysis, watch, clock))
        except lung_nodule.Cancelled:
            return
        except TimeoutError:
            result = Result("FAILED", failure=TOO_SLOW)
        except PredictorAway:
            await put_back(house, analysis_key)
            return
        except (ObjectMissing, ObjectDamaged):
            result = Result("FAILED", failure=DAMAGED)
        except ApiError as error:
            result = Result("FAILED", failure=error.message)
        except Exception as error:  # the worker's edge: the analysis must not stay RUNNING for ever
            log.error("analysis failed: %s, trace %s", type(error).__name__, trace_id)
            log.debug("analysis failed", exc_info=error)
            result = Result("FAILED", failure=INTERNAL.format(trace_id))
    await end(house, analysis_key, result)


async def give_up(house: House, analysis_key: UUID) -> None:
    """Where its workers died again and again."""
    await end(house, analysis_key, Result("FAILED", failure=DIED))


async def _analyse(house: House, analysis: Analysis, watch: Watch, ask: Asking) -> Result:
    stack = await choose_stack(house, analysis)
    if stack is None:
        return Result("UNSUITABLE", failure=NO_IMAGES)
    facts = facts_of(stack)
    by_headers = lung_nodule.check_facts(facts)
    if not by_headers.suitable:
        return Result("UNSUITABLE", stack_key=stack.row.key, failure=by_headers.reason)
    opened = await open_stack(house, stack)
    volume = await read_volume(house, opened, watch.part(0.0, READ))
    verdict = await asyncio.to_thread(lung_nodule.check_suitability, facts, volume, watch.part(READ, SUIT))
    if not verdict.suitable:
        return Result("UNSUITABLE", stack_key=stack.row.key, failure=verdict.reason)
    findings = await _find(house, analysis, volume, watch, ask)
    scores, uncertainty = lung_nodule.summarize(findings)
    return Result(
        "SUCCEEDED",
        stack_key=stack.row.key,
        findings=findings,
        scores=[(score.label, score.probability) for score in scores],
        uncertainty=uncertainty,
        warnings=_told(stack, verdict.warnings),
    )


async def _find(
    house: House, analysis: Analysis, volume: Volume, watch: Watch, ask: Asking
) -> Sequence[lung_nodule.DetectedFinding]:
    prepared = await asyncio.to_thread(lung_nodule.prepare, volume, watch.part(SUIT, LOOK))
    watch.stage = "INFERRING"
    outputs = await lung_nodule.score(prepared, ask, watch.part(LOOK, ASK))
    watch.stage = "REPORTING"
    card = await _card(house, analysis)
    return await asyncio.to_thread(lung_nodule.interpret, prepared, outputs, card)


async def _card(house: House, analysis: Analysis) -> dict[str, object]:
    for model in await house.predictor.models():
        if (model.name, model.version) == (analysis.model_name, analysis.model_version):
            return model.card
    raise Unavailable(f"The model {analysis.model_name} {analysis.model_version} is not installed any more.")


def _told(stack: OpenedStack, of_model: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """What a reader of the findings must know: the model's warnings, and the stack's that it does not repeat."""
    codes = {code for code, _ in of_model}
    own = [warning for warning in stack.row.warnings if warning["code"] not in codes]
    return [{"code": code, "message": message} for code, message in of_model] + own
