"""The worker: runs jobs, begins again those whose worker died, and sweeps what has had its time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

import onnxruntime  # noqa: F401 - so large that it would hold up the event loop if it were loaded while that runs
import procrastinate
from procrastinate.jobs import Job
from sqlalchemy import delete
from sqlmodel import col

from api import ingest, uploads
from api.analyses import running as analyses
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.tables import Event, IdempotencyKey, SignInFailure
from api.telemetry import span
from api.unit_of_work import House

log = logging.getLogger(__name__)

CONCURRENCY = 2  # an ingest need not wait for an analysis
HEARTBEAT_SECONDS = 1.0
STALLED_SECONDS = 6.0
RESCUE_SECONDS = 1.0
POLL_SECONDS = 1.0
SWEEP_SECONDS = 60.0
SHUTDOWN_SECONDS = 2.0
RETRIES = 5
LONGEST_PAUSE_EXPONENT = 5
KEPT_HOURS = 48  # of idempotency keys and failed sign-ins

Run = Callable[[House, UUID], Awaitable[None]]
RUN: dict[str, Run] = {jobs.INGEST: ingest.run, jobs.ANALYZE: analyses.run}
GIVE_UP: dict[str, Run] = {jobs.INGEST: ingest.give_up, jobs.ANALYZE: analyses.give_up}


class Interrupted(Exception):
    """The worker stops; the job begins again elsewhere or at the next start."""


class BeginAgain(procrastinate.BaseRetryStrategy):
    """An interrupted job at once, as often as it takes; a failed one later each time, until it is given up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        if isinstance(exception, Interrupted):
            return procrastinate.RetryDecision(retry_in={"seconds": 0})
        return procrastinate.RetryDecision(retry_in={"seconds": 2 ** min(job.attempts, LONGEST_PAUSE_EXPONENT)})


async def work(house: House) -> None:
    """Until cancelled."""
    register(house)
    async with asyncio.TaskGroup() as group:
        group.create_task(_every(RESCUE_SECONDS, rescue, house), name="rescue")
        group.create_task(_every(SWEEP_SECONDS, sweep, house), name="sweep")
        group.create_task(
            house.jobs.run_worker_async(
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_SECONDS,  # retried jobs come without a notification
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=SHUTDOWN_SECONDS,
                delete_jobs="successful",
            ),
            name="jobs",
        )


def register(house: House) -> None:
    """Tell the queue what runs each kind of job."""
    for name, run in RUN.items():

        async def task(context: procrastinate.JobContext, /, _run: Run = run, **arguments: str) -> None:
            try:
                await _run(house, _subject(arguments))
            except asyncio.CancelledError as error:
                raise Interrupted from error
            except Exception as error:  # the worker's edge: whatever it was, the subject must come to an end
                if context.job.attempts + 1 < RETRIES:
                    raise
                log.error("job %s failed %d times: %s", context.job.id, RETRIES, type(error).__name__)
                await GIVE_UP[context.job.task_name](house, _subject(arguments))

        house.jobs.task(name=name, retry=BeginAgain(), pass_context=True)(task)


async def rescue(house: House) -> None:
    """Jobs whose worker died begin again, unless they killed their workers too often."""
    stalled = await house.jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    for job in stalled:
        if job.attempts + 1 >= house.settings.job_attempts:
            await _give_up(house, job)
        else:
            log.warning("job %s begins again: its worker died", job.id)
            await house.jobs.job_manager.retry_job(job)


async def sweep(house: House) -> None:
    """Uploads, events and keys that have had their time."""
    with span("sweep"):
        await uploads.expire(house)
        kept = now() - timedelta(hours=KEPT_HOURS)
        async with house.sessions() as session, session.begin():
            too_old = now() - timedelta(days=house.settings.event_days)
            await session.execute(delete(Event).where(col(Event.at) < too_old))
            await session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < kept))
            await session.execute(delete(SignInFailure).where(col(SignInFailure.at) < kept))


async def _give_up(house: House, job: Job) -> None:
    log.error("job %s is given up: its workers died %d times", job.id, job.attempts + 1)
    give_up = GIVE_UP.get(job.task_name)
    if give_up is not None:
        await give_up(house, _subject(job.task_kwargs))
    await house.jobs.job_manager.finish_job(job, status=procrastinate.jobs.Status.FAILED, delete_job=False)


def _subject(arguments: Mapping[str, object]) -> UUID:
    """A job has one argument: the key of what it is about."""
    (key,) = arguments.values()
    return UUID(str(key))


async def _every(seconds: float, action: Callable[[House], Awaitable[None]], house: House) -> None:
    while True:
        try:
            await action(house)
        except Exception as error:  # the worker's edge: one failed round must not end the rounds
            log.error("%s failed: %s", action.__name__, type(error).__name__)
        await asyncio.sleep(seconds)
