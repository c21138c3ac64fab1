"""Settings that only make sense together."""

import pytest
from pydantic import ValidationError

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
    ("given", "missing"),
    [
        ({}, "HILUM_COGNITO_POOL_ID: HILUM_USER_DIRECTORY=cognito needs the id of the user pool."),
        (
            {"HILUM_COGNITO_POOL_ID": "eu-central-1_Abc"},
            "HILUM_COGNITO_CLIENT_ID: HILUM_USER_DIRECTORY=cognito needs the id of the pool's app client.",
        ),
    ],
)
def test_a_cognito_directory_says_which_setting_it_lacks(
    given: dict[str, str], missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HILUM_USER_DIRECTORY", "cognito")
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert main(["schema"]) == 2

    assert f"hilum: {missing}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["cognito_endpoint", "cognito_jwks_url"])
def test_accounts_are_asked_for_over_tls_only(name: str) -> None:
    for refused in (
        "http://cognito.example",
        "http://192.0.2.1/keys",
        "ftp://localhost",
        "file:///etc/keys",
        "localhost",
    ):
        with pytest.raises(ValidationError, match="https"):
            Settings.model_validate({name: refused})

    for taken in ("https://cognito.example", "http://127.0.0.1:5000", "http://[::1]/keys", "http://localhost:9"):
        assert getattr(Settings.model_validate({name: taken}), name) == taken


def test_the_app_clients_secret_is_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HILUM_COGNITO_CLIENT_SECRET", "do-not-show")

    settings = Settings()

    assert settings.cognito_client_secret is not None
    assert settings.cognito_client_secret.get_secret_value() == "do-not-show"
    assert "do-not-show" not in repr(settings)


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
