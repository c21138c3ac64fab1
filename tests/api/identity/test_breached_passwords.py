"""Which passwords are refused: those that are guessed first, and what is made of them."""

import pytest

from api.errors import WeakPassword
from api.identity.passwords import check_strength

KNOWN = ("jane.doe@hospital.example",)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",  # a listed word with digits after it
        "Password12345!",
        "P@ssw0rd2026!!",  # lookalikes
        "!!!iloveyou2026",
        "passwordpassword",  # a listed word twice
        "dragon-dragon-dragon",
        "qwertyuiop12",  # rows of a keyboard
        "asdfghjkl1234",
        "1qaz2wsx3edc4rfv",  # listed whole
        "abcdefghijklmn",  # a sequence, either way
        "9876543210987",
        "aaaaaaaaaaaaaaaa",  # a few signs
        "121212121212",
        "hilumhilum26",  # the service's name
        "jane.doe12345678",  # of the e-mail address
        "hospital-2026",
    ],
)
def test_what_anybody_would_guess_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_strength(password, KNOWN)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Nine-quiet-Lanterns",
        "tR7-vv2k-9qpL",
        "only lower case words",  # no rules of composition
        "пароль из двух слов",
        "dragon839201746582",  # a listed word beside more than it
        "sunshine on my shoulder",
    ],
)
def test_a_long_password_of_ones_own_is_taken(password: str) -> None:
    check_strength(password, KNOWN)


def test_the_length_is_told() -> None:
    with pytest.raises(WeakPassword, match="12 to 256 characters"):
        check_strength("short")
    check_strength("Nine-quiet-Lanterns-" * 12)
