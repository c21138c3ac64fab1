"""The PWA's files and the app's own addresses."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.routes import pwa

URL = "http://127.0.0.1:8000"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Hilum</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("void 0")
    return TestClient(Starlette(routes=pwa.routes(tmp_path, URL)), base_url=URL, follow_redirects=False)


def test_an_address_of_the_app_gives_its_page(client: TestClient) -> None:
    answer = client.get("/cases/abc")

    assert answer.status_code == 200
    assert "Hilum" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_a_file_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.get("/assets/old-3c4d.js").status_code == 404


def test_files_named_by_their_content_are_kept_for_ever(client: TestClient) -> None:
    assert "immutable" in client.get("/assets/app-1a2b.js").headers["cache-control"]


def test_another_name_of_this_machine_leads_to_the_own_one(client: TestClient) -> None:
    answer = client.get("/cases/abc", headers={"host": "localhost:8000"})

    assert (answer.status_code, answer.headers["location"]) == (307, f"{URL}/cases/abc")


def test_a_foreign_name_is_not_redirected(client: TestClient) -> None:
    assert client.get("/", headers={"host": "hospital.example"}).status_code == 200


def test_an_app_that_is_not_built_says_how_to(tmp_path: Path) -> None:
    unbuilt = TestClient(Starlette(routes=pwa.routes(tmp_path, URL)), base_url=URL)

    assert "make pwa" in unbuilt.get("/").text
