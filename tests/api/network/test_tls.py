"""HTTPS in the embedded profile, with real TLS sockets."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import websockets

from api.network.certificates import files_of, fingerprint
from api.network.notice import notice
from api.network.tls import Certificate, client_context
from api.routes.authority import routes
from api.settings import Settings
from api.unit_of_work import House
from tests.api.network.serving import Served, serve
from tests.people import SHARED

pytestmark = SHARED


@pytest.fixture
def secure(short: Settings, tmp_path: Path) -> Settings:
    return short.model_copy(update={"tls": "generated", "data_dir": tmp_path})


@pytest.fixture
def certificate(secure: Settings) -> Certificate:
    return Certificate(secure)


@pytest.fixture
def trust(secure: Settings, certificate: Certificate) -> ssl.SSLContext:
    return client_context(secure.data)


@pytest_asyncio.fixture(loop_scope="module")
async def served(house: House, secure: Settings, certificate: Certificate) -> AsyncIterator[Served]:
    async with serve(house, secure, certificate.context) as served:
        yield served


async def test_who_trusts_the_authority_comes_in_by_https(served: Served, trust: ssl.SSLContext) -> None:
    async with httpx.AsyncClient(verify=trust) as client:
        answer = await client.get(f"https://127.0.0.1:{served.port}/read")
        by_name = await client.get(f"https://localhost:{served.port}/read", headers={"host": "localhost"})

    assert answer.status_code == by_name.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=63072000"


async def test_who_does_not_trust_it_is_warned(served: Served) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(f"https://127.0.0.1:{served.port}/read")


async def test_sockets_come_by_tls_too(served: Served, trust: ssl.SSLContext) -> None:
    async with websockets.connect(f"wss://127.0.0.1:{served.port}/socket", ssl=trust) as socket:
        await socket.send("hello")

        assert await socket.recv() == "hello"
        assert socket.response is not None
        assert "strict-transport-security" in socket.response.headers


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_versions_of_tls_are_refused(
    house: House, secure: Settings, served: Served, trust: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (lax, trust):
        context.set_ciphers("ALL:@SECLEVEL=0")  # else neither side would try
    lax.minimum_version = version
    trust.minimum_version = trust.maximum_version = version
    lax.load_cert_chain(files_of(secure).server, files_of(secure).server_key)

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await served.connect(trust)
    async with serve(house, secure, lax) as old_fashioned:  # the client itself would have come in
        assert (await old_fashioned.connect(trust)).writer.get_extra_info("ssl_object").version() in (
            "TLSv1",
            "TLSv1.1",
        )


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"])
async def test_ciphers_without_forward_secrecy_or_authentication_are_refused(
    served: Served, trust: ssl.SSLContext, cipher: str
) -> None:
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    trust.set_ciphers(f"{cipher}:@SECLEVEL=0")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await served.connect(trust)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(served: Served, trust: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    trust.minimum_version = trust.maximum_version = version

    client = await served.connect(trust)
    await client.send("GET /read HTTP/1.1\r\nhost: hilum\r\nconnection: close\r\n\r\n")

    assert "200 OK" in await client.rest()


PLAIN = [
    ("GET /cases?x=1 HTTP/1.1", "308", "/cases?x=1"),
    ("HEAD / HTTP/1.0", "308", "/"),
    ("GET //evil.example/ HTTP/1.1", "308", "//evil.example/"),
    ("GET /\x00\x7f HTTP/1.1", "400", None),
    ("GET http://evil.example/ HTTP/1.1", "400", None),
    ("POST /graphql HTTP/1.1", "400", None),
    ("nonsense", "400", None),
]


@pytest.mark.parametrize(("line", "status", "path"), PLAIN)
async def test_plain_http_is_sent_to_https_or_told_in_a_sentence(
    served: Served, secure: Settings, line: str, status: str, path: str | None
) -> None:
    client = await served.connect()
    await client.send(f"{line}\r\nhost: evil.example\r\n\r\n")

    told = await client.rest()

    assert told.startswith(f"HTTP/1.1 {status} ")
    assert f"This port speaks HTTPS only: {secure.url}" in told
    assert (f"location: {secure.url}{path}\r\n" in told) is (path is not None)
    assert "evil.example\r\n" not in told
    assert secure.url.startswith("https://127.0.0.1")


@pytest.mark.parametrize("beginning", [b"", b"\x16", b"\x16\x03\x01\x02\x00"])
async def test_a_handshake_that_does_not_end_is_given_up(served: Served, beginning: bytes) -> None:
    client = await served.connect()
    client.writer.write(beginning)

    assert await client.rest(5) == ""


async def test_silent_connections_before_the_handshake_count_too(served: Served) -> None:
    for _ in range(4):
        await served.connect()
    await asyncio.sleep(0.1)

    assert await (await served.connect()).rest(0.3) == ""


async def test_a_renewed_certificate_is_served_without_a_restart(
    served: Served, secure: Settings, certificate: Certificate, trust: ssl.SSLContext
) -> None:
    async def seen() -> bytes:
        client = await served.connect(trust)
        found: bytes = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        client.close()
        return found

    before = await seen()
    unchanged = certificate.renew()
    files_of(secure).server.unlink()
    renewed = certificate.renew()

    assert (unchanged, renewed) == (False, True)
    assert await seen() != before


async def test_the_operators_own_certificate_is_served_and_read_again(
    house: House, short: Settings, secure: Settings, certificate: Certificate, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    own = short.model_copy(update={"tls_cert": files_of(secure).server, "tls_key": files_of(secure).server_key})
    named = Certificate(own)

    async with serve(house, own, named.context) as served, httpx.AsyncClient(verify=trust) as client:
        answer = await client.get(f"https://127.0.0.1:{served.port}/read")
    os.utime(files_of(secure).server, (1, 1))

    assert answer.status_code == 200
    assert own.url.startswith("https://")
    assert named.renew() is True
    assert notice(own) == []


async def test_the_authority_can_be_fetched_by_a_phone_and_its_fingerprint_is_told(
    secure: Settings, certificate: Certificate
) -> None:
    (route,) = routes(files_of(secure).authority)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=route.app), base_url="http://x") as client:
        answer = await client.get("/hilum-ca.crt")

    told = notice(secure)
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert answer.content.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in answer.content
    assert f"{secure.url}/hilum-ca.crt" in told[0]
    assert told[1].strip() == fingerprint(files_of(secure).authority)
    assert routes(None) == []
