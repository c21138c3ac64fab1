"""A real Hilum for tests: processes that can be stopped, killed and started again."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from api import accounts
from api.backends import open_backends
from api.permissions import Role
from api.persistence.embedded_server import database_folder
from api.settings import Settings

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 20.0

Credentials = dict[str, tuple[str, str]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def make_accounts(settings: Settings, database_url: str) -> Credentials:
    """Two organizations' people, whose passwords suffice. `stranger` is of the other one."""
    people = {
        "clinician": Role.CLINICIAN,
        "colleague": Role.CLINICIAN,
        "patient": Role.PATIENT,
        "administrator": Role.ADMINISTRATOR,
        "stranger": Role.CLINICIAN,
    }
    credentials: Credentials = {}
    async with open_backends(settings, database_url) as backends:
        async with backends.house.unit_of_work() as uow:
            own = await accounts.create_organization(uow, "Test hospital")
            other = await accounts.create_organization(uow, "Other hospital")
        for name, role in people.items():
            email, password = f"{name}@test.example", secrets.token_urlsafe(12)
            organization = other if name == "stranger" else own
            await accounts.create_user(
                backends.house, organization.key, email, password, role, name.capitalize(), mfa_exempt=True
            )
            credentials[name] = (email, password)
    return credentials


@dataclass
class RunningServer:
    """`hilum serve` as a newcomer's machine runs it, workers and all. database_url: None for the embedded one."""

    data_dir: Path
    credentials: Credentials = field(default_factory=dict)
    database_url: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        chosen = {"HILUM_DATA_DIR": str(self.data_dir), "HILUM_PORT": str(self.port), **self.settings}
        if self.database_url is not None:
            chosen["HILUM_DATABASE_URL"] = self.database_url
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HILUM_")}
        return inherited | chosen

    def start(self, command: str = "serve") -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api", command], cwd=ROOT, env=self.environment, stdout=log, stderr=log
        )
        log.close()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()[-4000:]}")

    def log(self) -> str:
        return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text(errors="replace")

    def stop(self) -> int:
        """As Ctrl-C does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the server and to every process it started but PostgreSQL, which a power cut test would need."""
        assert self.process is not None
        for child in children_of(self.process.pid):
            if "api" in command_of(child):
                os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait(STOP_SECONDS)


def forget_database(data_dir: Path) -> None:
    """As root an embedded database lies outside its data folder, and outlives that."""
    folder = database_folder(data_dir)
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".mark").unlink(missing_ok=True)


def children_of(pid: int) -> list[int]:
    """Live children, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
