"""The key that pushes are signed with: made once, or given."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from api.backends import Keys, choose_push
from api.push.encryption import CURVE
from api.push.vapid import ORDER, decoded, encoded, key_of_secret, parse_private_key
from api.settings import Settings

# RFC 8292, section 2.4's key is not given with its private part; this pair is RFC 8291's.
PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
PUBLIC = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"


def test_the_key_is_made_once_and_nobody_else_may_read_it(settings: Settings, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")

    one, two = (choose_push(settings, keys) for _ in range(2))

    assert one is not None
    assert two is not None
    assert one.vapid.public_key == two.vapid.public_key
    assert len(decoded(one.vapid.public_key)) == 65
    assert stat.S_IMODE((tmp_path / "keys" / "vapid.key").stat().st_mode) == 0o600


def test_a_key_that_is_given_is_used_and_none_is_made(settings: Settings, tmp_path: Path) -> None:
    given = Settings(**{**settings.model_dump(), "vapid_private_key": PRIVATE})

    push = choose_push(given, Keys(tmp_path / "keys"))

    assert push is not None
    assert push.vapid.public_key == PUBLIC
    assert not (tmp_path / "keys").exists()
    assert PRIVATE not in repr(given)


def test_where_push_is_off_there_is_no_key(settings: Settings, tmp_path: Path) -> None:
    assert choose_push(settings.model_copy(update={"push": "off"}), Keys(tmp_path / "keys")) is None
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("text", ["", "AA", encoded(bytes(32)), encoded(ORDER.to_bytes(32)), "no base64!"])
def test_what_is_no_private_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - base64's words, or ours
        parse_private_key(text)


def test_a_setting_that_is_no_private_key_is_named(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="HILUM_VAPID_PRIVATE_KEY"):
        Settings(**{**settings.model_dump(), "vapid_private_key": "AA"})


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, (ORDER - 1).to_bytes(32)])
def test_every_secret_stands_for_a_key_of_the_curve(secret: bytes) -> None:
    assert isinstance(key_of_secret(secret).public_key().curve, type(CURVE))
    assert isinstance(key_of_secret(secret), ec.EllipticCurvePrivateKey)


@pytest.mark.parametrize(
    ("given", "contact"),
    [
        ({"push_contact": "mailto:it@hospital.example"}, "mailto:it@hospital.example"),
        ({"public_url": "https://hilum.example"}, "https://hilum.example"),
        ({}, "mailto:hilum@localhost"),
    ],
)
def test_push_services_are_told_whom_to_write_to(
    settings: Settings, tmp_path: Path, given: dict[str, str], contact: str
) -> None:
    push = choose_push(Settings(**{**settings.model_dump(), **given}), Keys(tmp_path / "keys"))

    assert push is not None
    assert push.vapid.contact == contact


def test_a_contact_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="HILUM_PUSH_CONTACT"):
        Settings(push_contact="it@hospital.example")
