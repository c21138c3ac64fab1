"""An analysis whose model server is away waits and says so; it fails only when that lasts longer than anybody waits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from api.analyses.states import ENDED
from api.analyses.writing import Result, end, get_with_case
from api.errors import PredictorAway
from api.events.append import analysis_progressed, case_changed
from api.persistence.columns import now
from api.persistence.tables import Analysis, Case
from api.unit_of_work import House, UnitOfWork

STAGE = "WAITING"
MODEL_AWAY: Mapping[str, str] = {
    "code": "MODEL_AWAY",
    "message": "The model server does not answer. The analysis waits, and goes on by itself when it is back.",
}
TOO_LONG = "The model server was away for too long. Start the analysis again when the operator says that it is back."


async def put_back(house: House, analysis_key: UUID) -> None:
    """Leave it to a later run, and make room for other jobs; nothing where it has ended.

    Raises PredictorAway, which tells the queue to begin again and counts as no failure. Ends it FAILED instead where it
    was asked for too long ago.
    """
    settings = house.settings
    async with house.unit_of_work() as uow:
        found = await get_with_case(uow, analysis_key)
        if found is None or found[0].status in ENDED:
            return
        analysis, case = found
        is_overdue = analysis.queued_at + timedelta(hours=settings.predictor_wait_hours) <= now()
        if not is_overdue:
            show(uow, analysis, case)
    if is_overdue:
        await end(house, analysis_key, Result("FAILED", failure=TOO_LONG))
        return
    raise PredictorAway(MODEL_AWAY["message"], retry_after=settings.predictor_pause_seconds)


def show(uow: UnitOfWork, analysis: Analysis, case: Case) -> None:
    """Tell those who follow the case or the worklist, once."""
    if (analysis.stage, analysis.warnings) != (STAGE, [dict(MODEL_AWAY)]):
        analysis.stage, analysis.warnings = STAGE, [dict(MODEL_AWAY)]
        uow.tell(analysis_progressed(case.key, analysis.key), *case_changed(case.key, case.organization_key))


def warnings(is_waiting: bool) -> list[dict[str, Any]]:
    """Of an analysis that has not ended."""
    return [dict(MODEL_AWAY)] if is_waiting else []
