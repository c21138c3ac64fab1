"""A local Orthanc to compare with: no TLS, no sign-in, no audit, its own temporary storage."""

import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.requests import Client, four_at_once
from tests.running import free_port

START_SECONDS = 60
HOW_TO_INSTALL = "apt-get install --no-install-recommends orthanc"
SETTINGS = {
    "HttpServerEnabled": True,
    "RemoteAccessAllowed": False,
    "AuthenticationEnabled": False,
    "DicomServerEnabled": False,
    "HttpThreadsCount": 16,
    "KeepAlive": True,
    "TcpNoDelay": True,
}


@dataclass(frozen=True)
class Orthanc:
    url: str

    def receive(self, files: Sequence[bytes]) -> float:
        """Seconds for all files, four at once."""
        headers = {"content-type": "application/dicom"}
        began = time.perf_counter()
        four_at_once(self.url, lambda client, file: client.request("POST", "/instances", file, headers), files)
        return time.perf_counter() - began

    def forget(self) -> None:
        client = Client(self.url)
        for study in json.loads(client.request("GET", "/studies")):
            client.request("DELETE", f"/studies/{study}")
        client.close()

    def version(self) -> str:
        return str(json.loads(Client(self.url).request("GET", "/system"))["Version"])


def executable() -> str | None:
    """Debian puts it beside the administrator's commands."""
    return shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")


@contextmanager
def running_orthanc(command: str, settings: Mapping[str, object] | None = None) -> Iterator[Orthanc]:
    """settings: more of Orthanc's own, for a plugin."""
    with tempfile.TemporaryDirectory(prefix="orthanc-benchmark-") as name:
        folder, port = Path(name), free_port()
        places = {"StorageDirectory": f"{name}/store", "IndexDirectory": f"{name}/store", "HttpPort": port}
        (folder / "settings.json").write_text(json.dumps({**SETTINGS, **places, **(settings or {})}))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([command, f"{name}/settings.json"], stdout=log, stderr=log)
        try:
            orthanc = Orthanc(f"http://127.0.0.1:{port}")
            _wait_until_ready(orthanc, process)
            yield orthanc
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_SECONDS)


def _wait_until_ready(orthanc: Orthanc, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            orthanc.version()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("Orthanc did not start")
