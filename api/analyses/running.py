"""The analysis job: open the stack, make the volume, ask the model, write down the findings.

May run twice: a run that finds the analysis ended does nothing, and its findings are written in one transaction
with the state that says so.
"""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from api.analyses.asking import Asking
from api.analyses.overlays import keep_attention
from api.analyses.timing import Stopwatch
from api.analyses.volumes import OpenedStack, choose_stack, open_stack, read_volume
from api.analyses.waiting import put_back
from api.analyses.watch import Watch
from api.analyses.writing import Result, end, start
from api.errors import ApiError, PredictorAway, Unavailable
from api.inference.interpretation import Cancelled
from api.inference.interpretations import interpretation_of
from api.inference.predictor import ModelDescription
from api.inference.series_choice import CODE
from api.inference.suitability import Suitability
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
        stopwatch = Stopwatch(house.predictor, analysis.model_name, analysis.model_version)
        try:
            async with asyncio.timeout(house.settings.analysis_seconds) as clock, watch:
                ask = Asking(house, analysis, watch, clock, stopwatch)
                result = await _analyse(house, analysis, watch, ask, stopwatch)
        except Cancelled:
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


async def _analyse(house: House, analysis: Analysis, watch: Watch, ask: Asking, stopwatch: Stopwatch) -> Result:
    await stopwatch.begin()
    model = await _model(house, analysis)
    reads = interpretation_of(model.name)
    stack = await choose_stack(house, analysis, model.series)
    if stack is None:
        return Result("UNSUITABLE", failure=NO_IMAGES)
    by_headers = reads.check_facts(stack.facts)
    if not by_headers.suitable:
        return _unsuitable(stack, by_headers)
    with stopwatch.step("reading"):
        opened = await open_stack(house, stack)
        volume = await read_volume(house, opened, watch.part(0.0, READ))
    with stopwatch.step("preparing"):
        survey = await asyncio.to_thread(reads.survey, volume, watch.part(READ, SUIT))
        verdict = await asyncio.to_thread(reads.check_suitability, stack.facts, survey)
        if not verdict.suitable:
            return _unsuitable(stack, verdict)
        prepared = await asyncio.to_thread(reads.prepare, survey, watch.part(SUIT, LOOK))
    watch.stage = "INFERRING"
    with stopwatch.step("asking"):
        outputs = await reads.score(prepared, ask, watch.part(LOOK, ASK))
    watch.stage = "REPORTING"
    with stopwatch.step("interpreting"):
        findings = await asyncio.to_thread(reads.interpret, prepared, outputs, model.card)
    with stopwatch.step("asking"):
        maps = await reads.attend(prepared, findings, ask, watch.part(ASK, 1.0))
    overlays = await keep_attention(house.store, analysis.key, len(stack.row.frame_keys), maps)
    scores, uncertainty = reads.summarize(findings)
    return Result(
        "SUCCEEDED",
        stack_key=stack.row.key,
        findings=findings,
        scores=[(score.label, score.probability) for score in scores],
        uncertainty=uncertainty,
        overlays=overlays,
        warnings=_told(stack, verdict.warnings),
        timing=await stopwatch.told(),
    )


def _unsuitable(stack: OpenedStack, verdict: Suitability) -> Result:
    reasons = (verdict.reason, stack.reason)
    return Result("UNSUITABLE", stack_key=stack.row.key, failure=" ".join(filter(None, reasons)))


async def _model(house: House, analysis: Analysis) -> ModelDescription:
    for model in await house.predictor.models():
        if (model.name, model.version) == (analysis.model_name, analysis.model_version):
            return model
    raise Unavailable(f"The model {analysis.model_name} {analysis.model_version} is not installed any more.")


def _told(stack: OpenedStack, of_model: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """What a reader of the findings must know: the model's warnings, and the stack's that it does not repeat."""
    codes = {code for code, _ in of_model}
    own = [warning for warning in stack.row.warnings if warning["code"] not in codes]
    chosen = [{"code": CODE, "message": stack.reason}] if stack.reason is not None else []
    return [{"code": code, "message": message} for code, message in of_model] + own + chosen
