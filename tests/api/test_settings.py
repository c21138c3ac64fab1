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


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"HILUM_TLS_CERT": "/chain.pem"}, "HILUM_TLS_CERT and HILUM_TLS_KEY go together"),
        (
            {"HILUM_TLS": "generated", "HILUM_TLS_CERT": "/chain.pem", "HILUM_TLS_KEY": "/key.pem"},
            "leave out HILUM_TLS_CERT",
        ),
        ({"HILUM_TLS": "generated", "HILUM_PUBLIC_URL": "http://hilum.example"}, "begins with https://"),
    ],
)
def test_settings_of_tls_that_contradict_each_other_are_told(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert main(["schema"]) == 2

    assert told in capsys.readouterr().err


def test_with_a_certificate_the_address_is_https() -> None:
    assert Settings(tls="generated").url == "https://127.0.0.1:8000"
    assert Settings(tls="generated", public_url="https://192.168.1.20:8000").url == "https://192.168.1.20:8000"
