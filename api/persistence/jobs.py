"""The job queue in PostgreSQL (procrastinate): later work, left as a row in the transaction of its cause."""

from typing import Any

import procrastinate
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

INGEST = "ingest"
ANALYZE = "analyze"
EXPORT = "export"
TELL_DIRECTORY = "tell_directory"
ATTACH = "attach"
NOTIFY = "notify"
PUSH = "push"


def open_jobs(url: str, *, blocking: bool = False) -> procrastinate.App:
    """The queue behind `url`; the caller opens and closes it. `blocking` is for scripts without an event loop."""
    if blocking:
        return procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4))


async def defer(app: procrastinate.App, session: AsyncSession, task: str, **arguments: Any) -> None:
    """Queue `task` on the session's own connection: it exists if and only if the transaction commits."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    await app.configure_task(task, connection=raw, lock=_lock(task, arguments)).defer_async(**arguments)


def take_back(url: str) -> int:
    """Jobs that somebody worked on wait again, none the worse for it; how many. Only where no worker can be alive."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from procrastinate_workers")
        statement = "update procrastinate_jobs set status = 'todo', worker_id = null where status = 'doing'"
        return connection.execute(statement).rowcount


def _lock(task: str, arguments: dict[str, Any]) -> str:
    """Jobs on the same subject never run side by side."""
    return ":".join([task, *(str(value) for value in arguments.values())])
