"""`hilum serve` by HTTPS with a certificate that it made itself, as somebody tries it from a phone."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.client.connection import Connection
from api.client.documents import ANALYSIS
from api.network.certificates import Files, fingerprint
from api.network.tls import client_context
from api.settings import Settings
from tests.conftest import fresh_database
from tests.running import START_SECONDS, RunningServer, make_accounts


class SecureServer(RunningServer):
    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def files(self) -> Files:
        return Files(self.data_dir / "tls")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            try:
                if self.files.server.is_file() and self.get("/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()[-4000:]}")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", verify=client_context(self.data_dir), timeout=2)


@pytest.fixture
def secure(postgresql: str, tmp_path: Path) -> Iterator[SecureServer]:
    data_dir = tmp_path / "data"
    for url in fresh_database(postgresql):
        credentials = asyncio.run(make_accounts(Settings(data_dir=data_dir), url))
        running = SecureServer(data_dir, credentials, url, {"HILUM_TLS": "generated", "HILUM_WORKERS": "0"})
        running.start()
        yield running
        assert running.stop() == 0


def test_the_command_line_signs_in_by_https_and_a_phone_finds_the_authority(secure: SecureServer) -> None:
    email, password = secure.credentials["clinician"]

    async def ask() -> None:
        async with Connection(secure.url, email, password, trust=client_context(secure.data_dir)) as connection:
            await connection.ask(ANALYSIS, {"id": "nothing"}, "nothing was asked")

    asyncio.run(ask())
    fetched = secure.get("/hilum-ca.crt")
    page = secure.get("/")

    assert fetched.content == secure.files.authority.read_bytes()
    assert fingerprint(secure.files.authority) in secure.log()
    assert f"{secure.url}/hilum-ca.crt" in secure.log()
    assert page.headers["strict-transport-security"]
    assert page.headers["x-request-id"]


def test_a_wrong_certificate_is_told_in_a_sentence(tmp_path: Path, postgresql: str) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    settings = {"HILUM_TLS_CERT": str(broken), "HILUM_TLS_KEY": str(broken)}
    for url in fresh_database(postgresql):
        server = RunningServer(tmp_path / "data", {}, url, settings)
        with pytest.raises(AssertionError, match="The TLS certificate cannot be used"):
            server.start()
        assert server.process is not None
        assert server.process.wait(10) == 1
