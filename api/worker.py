"""The worker: runs jobs, begins again those whose worker died, and sweeps what has had its time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from math import ceil
from uuid import UUID

import onnxruntime  # noqa: F401 - so large that it would hold up the event loop if it were loaded while that runs
import procrastinate
from procrastinate.jobs import Job
from sqlalchemy import delete, func, select, text, update
from sqlmodel import col

from api import accounts, exports, ingest, notifications, sharing, uploads
from api.analyses import running as analyses
from api.errors import PredictorAway
from api.exports import running as export_runs
from api.notifications import pushing, telling
from api.oversight import anchors, rounds
from api.persistence import jobs
from api.persistence.columns import now
from api.persistence.notices import Topic
from api.persistence.tables import Analysis, Case, Event, Export, IdempotencyKey, RateBudget, SignInFailure
from api.push.sender import PushServiceAway
from api.telemetry import span
from api.unit_of_work import House

log = logging.getLogger(__name__)

CONCURRENCY = 2  # an ingest need not wait for an analysis
HEARTBEAT_SECONDS = 1.0
STALLED_SECONDS = 6.0
RESCUE_SECONDS = 1.0
POLL_SECONDS = 1.0
SWEEP_SECONDS = 60.0
OVERSEE_SECONDS = 60.0  # whether an anchor or a verification is due
SHUTDOWN_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60
DOUBLINGS = 6  # of the pause, until it is the longest
EMPTY_AGAIN = timedelta(hours=1)  # a bucket so long untouched holds nothing any more
KEPT_HOURS = 48  # of idempotency keys and failed sign-ins

Run = Callable[[House, UUID], Awaitable[None]]
RUN: dict[str, Run] = {
    jobs.INGEST: ingest.run,
    jobs.ANALYZE: analyses.run,
    jobs.EXPORT: export_runs.run,
    jobs.TELL_DIRECTORY: accounts.tell_directory,
    jobs.ATTACH: sharing.attach,
    jobs.NOTIFY: telling.tell,
    jobs.PUSH: pushing.push,
}
GIVE_UP: dict[str, Run] = {  # others leave nothing undone
    jobs.INGEST: ingest.give_up,
    jobs.ANALYZE: analyses.give_up,
    jobs.EXPORT: export_runs.give_up,
}
AWAY = (PredictorAway, PushServiceAway)
FAILURES = "failures"  # among a job's arguments: deaths and failures; procrastinate's attempts count stops too
RESCUE_LOCK = 0x48494C75  # of the workers one rescues at a time, so that a death counts once
ABANDONED = "Something went wrong inside Hilum more than once. Ask the operator."


class Interrupted(Exception):
    """The worker stops; the job begins again elsewhere or at the next start."""


class BeginAgain(procrastinate.BaseRetryStrategy):
    """An interrupted job at once, and one whose model or push service is away after a pause, as often as it takes.

    A failed one later each time, until it is given up.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        if isinstance(exception, Interrupted):
            return procrastinate.RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, AWAY):
            return procrastinate.RetryDecision(
                retry_in={"seconds": ceil(exception.retry_after or LONGEST_PAUSE_SECONDS)}
            )
        pause = min(2 ** min(job.attempts, DOUBLINGS), LONGEST_PAUSE_SECONDS)
        return procrastinate.RetryDecision(retry_in={"seconds": pause})


async def work(house: House) -> None:
    """Until cancelled."""
    register(house)
    async with asyncio.TaskGroup() as group:
        group.create_task(_every(RESCUE_SECONDS, rescue, house), name="rescue")
        group.create_task(_every(SWEEP_SECONDS, sweep, house), name="sweep")
        group.create_task(_every(OVERSEE_SECONDS, oversee, house), name="oversee")
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

        async def task(
            context: procrastinate.JobContext, /, _name: str = name, _run: Run = run, **arguments: object
        ) -> None:
            try:
                with span(_name):
                    await _run(house, _subject(arguments))
            except asyncio.CancelledError as error:
                raise Interrupted from error
            except AWAY:
                raise  # no failure of the job's; the analysis, or the age of the news, says when it is enough
            except Exception as error:  # the worker's edge: whatever it was, the subject must come to an end
                if not await _is_enough(house, context.job, error):
                    raise
                log.error("job %s is given up: %s", context.job.id, type(error).__name__)
                await _end(house, context.job)

        house.jobs.task(name=name, retry=BeginAgain(), pass_context=True)(task)


async def rescue(house: House) -> None:
    """Jobs whose worker died begin again, unless they killed their workers too often."""
    async with house.sessions() as session, session.begin():
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(RESCUE_LOCK))):
            return  # another worker does
        stalled = await house.jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
        for job in stalled:
            try:
                await _begin_again(house, job)
            except Exception as error:  # the other jobs are waiting
                log.error("job %s could not be rescued: %s", job.id, type(error).__name__)


