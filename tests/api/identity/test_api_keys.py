"""The text of an API key."""

import re

import pytest

from api.identity.api_keys import SECRET_BYTES, has_right_checksum, is_key, new_key


def test_a_key_says_what_it_is_and_holds_256_random_bits() -> None:
    keys = [new_key() for _ in range(50)]

    for key in keys:
        assert re.fullmatch(r"hilum_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", key.text)
        assert is_key(key.text)
        assert key.text.startswith(f"hilum_{key.prefix}_")
        assert has_right_checksum(key.text)
    assert SECRET_BYTES * 8 >= 256
    assert len({key.text for key in keys} | {key.prefix for key in keys}) == 100


@pytest.mark.parametrize("at", [6, 14, 15, 40, 57, 58, 63])
def test_a_slip_of_the_pen_is_told_by_the_checksum(at: int) -> None:
    text = new_key().text

    wrong = text[:at] + ("a" if text[at] != "a" else "b") + text[at + 1 :]

    assert not has_right_checksum(wrong)
    assert not has_right_checksum(text[:-1])
    assert not has_right_checksum(f"{text}0")


def test_a_key_is_not_written_where_it_is_only_looked_at() -> None:
    key = new_key()

    assert key.text not in repr(key)
