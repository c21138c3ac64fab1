"""Messages for one browser: the example of RFC 8291, and that nobody else opens them."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from api.push.encryption import CURVE, LONGEST, encrypt, parse_point, point_bytes
from api.push.vapid import decoded, encoded
from tests.api.notifications.push_service import decrypt

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
    "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text)), CURVE)


def test_the_example_of_the_standard_comes_out() -> None:
    body = encrypt(PLAIN, decoded(P256DH), decoded(AUTH), salt=decoded(SALT), sender=private(SENDER))

    assert encoded(body) == BODY


def test_what_opens_messages_in_these_tests_opens_the_example_of_the_standard() -> None:
    assert decrypt(decoded(BODY), private(RECEIVER), decoded(AUTH)) == PLAIN


def test_each_message_is_sealed_afresh_and_opened_by_its_browser_alone() -> None:
    browser, other, auth = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE), bytes(range(16))
    point = point_bytes(browser.public_key())

    one, two = (encrypt(b"news", point, auth) for _ in range(2))

    assert one[:16] != two[:16]
    assert decrypt(one, browser, auth) == decrypt(two, browser, auth) == b"news"
    for key, secret in ((other, auth), (browser, bytes(16))):
        with pytest.raises(InvalidTag):
            decrypt(one, key, secret)


def test_a_message_that_a_push_service_need_not_take_is_refused() -> None:
    point = point_bytes(ec.generate_private_key(CURVE).public_key())

    assert len(encrypt(b"x" * LONGEST, point, bytes(16))) == 4096
    with pytest.raises(ValueError, match=f"more than {LONGEST} bytes"):
        encrypt(b"x" * (LONGEST + 1), point, bytes(16))


@pytest.mark.parametrize("point", [b"", b"\x04" + bytes(64), b"\x02" + bytes(32), b"\x04" + b"\xff" * 64])
def test_what_is_no_point_of_the_curve_is_refused(point: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own words
        parse_point(point)
