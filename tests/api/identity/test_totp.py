"""Codes of an authenticator: those of RFC 6238, and how long each is good."""

import base64

import pytest

from api.identity import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
SECONDS = 1_800_000_000.0
NOW = totp.step_at(SECONDS)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [  # RFC 6238, appendix B, SHA-1; the last six of its eight digits
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: float, code: str) -> None:
    assert totp.code_at(RFC_SECRET, totp.step_at(seconds)) == code


def test_a_phone_may_be_one_step_off_either_way_and_no_more() -> None:
    accepted = [
        totp.find_step(RFC_SECRET, totp.code_at(RFC_SECRET, NOW + off), SECONDS, None) is not None
        for off in (-2, -1, 0, 1, 2)
    ]

    assert accepted == [False, True, True, True, False]


def test_a_code_or_one_before_it_is_not_taken_again() -> None:
    code = totp.code_at(RFC_SECRET, NOW)
    step = totp.find_step(RFC_SECRET, code, SECONDS, None)

    assert totp.find_step(RFC_SECRET, code, SECONDS, step) is None
    assert totp.find_step(RFC_SECRET, totp.code_at(RFC_SECRET, NOW - 1), SECONDS, step) is None
    assert totp.find_step(RFC_SECRET, totp.code_at(RFC_SECRET, NOW + 1), SECONDS, step) == NOW + 1


def test_a_code_may_be_typed_with_a_space() -> None:
    code = totp.code_at(RFC_SECRET, NOW)

    assert totp.find_step(RFC_SECRET, f" {code[:3]} {code[3:]} ", SECONDS, None) == NOW


def test_secrets_are_new_each_time_and_long_enough() -> None:
    made = {totp.new_secret() for _ in range(50)}

    assert len(made) == 50
    assert {len(base64.b32decode(secret)) for secret in made} == {20}
