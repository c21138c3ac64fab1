"""The PWA's files, and nothing else."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.routes import pwa

URL = "http://127.0.0.1:8000"


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Hilum</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("void 0")
    return client_of(tmp_path)


def client_of(folder: Path) -> httpx.AsyncClient:
    app = Starlette(routes=pwa.routes(folder, URL))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL)


@pytest.mark.parametrize("path", ["/", "/index.html"])
async def test_the_app_has_one_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200
    assert "Hilum" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/old-3c4d.js", "/case/abc", "/assets/", "/graphiql"])
async def test_what_is_no_file_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_files_named_by_their_content_are_kept_for_ever(client: httpx.AsyncClient) -> None:
    assert "immutable" in (await client.get("/assets/app-1a2b.js")).headers["cache-control"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br", "br", b"as br"),
        ("gzip;q=0.8, br;q=0", "gzip", b"as gzip"),
        ("zstd", None, b"void 0"),
        ("", None, b"void 0"),
    ],
)
async def test_files_go_as_the_browser_takes_them(
    tmp_path: Path, accepted: str, encoding: str | None, content: bytes
) -> None:
    for name, text in {"app.js": "void 0", "app.js.br": "as br", "app.js.gz": "as gzip", "index.html": ""}.items():
        (tmp_path / name).write_text(text)
    client = client_of(tmp_path)

    async with client.stream("GET", "/app.js", headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])

    assert (answer.status_code, answer.headers.get("content-encoding"), raw) == (200, encoding, content)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    tagged = {"accept-encoding": accepted, "if-none-match": answer.headers["etag"]}
    assert (await client.get("/app.js", headers=tagged)).status_code == 304


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_files_shared_before_the_app_was_opened_lead_to_the_app_unread(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/share", files={"files": ("a.dcm", b"DICM")} if method == "POST" else None)

    assert (answer.status_code, answer.headers["location"]) == (303, "/?shared=unopened#/upload")


async def test_another_name_of_this_machine_leads_to_the_own_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cases/abc", headers={"host": "localhost:8000"})

    assert (answer.status_code, answer.headers["location"]) == (307, f"{URL}/cases/abc")


async def test_a_foreign_name_is_not_redirected(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", headers={"host": "hospital.example"})).status_code == 200


async def test_an_app_that_is_not_built_says_how_to(tmp_path: Path) -> None:
    answer = await client_of(tmp_path).get("/")

    assert "make pwa" in answer.text
