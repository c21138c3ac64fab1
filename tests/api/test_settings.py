"""Settings that only make sense together."""

import pytest

from api.__main__ import main
from api.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_listening_on_every_network_asks_for_the_address_that_browsers_use(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HILUM_HOST", host)

    assert main(["schema"]) == 2

    told = capsys.readouterr().err
    assert told.startswith(f"hilum: HILUM_PUBLIC_URL: HILUM_HOST={host} listens on every network")
    assert told.count("\n") == 1


def test_with_a_public_address_any_network_may_be_listened_on() -> None:
    assert Settings(host="0.0.0.0", public_url="https://hilum.example/").url == "https://hilum.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1", "hilum.example"])
def test_one_hosts_name_is_its_address(host: str) -> None:
    assert Settings(host=host).url == f"http://{host}:8000"
