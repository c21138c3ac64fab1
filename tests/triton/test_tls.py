"""TLS to the real server: whom the client believes, and whom the server does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from api.backends import choose_predictor
from api.errors import PredictorAway, Unavailable
from api.inference.predictor import Predictor
from api.inference.repository import read_repository
from api.settings import Settings
from tests.triton.certificates import Authority
from tests.triton.server import ROOT, Certificates, TritonServer

pytestmark = pytest.mark.triton

FOLDER = read_repository(ROOT / "triton_models")["lung_nodule"]
MODEL = (FOLDER.name, FOLDER.versions[-1])
(INPUT,) = FOLDER.inputs


@dataclass(frozen=True)
class Secured:
    """A server that takes only clients with a certificate of `clients`."""

    server: TritonServer
    authority: Authority
    clients: Authority
    folder: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    authority, clients = Authority(folder, "authority"), Authority(folder, "clients")
    files = Certificates(*authority.issue("server"), clients.file)
    server = TritonServer(folder / "triton", certificates=files)
    server.start()
    yield Secured(server, authority, clients, folder)
    server.stop()


@asynccontextmanager
async def asking(url: str, ca: Path, own: tuple[Path, Path] | None) -> AsyncIterator[Predictor]:
    """As the settings say."""
    settings = Settings(
        predictor="triton",
        triton_url=url,
        triton_ca=ca if url.startswith("grpcs") else None,
        triton_cert=own and own[0],
        triton_key=own and own[1],
        triton_retries=0,
        prediction_seconds=10.0,
    )
    predictor = choose_predictor(settings)
    try:
        yield predictor
    finally:
        await predictor.close()


async def ask(predictor: Predictor) -> int:
    answer = await predictor.predict(*MODEL, {INPUT.name: np.zeros((2, *INPUT.dims), np.int16)})
    return len(next(iter(answer.values())))


async def test_both_sides_show_certificates_that_the_other_believes(secured: Secured) -> None:
    async with asking(secured.server.url, secured.authority.file, secured.clients.issue("hilum")) as predictor:
        assert await ask(predictor) == 2
        assert await predictor.is_ready(*MODEL)


async def test_a_server_of_another_authority_is_not_asked(secured: Secured) -> None:
    other = Authority(secured.folder, "other")

    async with asking(secured.server.url, other.file, secured.clients.issue("hilum")) as predictor:
        with pytest.raises(PredictorAway):
            await ask(predictor)
        assert await predictor.is_away()


@pytest.mark.parametrize("of", ["nobody", "another authority"])
async def test_a_client_that_the_server_does_not_know_is_refused(secured: Secured, of: str) -> None:
    own = Authority(secured.folder, "strangers").issue("stranger") if of == "another authority" else None

    async with asking(secured.server.url, secured.authority.file, own) as predictor:
        with pytest.raises(PredictorAway):
            await ask(predictor)


async def test_a_connection_in_the_clear_gets_no_answer_from_a_server_with_tls(secured: Secured) -> None:
    async with asking(f"grpc://{secured.server.address}", secured.authority.file, None) as predictor:
        with pytest.raises(PredictorAway):
            await ask(predictor)


def test_a_file_that_is_not_there_is_named(secured: Secured) -> None:
    settings = Settings(predictor="triton", triton_url=secured.server.url, triton_ca=secured.folder / "gone.pem")

    with pytest.raises(Unavailable, match=r"gone\.pem"):
        choose_predictor(settings)
