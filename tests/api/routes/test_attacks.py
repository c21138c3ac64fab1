"""Paths, headers and addresses that somebody bends, on the real routes over raw sockets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.app import routes_of
from api.backends import Backends
from api.permissions import Actor, Role
from api.routes.security_headers import HEADERS
from api.settings import Settings
from tests.accounts import make_account, sign_in
from tests.api.network.serving import Served, serve

SOON = timedelta(minutes=5)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    app = tmp_path / "app"
    (app / "assets").mkdir(parents=True)
    (app / "index.html").write_text("<title>Hilum</title>")
    (app / "assets" / "decode.worker-1a2b.js").write_text("void 0")
    (app / "assets" / "index-1a2b.js").write_text("void 0")
    (tmp_path / "secret.txt").write_text("SECRET")
    return settings.model_copy(update={"pwa_dir": app, "wrong_addresses_per_minute": 5, "trusted_proxies": ""})


@pytest.fixture
async def served(backends: Backends, settings: Settings) -> AsyncIterator[Served]:
    async with serve(backends.house, settings, routes=routes_of(backends)) as served:
        yield served


@pytest.fixture
async def http(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{served.port}"
    async with httpx.AsyncClient(base_url=url, headers={"host": "127.0.0.1:8000"}) as client:
        yield client


async def raw(served: Served, line: str, *headers: str) -> str:
    client = await served.connect()
    await client.send("\r\n".join([f"{line} HTTP/1.1", "host: 127.0.0.1:8000", "connection: close", *headers, "", ""]))
    return await client.rest()


PATHS = [
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/%2f%2fetc/passwd",
    "/assets/%00",
    "/objects/../../secret.txt",
    "/objects/%2e%2e%2f%2e%2e%2fsecret.txt?signature=x&expires=1",
    "/objects//etc/passwd?signature=x&expires=1",
    "/objects/%00?signature=%00&expires=1",
    "/stacks/..%2f..%2fsecret.txt/frames/0?signature=x&expires=1",
    "/stacks/x/frames/-1?signature=%ff&expires=99999999999999999999999",
    "/uploads/../parts/1",
    "http://169.254.169.254/latest/meta-data/",
    "/" + "a/" * 3000,
    "/%ff%fe",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_bent_path_leads_nowhere(served: Served, path: str) -> None:
    told = await raw(served, f"GET {path}")

    assert told.startswith(("HTTP/1.1 40", "HTTP/1.1 429"))
    assert "SECRET" not in told
    assert "root:" not in told
    for name in HEADERS:
        assert f"\n{name}: " in told.lower()


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PATCH", "PROPFIND"])
async def test_other_methods_do_nothing(served: Served, method: str) -> None:
    for path in ("/", "/graphql", "/objects/x", "/uploads/x/parts/1"):
        assert (await raw(served, f"{method} {path}")).startswith("HTTP/1.1 405 ")


async def test_no_header_can_be_written_into_an_answer(served: Served) -> None:
    lines = (
        "GET /%0d%0aset-cookie:%20a=b",
        "GET /assets/%0d%0aset-cookie:%20a=b",
        "GET /objects/x%0d%0aset-cookie:%20a=b?type=text/html%0d%0aset-cookie:%20a=b&signature=x&expires=1",
        "GET /graphql?query=%0d%0aset-cookie:%20a=b",
    )
    for line in lines:
        for host in ("host: 127.0.0.1:8000", "host: localhost:8000"):  # the latter is redirected
            client = await served.connect()
            await client.send(f"{line} HTTP/1.1\r\n{host}\r\nconnection: close\r\n\r\n")
            head = (await client.rest()).partition("\r\n\r\n")[0]

            assert "set-cookie:" not in head.lower().replace("%0d%0aset-cookie:", "")


async def test_another_hosts_name_is_nowhere_in_an_answer(served: Served) -> None:
    for path in ("/", "/cases", "/graphql", "/assets/", "/health/live"):
        client = await served.connect()
        lies = "x-forwarded-host: evil.example\r\nx-forwarded-proto: https"
        await client.send(f"GET {path} HTTP/1.1\r\nhost: evil.example\r\n{lies}\r\nconnection: close\r\n\r\n")
        told = await client.rest()

        assert "evil.example" not in told
        assert "strict-transport-security" not in told  # who is no trusted proxy says nothing about TLS


async def test_two_lengths_or_a_length_and_chunks_are_no_request(served: Served) -> None:
    """Request smuggling: a proxy before us might count the other way."""
    for lengths in ("content-length: 5\r\ncontent-length: 6", "content-length: 5\r\ntransfer-encoding: chunked"):
        client = await served.connect()
        await client.send(f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:8000\r\n{lengths}\r\n\r\n0\r\n\r\n")

        assert (await client.rest()).startswith("HTTP/1.1 400 ")


async def test_wrong_signatures_are_counted_and_right_ones_still_pass(
    served: Served, backends: Backends, http: httpx.AsyncClient
) -> None:
    await backends.store.put("thing", b"bytes")
    account = await make_account(backends.house)
    session = (await sign_in(backends.house, account.email)).session
    asking = Actor(account.user.key, account.user.organization_key, Role.CLINICIAN, session.key)
    right = backends.addresses.object(asking, "thing", "image/webp", datetime.now(UTC) + SOON)
    path = right.removeprefix(backends.house.settings.url)
    wrong = ("/objects/x?type=image/webp", "/frames/x/0", "/objects/y")

    told = []
    for number in range(8):
        told.append(await http.get(wrong[number % 3], headers={"x-forwarded-for": f"198.51.100.{number}"}))
    passed = await http.get(path)
    put = await http.put("/parts/x")

    assert [answer.status_code for answer in told] == [403] * 5 + [429] * 3
    assert told[-1].json()["code"] == "RATE_LIMITED"
    assert 5 <= int(told[-1].headers["retry-after"]) <= 13
    assert put.status_code == 429
    assert (passed.status_code, passed.content) == (200, b"bytes")


async def test_a_trusted_proxys_clients_are_counted_apart(backends: Backends, settings: Settings) -> None:
    trusting = settings.model_copy(update={"trusted_proxies": "127.0.0.1", "wrong_addresses_per_minute": 1})
    async with serve(backends.house, trusting, routes=routes_of(backends)) as served:
        url = f"http://127.0.0.1:{served.port}/objects/y"
        async with httpx.AsyncClient() as client:
            told = [
                (await client.get(url, headers={"x-forwarded-for": address})).status_code
                for address in ("198.51.100.7", "198.51.100.7", "198.51.100.8")
            ]

    assert told == [403, 429, 403]


@pytest.mark.parametrize("path", ["/", "/nowhere", "/graphql", "/objects/x", "/health/ready", "/assets/index-1a2b.js"])
async def test_every_answer_has_the_headers_that_guard_browsers(http: httpx.AsyncClient, path: str) -> None:
    answers = [await http.get(path), await http.put(path), await http.head(path)]

    for answer in answers:
        assert set(HEADERS) <= set(answer.headers)
        assert len(answer.headers["x-request-id"]) == 32
        policy = answer.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy
        assert "strict-transport-security" not in answer.headers
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


async def test_the_decoders_worker_alone_may_compile_webassembly(http: httpx.AsyncClient) -> None:
    worker = await http.get("/assets/decode.worker-1a2b.js")
    page = await http.get("/")

    assert "script-src 'self' 'wasm-unsafe-eval'" in worker.headers["content-security-policy"]
    assert "require-trusted-types-for 'script'; trusted-types hilum" in page.headers["content-security-policy"]


async def test_behind_a_proxy_with_tls_plain_http_is_left(backends: Backends, settings: Settings) -> None:
    own = settings.model_copy(update={"public_url": "https://hilum.example", "trusted_proxies": "127.0.0.1"})
    async with serve(backends.house, own, routes=routes_of(backends)) as served:
        url = f"http://127.0.0.1:{served.port}"
        async with httpx.AsyncClient(base_url=url) as client:
            plain, tls = {"x-forwarded-proto": "http"}, {"x-forwarded-proto": "https"}
            page = await client.get("/cases?x=1", headers=plain)
            asked = await client.post("/graphql", json={"query": "{ __typename }"}, headers=plain)
            part = await client.put("/uploads/x/parts/1", headers=plain)
            well = await client.get("/health/live", headers=plain)
            secure = await client.get("/health/live", headers=tls)
            silent = await client.get("/health/live")

    assert (page.status_code, page.headers["location"]) == (308, "https://hilum.example/cases?x=1")
    assert asked.status_code == part.status_code == 403
    assert asked.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert part.json()["message"] == "Nothing is taken over plain HTTP. Use https://hilum.example."
    assert well.status_code == silent.status_code == 200
    assert secure.headers["strict-transport-security"] == "max-age=63072000"
    assert "strict-transport-security" not in well.headers
