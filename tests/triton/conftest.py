"""A real Triton for the tests of this folder, which are a group of their own: `make test-triton`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api.inference.triton import TritonPredictor
from api.inference.triton import TritonServer as Asked
from tests.triton.server import ROOT, TritonServer


@pytest.fixture
def own_triton(tmp_path: Path) -> Iterator[TritonServer]:
    """One that a test may kill."""
    server = TritonServer(tmp_path / "triton", [ROOT / "triton_models"])
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def predictor(triton_server: TritonServer) -> AsyncIterator[TritonPredictor]:
    opened = TritonPredictor(ROOT / "triton_models", Asked(triton_server.address))
    yield opened
    await opened.close()