async def _begin_again(house: House, job: Job) -> None:
    failures = await _count_failure(house, job)
    if failures < house.settings.job_attempts:
        log.warning("job %s begins again: its worker died", job.id)
        await house.jobs.job_manager.retry_job(job)
        return
    log.error("job %s is given up: it failed, or its workers died, %d times", job.id, failures)
    await _end(house, job)
    await house.jobs.job_manager.finish_job(job, status=procrastinate.jobs.Status.FAILED, delete_job=False)


async def sweep(house: House) -> None:
    """Uploads, events and keys that have had their time."""
    with span("sweep"):
        await uploads.expire(house)
        await ingest.release_kept(house)
        await exports.expire(house)
        await accounts.sweep(house)
        await notifications.sweep(house)
        kept = now() - timedelta(hours=KEPT_HOURS)
        async with house.sessions() as session, session.begin():
            too_old = now() - timedelta(days=house.settings.event_days)
            await session.execute(delete(Event).where(col(Event.at) < too_old))
            await session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < kept))
            await session.execute(delete(SignInFailure).where(col(SignInFailure.at) < kept))
            await session.execute(delete(RateBudget).where(col(RateBudget.at) < now() - EMPTY_AGAIN))


async def oversee(house: House) -> None:
    """Anchor and prove the audit trail where it is time."""
    with span("oversee"):
        await anchors.anchor(house)
        await rounds.verify_due(house)
        await rounds.forget_old(house)


async def _is_enough(house: House, job: Job, error: Exception) -> bool:
    """Trouble that passes is waited out as long as an upload may take; of everything else a few times are enough."""
    if not ingest.is_passing(error):
        return await _count_failure(house, job) >= house.settings.job_attempts
    statement = text("select min(at) from procrastinate_events where job_id = :id and type = 'deferred'")
    async with house.sessions() as session:
        queued = await session.scalar(statement, {"id": job.id})
    return queued is not None and queued + timedelta(hours=house.settings.upload_hours) <= now()


async def _count_failure(house: House, job: Job) -> int:
    statement = text(
        "update procrastinate_jobs set args = jsonb_set(args, array[:name],"
        " to_jsonb(coalesce((args ->> :name)::int, 0) + 1)) where id = :id returning (args ->> :name)::int"
    )
    async with house.sessions() as session, session.begin():
        return int(await session.scalar(statement, {"id": job.id, "name": FAILURES}) or 0)


async def _end(house: House, job: Job) -> None:
    """Raises only what passes, or nothing could be written at all; the job then comes here again."""
    if job.task_name not in GIVE_UP:
        return
    try:
        await GIVE_UP[job.task_name](house, _subject(job.task_kwargs))
    except Exception as error:
        if ingest.is_passing(error):
            raise
        log.error("job %s could not be given up: %s", job.id, type(error).__name__)
        await ABANDON[job.task_name](house, _subject(job.task_kwargs))


async def _abandon_analysis(house: House, analysis_key: UUID) -> None:
    async with house.unit_of_work() as uow:
        waiting = col(Analysis.key) == analysis_key, col(Analysis.status).in_(("QUEUED", "RUNNING"))
        failed = (
            update(Analysis).where(*waiting).values(status="FAILED", stage="DONE", failure=ABANDONED, finished_at=now())
        )
        case_key = await uow.session.scalar(failed.returning(col(Analysis.case_key)))
        analyzing = col(Case.key) == case_key, col(Case.status) == "ANALYZING"
        await uow.session.execute(update(Case).where(*analyzing).values(status="FAILED"))
        if case_key is not None:
            await uow.notify(Topic.ANALYSIS_ENDED, case_key, analysis_key)
        uow.audit("analysis:end", analysis_key, "failed")


async def _abandon_export(house: House, export_key: UUID) -> None:
    waiting = col(Export.key) == export_key, col(Export.status) == "WAITING"
    async with house.sessions() as session, session.begin():
        await session.execute(update(Export).where(*waiting).values(status="FAILED", failure=ABANDONED))


ABANDON: dict[str, Run] = {
    jobs.INGEST: ingest.abandon,
    jobs.ANALYZE: _abandon_analysis,
    jobs.EXPORT: _abandon_export,
}


def _subject(arguments: Mapping[str, object]) -> UUID:
    """A job has one argument beside its failures: the key of what it is about."""
    (key,) = (value for name, value in arguments.items() if name != FAILURES)
    return UUID(str(key))


async def _every(seconds: float, action: Callable[[House], Awaitable[None]], house: House) -> None:
    while True:
        try:
            await action(house)
        except Exception as error:  # the worker's edge: one failed round must not end the rounds
            log.error("%s failed: %s", action.__name__, type(error).__name__)
        await asyncio.sleep(seconds)
