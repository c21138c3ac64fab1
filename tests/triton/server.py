"""The real Triton out of the wheel, in a process of its own, on ports of its own, serving the repository unchanged."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
VENV = ROOT / ".venv-triton"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
PAUSE_SECONDS = 0.1


class DoesNotRun(Exception):
    """The server cannot run here; the message says what to install."""


@dataclass(frozen=True)
class Certificates:
    """PEM files of the server, and of the authority whose clients it takes, if only such."""

    certificate: Path
    key: Path
    clients: Path | None = None


@dataclass
class TritonServer:
    """folder: its own, for the backends and its log. models: repositories. Ports stay the same when it starts again."""

    folder: Path
    models: list[Path] = field(default_factory=lambda: [ROOT / "triton_models"])
    certificates: Certificates | None = None
    options: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grpc_port, self.http_port, self.metrics_port = free_ports(3)
        self.folder.mkdir(exist_ok=True)
        self.log = self.folder / "triton.log"
        self._process: subprocess.Popen[bytes] | None = None
        place_backends(self.folder / "backends")

    @property
    def address(self) -> str:
        return self.url.split("//")[1]

    @property
    def url(self) -> str:
        scheme = "grpcs" if self.certificates else "grpc"
        return f"{scheme}://{'localhost' if self.certificates else '127.0.0.1'}:{self.grpc_port}"

    def start(self) -> None:
        """Until it is ready for every model."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command(), env=environment(), stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise DoesNotRun(f"tritonserver did not start:\n{self.log.read_text('utf-8', 'replace')[-4000:]}")
            time.sleep(PAUSE_SECONDS)

    def stop(self) -> None:
        """As an operator would; killed if it does not go."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """At once, as a machine that dies. Its stubs end when they see that their parent is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile it takes connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def metric(self, name: str, *labels: str) -> float:
        """The sum of what carries all the labels, e.g. `model="slow"`."""
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        lines = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(label in line for label in labels))

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.http_port}/v2/health/ready", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def _command(self) -> list[str]:
        command = [
            str(binary()),
            *(f"--model-repository={path}" for path in self.models),
            f"--backend-directory={self.folder / 'backends'}",
            *("--http-address=127.0.0.1", f"--http-port={self.http_port}"),
            *("--grpc-address=127.0.0.1", f"--grpc-port={self.grpc_port}"),
            *("--metrics-address=127.0.0.1", f"--metrics-port={self.metrics_port}"),
            "--exit-timeout-secs=5",
            *self.options,
        ]
        if self.certificates is not None:
            command += [
                "--grpc-use-ssl=1",
                f"--grpc-server-cert={self.certificates.certificate}",
                f"--grpc-server-key={self.certificates.key}",
            ]
            if self.certificates.clients is not None:
                command += ["--grpc-use-ssl-mutual=1", f"--grpc-root-cert={self.certificates.clients}"]
        return command


def binary() -> Path:
    """Raises DoesNotRun."""
    found = packages() / "pytriton/tritonserver/bin/tritonserver"
    if not found.is_file():
        raise DoesNotRun("The Triton server is not installed: run `make test-triton`.")
    return found


def packages() -> Path:
    """Site packages of the server's virtual environment. Raises DoesNotRun."""
    for folder in sorted((VENV / "lib").glob("python3.*/site-packages")):
        return folder
    raise DoesNotRun("There is no .venv-triton: run `make test-triton`.")


def environment() -> dict[str, str]:
    """The stub takes the packages of the python3 that comes first on PATH, and links that Python's library."""
    python = VENV / "bin" / "python3"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_config_var('LIBDIR'))"]
    libraries = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return {
        **os.environ,
        "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{packages() / 'nvidia_pytriton.libs'}:{libraries}",
    }


def place_backends(folder: Path) -> None:
    """The wheel's Python backend with the stub of this Python, and what stands in for the ONNX Runtime backend."""
    server = packages() / "pytriton/tritonserver"
    version = packages().parent.name.removeprefix("python")
    shutil.copytree(server / "backends/python", folder / "python")
    shutil.copy2(server / "python_backend_stubs" / version / "triton_python_backend_stub", folder / "python")
    shutil.copytree(HERE / "onnxruntime_backend", folder / "onnxruntime")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()
