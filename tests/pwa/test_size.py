"""What a phone must fetch: JavaScript of the built app, as it goes over the wire (gzip)."""

import gzip
import re
from pathlib import Path

import pytest

from tests.running import ROOT

DIST = ROOT / "pwa/dist"
FIRST_LOAD = 60_000
VIEWER = 40_000


def size_of(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))


@pytest.fixture(scope="module")
def index() -> str:
    page = DIST / "index.html"
    if not page.is_file():
        pytest.fail("The PWA is not built: make pwa")
    return page.read_text()


def test_the_first_load_is_small(index: str) -> None:
    first = re.findall(r'(?:src|href)="/(assets/[\w.-]+\.js)"', index)

    assert any(name.startswith("assets/index-") for name in first)
    assert sum(size_of(DIST / name) for name in first) <= FIRST_LOAD


def test_the_viewer_is_small_and_comes_later(index: str) -> None:
    (viewer,) = DIST.glob("assets/viewer-*.js")
    (case,) = DIST.glob("assets/case-*.js")

    assert viewer.name not in index
    assert case.name not in index
    assert size_of(viewer) <= VIEWER
