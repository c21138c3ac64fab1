"""The database that a command works on, whether or not a server runs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from api.settings import Settings


@contextmanager
def reached_database(settings: Settings) -> Iterator[str]:
    """The address of the database that is named; else of the running server's; else one is started for the command."""
    from api.persistence.embedded_server import database_folder
    from api.server import AlreadyRunning, data_folder, database

    named = settings.database_url or settings.database_worker_url
    if named is not None:
        yield named
        return
    with ExitStack() as opened:
        try:
            opened.enter_context(data_folder(settings))
        except AlreadyRunning:
            # The server's own; it goes on when the command has ended.
            yield f"postgresql://postgres@/postgres?host={database_folder(settings.data)}"
            return
        yield opened.enter_context(database(settings))
