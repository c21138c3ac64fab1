"""Proportional memory (PSS) of processes, from /proc: what is shared counts once, however many share it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from api.persistence.embedded_server import database_folder
from tests.running import RunningServer, children_of

MIB = 1024  # in kB, which is what the kernel tells
SAMPLE_SECONDS = 0.1


@dataclass
class Samples:
    """MiB, one a moment: of all processes together, and the parts of the highest."""

    totals: list[float] = field(default_factory=list)
    highest: dict[str, float] = field(default_factory=dict)

    @property
    def peak(self) -> float:
        return max(self.totals, default=0.0)


def processes_of(running: RunningServer) -> dict[int, str]:
    """Every process of a Hilum and what it is: the API, its workers, and PostgreSQL's."""
    assert running.process is not None
    found = {running.process.pid: "api"}
    found |= {pid: "worker" for pid in children_of(running.process.pid)}
    home = database_folder(running.data_dir.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _works_in(entry, home):
            found[int(entry.name)] = "postgresql"
    return found


def api_process(running: RunningServer) -> dict[int, str]:
    assert running.process is not None
    return {running.process.pid: "api"}


def proportional_memory(pid: int) -> float:
    """MiB; 0 for what has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / MIB
    except OSError:
        pass
    return 0.0


def look(processes: dict[int, str]) -> dict[str, float]:
    """MiB by kind of process."""
    parts: dict[str, float] = {}
    for pid, kind in processes.items():
        parts[kind] = parts.get(kind, 0.0) + proportional_memory(pid)
    return parts


@contextmanager
def sampling(processes: Callable[[], dict[int, str]], seconds: float = SAMPLE_SECONDS) -> Iterator[Samples]:
    """Samples taken by a thread while the block runs."""
    samples, ended = Samples(), threading.Event()

    def sample() -> None:
        while True:
            parts = look(processes())
            total = sum(parts.values())
            if total > samples.peak:
                samples.highest = {kind: round(part, 1) for kind, part in parts.items()}
            samples.totals.append(total)
            if ended.wait(seconds):
                return

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def settled(processes: Callable[[], dict[int, str]], moments: int = 5) -> float:
    """MiB at rest: the least of a few looks."""
    looks = []
    for _ in range(moments):
        looks.append(sum(look(processes()).values()))
        time.sleep(SAMPLE_SECONDS)
    return min(looks)


def _works_in(entry: Path, home: Path) -> bool:
    try:
        return (entry / "cwd").readlink() == home
    except OSError:
        return False
